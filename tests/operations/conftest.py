"""A running Stepwell without HTTP: the real store in memory, the real runtime, and every answer spelled for the wire."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import orjson
import pytest

from stepwell.api.model import load_operations
from stepwell.caller import Caller
from stepwell.errors import ApiError
from stepwell.integrations.base import Registry
from stepwell.limits import AWS, Limits
from stepwell.operations import OPERATIONS, Service
from stepwell.runtime.clock import Clock, SystemClock
from stepwell.runtime.runtime import Runtime
from stepwell.store.sqlite import SqliteStore

ACCOUNT, REGION = "123456789012", "us-east-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/worker"
PREFIX = f"arn:aws:states:{REGION}:{ACCOUNT}"
PASS = '{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}'
WAIT = '{"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 3600, "End": true}}}'
FAIL = '{"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "E", "Cause": "C"}}}'


class Server:
    """Calls operations by wire name and wire members, as a client does."""

    def __init__(self, store: SqliteStore, limits: Limits, clock: Clock) -> None:
        self.store, self.limits, self.clock = store, limits, clock
        self.registry = Registry()
        self.closing: list[Any] = []
        self.runtime = Runtime(store, self.registry, limits, clock, random.Random(7))
        self.service = Service(store=store, runtime=self.runtime, limits=limits, clock=clock)

    async def open(self) -> None:
        await self.runtime.open()
        await self.service.open()

    async def close(self) -> None:
        await self.service.close()
        await self.runtime.close(0.1)
        for client in self.closing:
            await client.close()

    async def __call__(self, operation: str, account: str = ACCOUNT, region: str = REGION, **members: Any) -> Any:
        model = load_operations()[operation]
        decoded = model.decode(orjson.dumps(members))
        answer = await OPERATIONS[operation](self.service, Caller(account, region), **decoded)
        return orjson.loads(model.encode(answer))

    async def refusal(self, operation: str, **members: Any) -> tuple[str, str]:
        """Code and message of the error that a request meets."""
        with pytest.raises(ApiError) as refused:
            await self(operation, **members)
        return refused.value.code, refused.value.message

    async def machine(self, name: str = "m", definition: str = PASS, **members: Any) -> str:
        answer = await self("CreateStateMachine", name=name, definition=definition, roleArn=ROLE, **members)
        return str(answer["stateMachineArn"])

    async def start(self, machine: str, **members: Any) -> str:
        return str((await self("StartExecution", stateMachineArn=machine, **members))["executionArn"])

    async def closed(self, execution: str) -> dict[str, Any]:
        """How an execution ended."""
        async with asyncio.timeout(5):
            while True:
                answer: dict[str, Any] = await self("DescribeExecution", executionArn=execution)
                if answer["status"] != "RUNNING":
                    return answer
                await asyncio.sleep(0.005)


MakeServer = Callable[..., Server]


@pytest.fixture
async def make_server() -> AsyncIterator[Callable[..., Any]]:
    """Opens servers on one database, with other limits or another clock if asked."""
    store = SqliteStore(":memory:")
    await store.open()
    servers: list[Server] = []

    async def make(clock: Clock | None = None, **limits: Any) -> Server:
        server = Server(store, replace(AWS, activity_poll_s=0.05, **limits), clock or SystemClock())
        await server.open()
        servers.append(server)
        return server

    yield make
    for server in servers:
        await server.close()
    await store.close()


@pytest.fixture
async def server(make_server: Callable[..., Any]) -> Server:
    made: Server = await make_server()
    return made
