"""Functions on this machine, behind the same requests and refusals as Lambda's API."""

import asyncio
import base64
import json
import logging
from typing import Final, Protocol

from stepwell.functions.invocation import RequestTooLarge, TooManyCalls
from stepwell.functions.listing import InvalidList
from stepwell.functions.source import FunctionNotFound, InvalidFunctionName
from stepwell.integrations.aws_lambda import DRY_RUN, EVENT, Invoke, Invoked, LambdaError, unreadable_payload
from stepwell.integrations.base import Call
from stepwell.integrations.invocations import Invocations
from stepwell.integrations.sdk_metadata import new_request_id
from stepwell.payload import JsonError, parse_json

EVENTS_MAX: Final = 1_000
"""Calls that nobody waits for, at once (AWS: the concurrency of an account)."""
EVENT_S_MAX: Final = 21_600.0
RETRY_S: Final = 1.0
_log = logging.getLogger(__name__)


class Answer(Protocol):
    """What a function gave."""

    @property
    def status(self) -> int: ...
    @property
    def payload(self) -> bytes: ...
    @property
    def function_error(self) -> str | None: ...
    @property
    def version(self) -> str: ...


class Functions(Protocol):
    """A pool of local functions, as the integrations need it.

    `invoke` raises `FunctionNotFound`, `InvalidFunctionName`, `InvalidList`, `RequestTooLarge` and `TooManyCalls`.
    """

    async def invoke(
        self,
        name: str,
        payload: bytes,
        *,
        timeout_s: float | None = None,
        request_id: str | None = None,
        client_context: str | None = None,
    ) -> Answer:
        """Call a function by name or ARN, once."""
        ...


class LocalInvoker:
    """Runs functions in a local pool. Qualifiers are accepted and not looked at: there is one version, `$LATEST`."""

    def __init__(self, functions: Functions, invocations: Invocations) -> None:
        self._functions = functions
        self._invocations = invocations
        self._events: set[asyncio.Task[Answer]] = set()

    async def invoke(self, call: Call, request: Invoke) -> Invoked:
        """Run a function. Raises `LambdaError` with Lambda's own texts."""
        _check_payload(request.payload)
        request_id = new_request_id()
        if request.invocation_type == DRY_RUN:
            return Invoked(204, b"", None, None, request_id)
        self._invocations.put(call, request.function_name, request_id)
        if request.invocation_type == EVENT:
            return await self._accept(call, request, request_id)
        answer = await self._run(call, request, request_id)
        return Invoked(answer.status, answer.payload, answer.function_error, answer.version, request_id)

    async def _run(self, call: Call, request: Invoke, request_id: str) -> Answer:
        context = _client_context(request.client_context)
        try:
            return await self._functions.invoke(
                request.function_name, request.payload, request_id=request_id, client_context=context
            )
        except FunctionNotFound as error:
            text = f"Function not found: {_full_arn(call, request, error.name)}"
            raise LambdaError("ResourceNotFoundException", text, 404, request_id) from None
        except InvalidFunctionName as error:
            raise LambdaError("ValidationException", _name_text(error.text), 400, request_id) from None
        except RequestTooLarge as error:
            raise LambdaError("RequestTooLargeException", str(error), 413, request_id) from None
        except TooManyCalls:  # AWS's text for a function that has reached its reserved concurrency
            raise LambdaError("TooManyRequestsException", "Rate Exceeded.", 429, request_id) from None
        except InvalidList as error:
            raise LambdaError("ServiceException", str(error), 500, request_id) from None

    async def _accept(self, call: Call, request: Invoke, request_id: str) -> Invoked:
        """Event: the call is taken, its answer goes nowhere. What is wrong with the request shows at once."""
        if len(self._events) >= EVENTS_MAX:
            raise LambdaError("TooManyRequestsException", "Rate Exceeded.", 429, request_id)
        running = asyncio.create_task(self._run_in_time(call, request, request_id))
        self._events.add(running)
        running.add_done_callback(self._forget)
        await asyncio.sleep(0)
        if running.done() and running.exception() is not None:
            await running
        return Invoked(202, b"", None, None, request_id)

    async def _run_in_time(self, call: Call, request: Invoke, request_id: str) -> Answer:
        """AWS: what reserved concurrency does not let through is tried again, for six hours."""
        for _ in range(int(EVENT_S_MAX / RETRY_S)):
            try:
                return await self._run(call, request, request_id)
            except LambdaError as error:
                if error.code != "TooManyRequestsException":
                    raise
            await asyncio.sleep(RETRY_S)
        return await self._run(call, request, request_id)

    def _forget(self, running: "asyncio.Task[Answer]") -> None:
        self._events.discard(running)
        if not running.cancelled() and running.exception() is not None:
            _log.warning("An asynchronous function call failed: %s", running.exception())


def _check_payload(payload: bytes) -> None:
    try:
        parse_json(payload)
    except JsonError:
        raise unreadable_payload(payload.decode(errors="replace")) from None


def _client_context(encoded: str | None) -> str | None:
    """The runtime wants the object's text itself, in one line."""
    if encoded is None:
        return None
    try:
        return json.dumps(json.loads(base64.b64decode(encoded, validate=True)))
    except ValueError:
        text = "Client context must be a valid Base64-encoded JSON object."
        raise LambdaError("InvalidRequestContentException", text) from None


def _full_arn(call: Call, request: Invoke, name: str) -> str:
    if request.function_name.startswith("arn:"):
        return request.function_name
    qualifier = f":{request.qualifier}" if request.qualifier else ""
    return f"arn:aws:lambda:{call.region}:{call.account}:function:{name}{qualifier}"


def _name_text(text: str) -> str:
    pattern = (
        r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?"
        r"([a-zA-Z0-9-_\.]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?"
    )
    return (
        f"1 validation error detected: Value '{text}' at 'functionName' failed to satisfy constraint: Member must "
        f"satisfy regular expression pattern: {pattern}"
    )
