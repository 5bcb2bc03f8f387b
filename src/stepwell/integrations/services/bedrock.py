"""Bedrock: call a model, or make one; bodies too large for a payload come from and go to S3."""

import re
from typing import Any, Final

from msgspec.structs import replace

from stepwell.engine.failure import Failure
from stepwell.integrations import sdk_metadata
from stepwell.integrations.aws_answer import Refusal
from stepwell.integrations.aws_roles import principal_of
from stepwell.integrations.base import Call, Outcome
from stepwell.integrations.catalog import Action, Ask, Members, OptimizedAction, Service, Sync, submitted
from stepwell.payload import JsonError, Payload, parse_json, print_json

_S3: Final = re.compile(r"s3://([a-z0-9.-]{3,63})/(.+)", re.ASCII | re.DOTALL)


def _typed(call: Call, given: Members) -> Members:
    """AWS: bodies are JSON unless the task says something else."""
    return {"ContentType": "application/json", **given}


def _parsed(given: Members, result: Members) -> Members:
    """The model's answer as a value, where it is JSON."""
    body = result.get("Body")
    try:
        value: Any = parse_json(body) if isinstance(body, str) else body
    except JsonError:
        value = body
    return {**result, "Body": value}


class InvokeModel(OptimizedAction):
    """`bedrock:invokeModel`: `Input.S3Uri` stands for a body, `Output.S3Uri` is where the answer's body is to go."""

    async def perform(self, call: Call) -> Outcome:
        """Read the body if it is elsewhere, call the model, and write the answer if it is to be elsewhere."""
        given = call.parameters.value
        if not isinstance(given, dict):
            return await super().perform(call)
        places = {name: _place(given[name]) for name in self._action.extra if given.get(name) is not None}
        wrong = [name for name, place in places.items() if place is None]
        if wrong:
            reasons = [f"The value of the field '{name}' has an invalid format" for name in wrong]
            return sdk_metadata.parameters_failure(call.parameters.text, reasons)
        kept = {name: member for name, member in given.items() if name not in self._action.extra}
        if "Input" in places:
            body = await self._read(call, places["Input"])
            if isinstance(body, Failure):
                return body
            kept["Body"] = body
        outcome = await super().perform(replace(call, parameters=Payload.of(kept)))
        if "Output" not in places or isinstance(outcome, Failure):
            return outcome
        return await self._write(call, places["Output"], outcome.value, given["Output"]["S3Uri"])

    async def _read(self, call: Call, place: Any) -> str | Failure:
        asked = {"Bucket": place[1], "Key": place[2]}
        answer = await self._caller.call("s3", "GetObject", asked, principal=principal_of(call))
        if isinstance(answer, Refusal):
            return self.failure(answer, call)
        return bytes(answer.members["Body"]).decode("utf-8", "replace")

    async def _write(self, call: Call, place: Any, result: Members, address: str) -> Outcome:
        """Write the body, and leave its address in its place."""
        body = result["Body"] if isinstance(result["Body"], str) else print_json(result["Body"])
        asked = {"Bucket": place[1], "Key": place[2], "Body": body.encode(), "ContentType": result["ContentType"]}
        answer = await self._caller.call("s3", "PutObject", asked, principal=principal_of(call))
        return self.failure(answer, call) if isinstance(answer, Refusal) else Payload.of({**result, "Body": address})


def _place(group: Any) -> Any:
    address = group.get("S3Uri") if isinstance(group, dict) else None
    return _S3.fullmatch(address) if isinstance(address, str) else None


SERVICE = Service(
    name="bedrock",
    model="bedrock",
    prefix="Bedrock",
    label="AmazonBedrock",
    metadata=False,
    actions=(
        Action(
            "invokeModel",
            model="bedrock-runtime",
            extra=frozenset({"Input", "Output"}),
            prepare=_typed,
            extend=_parsed,
            make=InvokeModel,
        ),
        Action(
            "createModelCustomizationJob",
            repeatable=True,
            sync=Sync(
                poll=Ask("GetModelCustomizationJob", submitted(JobIdentifier="JobArn")),
                find=lambda answer: answer,
                status="Status",
                done=frozenset({"Completed"}),
                failed=frozenset({"Failed", "Stopped"}),
                cancel=Ask("StopModelCustomizationJob", submitted(JobIdentifier="JobArn")),
            ),
        ),
    ),
)
