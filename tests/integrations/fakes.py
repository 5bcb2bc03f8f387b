"""Calls and operations for the tests of integrations."""

import asyncio

from stepwell.errors import ApiError
from stepwell.integrations.base import Call
from stepwell.payload import Payload

ACCOUNT = "123456789012"
REGION = "us-east-1"


def a_call(service, action, parameters, pattern="", resource=None, attempt_id="attempt-1", entered_id=0):
    """A call as the runtime makes it; `parameters` is a value or a `Payload`."""
    payload = parameters if isinstance(parameters, Payload) else Payload.of(parameters)
    return Call(
        execution_arn=f"arn:aws:states:{REGION}:{ACCOUNT}:execution:parent:one",
        execution_name="one",
        machine_arn=f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:parent",
        state_name="Task",
        resource_type=service,
        resource=resource or (f"{action}.{pattern}" if pattern else action),
        service=service,
        action=action,
        pattern=pattern,
        parameters=payload,
        region=REGION,
        account=ACCOUNT,
        attempt_id=attempt_id,
        entered_id=entered_id,
    )


class FakeOperations:
    """Answers by operation name: a dict, an error, or a function of the members. Remembers what was asked."""

    def __init__(self, **answers):
        self.answers = answers
        self.asked = []
        self.closed = asyncio.Event()

    async def call(self, account, region, operation_name, members):
        assert (account, region) == (ACCOUNT, REGION)
        self.asked.append((operation_name, members))
        answer = self.answers[operation_name]
        if callable(answer) and not isinstance(answer, ApiError):
            answer = answer(members)
        if isinstance(answer, ApiError):
            raise answer
        return answer

    async def wait_closed(self, execution_arn):
        self.asked.append(("wait_closed", execution_arn))
        await self.closed.wait()
