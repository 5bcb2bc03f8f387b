"""kill -9 while calls of many services are in flight: no effect twice unless the reference page says so, all end."""

import asyncio
import json
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tests.kill.harness import Server, call
from tests.kill.workload import ROLE

ACCOUNT = "000000000000"
QUEUE = f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/q"
NAME = "$$.Execution.Name"
TASKS: dict[str, dict[str, Any]] = {
    "sqs": {"Resource": "sqs:sendMessage", "Parameters": {"QueueUrl": QUEUE, "MessageBody.$": NAME}},
    "glue": {"Resource": "glue:startJobRun.sync", "Parameters": {"JobName.$": NAME}},
    "ecs": {"Resource": "ecs:runTask.sync", "Parameters": {"TaskDefinition": "d", "Group.$": NAME}},
    "nested": {"Resource": "states:startExecution.sync", "Parameters": {"Input": {"by.$": NAME}}},
}


class Services:
    """SQS, Glue and ECS at one address, in a thread of their own: they outlive the server and count what they did.

    Until `let_go` nobody gets an answer, though the work is done: so every call is in flight.
    """

    def __init__(self) -> None:
        self.effects: Counter[str] = Counter()
        self.tokens: dict[str, str] = {}
        self.asked = 0
        self._answers = asyncio.Event()
        self._loop = asyncio.new_event_loop()
        ready = threading.Event()
        threading.Thread(target=self._serve, args=(ready,), daemon=True).start()
        assert ready.wait(20)

    def _serve(self, ready: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._open())
        ready.set()
        self._loop.run_forever()

    async def _open(self) -> None:
        application = web.Application()
        application.router.add_post("/{tail:.*}", self._answer)
        runner = web.AppRunner(application)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, backlog=2048)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"

    async def _answer(self, request: web.Request) -> web.Response:
        operation = request.headers["X-Amz-Target"].rpartition(".")[2]
        answer = getattr(self, operation)(json.loads(await request.read()))
        self.asked += 1
        await self._answers.wait()
        return web.json_response(answer, content_type="application/x-amz-json-1.1")

    def let_go(self) -> None:
        """From now on everybody gets an answer."""
        self._loop.call_soon_threadsafe(self._answers.set)

    def SendMessage(self, given: Any) -> Any:
        self.effects[f"sqs {given['MessageBody']}"] += 1
        return {"MessageId": "m"}

    def StartJobRun(self, given: Any) -> Any:
        self.effects[f"glue {given['JobName']}"] += 1
        return {"JobRunId": "r"}

    def GetJobRun(self, given: Any) -> Any:
        return {"JobRun": {"Id": given["RunId"], "JobName": given["JobName"], "JobRunState": "SUCCEEDED"}}

    def RunTask(self, given: Any) -> Any:
        """A task that was asked for by the same token is not run again."""
        if given["clientToken"] not in self.tokens:
            self.tokens[given["clientToken"]] = given["group"]
            self.effects[f"ecs {given['group']}"] += 1
        return {"tasks": [{"taskArn": "t"}], "failures": []}

    def DescribeTasks(self, given: Any) -> Any:
        container = {"name": "c", "exitCode": 0}
        return {"tasks": [{"taskArn": "t", "lastStatus": "STOPPED", "containers": [container]}], "failures": []}

    def close(self) -> None:
        """Stop serving."""
        self._loop.call_soon_threadsafe(self._loop.stop)


def _until(holds: Any, what: str, seconds: float = 100.0) -> None:
    ends = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends, what
        time.sleep(0.05)


def _machine(server: Server, name: str, state: dict[str, Any]) -> str:
    definition = json.dumps({"StartAt": "T", "States": {"T": {"End": True, **state}}})
    answer = call(server.port, "CreateStateMachine", name=name, definition=definition, roleArn=ROLE)
    return str(answer["stateMachineArn"])


def _task(kind: str, child: str) -> dict[str, Any]:
    task = TASKS[kind]
    parameters = {**task["Parameters"], **({"StateMachineArn": child} if kind == "nested" else {})}
    return {"Type": "Task", "Resource": f"arn:aws:states:::{task['Resource']}", "Parameters": parameters}


def _run(folder: Path, each: int) -> None:
    services = Services()
    server = Server(folder, env={"AWS_ENDPOINT_URL": services.url})
    try:
        server.start()
        child = _machine(server, "child", {"Type": "Wait", "Seconds": 2})
        machines = {kind: _machine(server, kind, _task(kind, child)) for kind in TASKS}
        started: dict[str, str] = {}
        for number in range(each):
            for kind, machine in machines.items():
                name = f"{kind}-{number}"
                started[name] = call(server.port, "StartExecution", stateMachineArn=machine, name=name)["executionArn"]
        _until(lambda: services.asked >= each * 3, "not all calls were made")
        server.kill()
        services.let_go()
        server.start()
        statuses = _ended(server, started)
        _check(server, services, child, each, statuses)
        assert server.stop() == 0
    finally:
        server.close()
        services.close()


def _ended(server: Server, started: dict[str, str]) -> dict[str, str]:
    statuses: dict[str, str] = {}

    def all_ended() -> bool:
        for name in started.keys() - statuses.keys():
            status = call(server.port, "DescribeExecution", executionArn=started[name])["status"]
            if status != "RUNNING":
                statuses[name] = status
        return len(statuses) == len(started)

    _until(all_ended, "some executions never ended")
    return statuses


def _check(server: Server, services: Services, child: str, each: int, statuses: dict[str, str]) -> None:
    """What could be told from a repetition has succeeded; of the rest nobody knows, and nobody called again."""
    assert set(services.effects.values()) == {1}
    assert len(services.effects) == each * 3
    by_kind = {kind: {statuses[f"{kind}-{number}"] for number in range(each)} for kind in TASKS}
    assert by_kind == {"sqs": {"FAILED"}, "glue": {"FAILED"}, "ecs": {"SUCCEEDED"}, "nested": {"SUCCEEDED"}}
    children = 0
    token: dict[str, str] = {}
    while True:
        page = call(server.port, "ListExecutions", stateMachineArn=child, maxResults=1000, **token)
        children += len(page["executions"])
        if "nextToken" not in page:
            break
        token = {"nextToken": page["nextToken"]}
    assert children == each


def test_killed_with_calls_in_flight(tmp_path: Path) -> None:
    """The short form, in every test run."""
    _run(tmp_path, each=12)


@pytest.mark.proof
def test_killed_with_a_thousand_calls_in_flight(tmp_path: Path) -> None:
    """The long form."""
    _run(tmp_path, each=250)
