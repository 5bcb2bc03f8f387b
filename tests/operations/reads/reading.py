"""How tests ask the console's reads: by name, with an answer as it goes over the wire."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest

from stepwell.caller import Caller
from stepwell.errors import ApiError
from stepwell.operations.reads.table import READS
from tests.operations.conftest import ACCOUNT, REGION, Server

CALLER = Caller(ACCOUNT, REGION, f"arn:aws:iam::{ACCOUNT}:root")
TWO_STEPS = (
    '{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "W"},'
    ' "W": {"Type": "Wait", "Seconds": 3600, "Next": "Z"}, "Z": {"Type": "Succeed"}}}'
)


async def read(server: Server, name: str, caller: Caller = CALLER, **members: Any) -> Any:
    """The answer of a read, as JSON values."""
    answer = await READS[name].function(server.service, caller, **members)
    return msgspec.json.decode(msgspec.json.encode(answer))


async def refused(server: Server, name: str, caller: Caller = CALLER, **members: Any) -> tuple[str, str]:
    """Code and message of a refusal."""
    with pytest.raises(ApiError) as refusal:
        await READS[name].function(server.service, caller, **members)
    return refusal.value.code, refusal.value.message


@asynccontextmanager
async def stream(server: Server, name: str, **members: Any) -> AsyncIterator[Any]:
    """A stream's messages, as (event, data, id)."""
    messages = await READS[name].function(server.service, CALLER, **members)

    async def told() -> AsyncIterator[tuple[str, Any, int | None]]:
        async for event, data, number in messages:
            yield event, msgspec.json.decode(msgspec.json.encode(data)), number

    try:
        yield told()
    finally:
        await messages.aclose()
