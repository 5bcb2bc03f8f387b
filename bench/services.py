"""Tasks that go over HTTP: engine, store, dispatch and the call itself, for each way of calling."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from bench import machines
from bench.embedded import Embedded, embedded
from bench.measure import Row, stopwatch
from stepwell.integrations.aws_call import AwsCaller
from stepwell.integrations.aws_lambda import LambdaIntegration
from stepwell.integrations.base import Call, Integration
from stepwell.integrations.catalog_services import optimized_actions
from stepwell.integrations.http.connection import Connection
from stepwell.integrations.http.egress import Egress, read_networks
from stepwell.integrations.http.endpoint import HttpIntegration
from stepwell.integrations.invocations import Invocations
from stepwell.integrations.lambda_endpoint import EndpointInvoker

_STEPS = 5
_BAR_US = 400.0
_KEYS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}
_ARN = "arn:aws:events:us-east-1:000000000000:connection/any"


async def run(count: int) -> list[Row]:
    """Each way of calling, 100 executions at a time, five tasks each."""
    rows: list[Row] = []
    async with endpoint() as url:
        caller = AwsCaller({**_KEYS, "AWS_ENDPOINT_URL": url})
        egress = Egress(read_networks("127.0.0.1"))
        invoker = EndpointInvoker(url, caller, Invocations())
        sqs = optimized_actions(caller)["sqs", "sendMessage"]
        async with embedded(machines.tasks(_STEPS)) as server:
            rows.append(replace(await _measured(server, "answered at once here", count), bar=None))
        ways: dict[str, tuple[str, Integration, dict[str, object]]] = {
            "sqs:sendMessage": ("sqs", sqs, {"QueueUrl": f"{url}/000000000000/q", "MessageBody.$": "$.a"}),
            "lambda:invoke": ("lambda", LambdaIntegration(invoker), {"FunctionName": "f", "Payload.$": "$.a"}),
            "http:invoke": (
                "http",
                HttpIntegration(egress, [_Open()]),
                {
                    "ApiEndpoint": url,
                    "Method": "POST",
                    "Authentication": {"ConnectionArn": _ARN},
                    "RequestBody": {"a": 1},
                },
            ),
        }
        for action, (service, integration, parameters) in ways.items():
            definition = machines.service_tasks(_STEPS, f"arn:aws:states:::{action}", parameters)
            async with embedded(definition, services={service: integration}) as server:
                rows.append(await _measured(server, action, count))
        for closing in (caller, egress, invoker):
            await closing.close()
    return rows


class _Open:
    """A connection that adds nothing, for every ARN."""

    async def find(self, arn: str, call: Call) -> Connection:
        """Always the same."""
        return Connection()


async def _measured(server: Embedded, action: str, count: int) -> Row:
    async def client(number: int, runs: int) -> None:
        for i in range(runs):
            await server.runtime.wait_closed(await server.start(f"{number}-{i}", '{"a":"hello"}'))

    await client(-1, 5)
    with stopwatch() as watch:
        await asyncio.gather(*(client(number, count // 100) for number in range(100)))
    per_task = watch.cpu_s / (count // 100 * 100 * _STEPS) * 1e6
    return Row(f"task, {action}", per_task, "us/task", _BAR_US)


@asynccontextmanager
async def endpoint() -> AsyncIterator[str]:
    """The address of a service in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.endpoint", stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(await process.stdout.readline())}"
    finally:
        process.kill()
        await process.wait()
