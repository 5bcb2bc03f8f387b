"""Cases over HTTP: a whole server under a clock that the test moves, boto3 before it, scripted services behind it.

What workers and people do (take activities, send heartbeats and answers, stop and delete) goes through boto3; only the
services that tasks call are replaced, at the place where third parties put theirs: the registry of integrations.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from heapq import heappop, heappush
from itertools import count
from typing import Any

import boto3
from botocore.config import Config

from stepwell.api.app import make_app
from stepwell.api.server import HttpServer
from stepwell.app import Application
from stepwell.engine.failure import Failure
from stepwell.integrations.base import Call, Integration, Outcome, Registry
from stepwell.operations import OPERATIONS
from stepwell.payload import Payload
from stepwell.runtime.clock import ManualClock
from stepwell.settings import Settings
from stepwell.testing.cases import check_history
from stepwell.testing.player import ROLE_ARN, START_MS
from tests.engine.machines import ACCOUNT

_SESSION = boto3.Session(aws_access_key_id="x", aws_secret_access_key="x", region_name="us-east-1")
_CONFIG = Config(retries={"max_attempts": 0}, read_timeout=20, inject_host_prefix=False)
_STEPS_MAX = 1_000
Deed = Callable[[], Awaitable[None]]


class Scripted:
    """Stands for every service that tasks call."""

    repeatable = False

    def __init__(self, stage: "Stage") -> None:
        self.stage = stage
        self.submitted: dict[str, dict[str, Any]] = {}

    async def perform(self, call: Call) -> Outcome:
        stage = self.stage
        answer = stage.next_answer(call.state_name, call.parameters.value)
        if call.pattern == "waitForTaskToken":
            stage.plan_end(str(call.task_token), answer, stage.now_s)
        elif call.pattern:
            self.submitted[call.attempt_id] = answer
        else:
            return await stage.later(answer, stage.now_s)
        return Payload.of(answer.get("submitted", {}))

    async def watch(self, call: Call, submitted: Payload) -> Outcome:
        return await self.stage.later(self.submitted[call.attempt_id], self.stage.now_s)

    async def cancel(self, call: Call, submitted: Payload | None) -> None:
        """Nothing runs that could be stopped."""


class Stage:
    """One case on one server."""

    def __init__(self, case: dict[str, Any], application: Application, clock: ManualClock, client: Any) -> None:
        self.case = case
        self.application = application
        self.clock = clock
        self.client = client
        self.answers: dict[str, list[dict[str, Any]]] = {name: list(row) for name, row in case.get("tasks", {}).items()}
        self.agenda: list[tuple[int, int, Deed]] = []
        self.order = count()
        self.scheduled = 0
        self.machine_arn = self.execution_arn = ""

    @property
    def now_s(self) -> float:
        return (self.clock.at_ms - START_MS) / 1000

    async def ask(self, operation: str, **members: Any) -> Any:
        return await asyncio.to_thread(getattr(self.client, operation), **members)

    def plan(self, at_s: float, deed: Deed) -> None:
        heappush(self.agenda, (START_MS + round(at_s * 1000), next(self.order), deed))

    async def run(self) -> None:
        case = self.case
        if not case.get("missing_activities"):
            await self.ask("create_activity", name="work")
        definition = Payload.of(case["definition"]).text
        made = await self.ask("create_state_machine", name="machine", definition=definition, roleArn=ROLE_ARN)
        self.machine_arn = made["stateMachineArn"]
        given = case["input"] if isinstance(case["input"], str) else Payload.of(case["input"]).text
        begun = await self.ask("start_execution", stateMachineArn=self.machine_arn, name="run", input=given)
        self.execution_arn = begun["executionArn"]
        self.plan_interventions()
        for _ in range(_STEPS_MAX):
            await self.settle()
            if (await self.describe())["status"] != "RUNNING":
                return
            await self.serve_activities()
            await self.move_on()
        raise AssertionError("the execution does not end")

    def plan_interventions(self) -> None:
        case = self.case
        if "stop" in case:
            reason = {name: case["stop"][name] for name in ("error", "cause") if name in case["stop"]}
            self.plan(case["stop"]["after_s"], self.deed("stop_execution", executionArn=self.execution_arn, **reason))
        if "delete_after_s" in case:
            self.plan(case["delete_after_s"], self.deed("delete_state_machine", stateMachineArn=self.machine_arn))

    def deed(self, operation: str, **members: Any) -> Deed:
        async def do() -> None:
            await self.ask(operation, **members)

        return do

    async def describe(self) -> Any:
        return await self.ask("describe_execution", executionArn=self.execution_arn)

    async def events(self) -> list[dict[str, Any]]:
        return list(
            (await self.ask("get_execution_history", executionArn=self.execution_arn, maxResults=1000))["events"]
        )

    async def settle(self) -> None:
        """Until the server waits for somebody. Its own thread that works expressions out is not somebody."""
        runtime = self.application.runtime
        quiet = 0
        while quiet < 10:
            await asyncio.sleep(0)
            evaluating = bool(runtime.dispatcher.evaluator._waiting)
            if evaluating or not runtime.shard.is_idle:
                await asyncio.sleep(0.001)
            quiet = 0 if evaluating else quiet + 1

    async def move_on(self) -> None:
        """To the next moment at which something happens."""
        timers = self.application.runtime.shard.timers
        due_ms = min(timers._due.values(), default=None)
        if self.agenda and (due_ms is None or self.agenda[0][0] < due_ms):
            at_ms, _, deed = heappop(self.agenda)
            self.clock.at_ms = max(self.clock.at_ms, at_ms)
            await deed()
            return
        assert due_ms is not None, "the execution waits for something that the case does not give"
        self.clock.at_ms = max(self.clock.at_ms, due_ms)
        timers._ring()

    # Answers

    def next_answer(self, state_name: str, given: Any) -> dict[str, Any]:
        row = self.answers.get(state_name)
        if not row:
            return {"output": given}
        return row.pop(0) if len(row) > 1 else row[0]

    async def later(self, answer: dict[str, Any], from_s: float) -> Outcome:
        """The outcome of a call, when its time has come."""
        outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

        async def settle() -> None:
            if not outcome.done():
                text = output_text(answer)
                failure = Failure(answer.get("error"), answer.get("cause"))
                outcome.set_result(failure if text is None else Payload(text))

        if not answer.get("silent"):
            self.plan(from_s + answer.get("after_s", 0), settle)
        return await outcome

    def plan_end(self, token: str, answer: dict[str, Any], from_s: float) -> None:
        """What the holder of a token does."""
        for beat_s in answer.get("beats_s", ()):
            self.plan(from_s + beat_s, self.deed("send_task_heartbeat", taskToken=token))
        if answer.get("silent"):
            return
        text = output_text(answer)
        reason = {name: answer[name] for name in ("error", "cause") if answer.get(name) is not None}
        end = self.deed("send_task_failure", taskToken=token, **reason)
        if text is not None:
            end = self.deed("send_task_success", taskToken=token, output=text)
        self.plan(from_s + answer.get("after_s", 0), self.forgiving(end))

    def forgiving(self, deed: Deed) -> Deed:
        """A worker that is late hears TaskTimedOut."""

        async def do() -> None:
            try:
                await deed()
            except self.client.exceptions.TaskTimedOut:
                pass

        return do

    async def serve_activities(self) -> None:
        """Send a worker for each activity task that has been scheduled since."""
        events = await self.events()
        scheduled = [event for event in events if event["type"] == "ActivityScheduled"]
        for event in scheduled[self.scheduled :]:
            entered = event
            while entered["type"] != "TaskStateEntered":
                entered = events[entered["previousEventId"] - 1]
            details = event["activityScheduledEventDetails"]
            answer = self.next_answer(entered["stateEnteredEventDetails"]["name"], Payload(details["input"]).value)
            taken_after_s = answer.get("taken_after_s", 0)
            if taken_after_s is not None:
                self.plan(self.now_s + taken_after_s, self.worker(details["resource"], answer))
        self.scheduled = len(scheduled)

    def worker(self, arn: str, answer: dict[str, Any]) -> Deed:
        async def do() -> None:
            name = {"workerName": answer["worker"]} if "worker" in answer else {}
            taken = await self.ask("get_activity_task", activityArn=arn, **name)
            self.plan_end(taken["taskToken"], answer, self.now_s)

        return do


def output_text(answer: dict[str, Any]) -> str | None:
    """The answer's output as text, or None for a failure."""
    if "output_characters" in answer:
        return Payload.of("x" * answer["output_characters"]).text
    return Payload.of(answer["output"]).text if "output" in answer else None


@asynccontextmanager
async def served(clock: ManualClock) -> AsyncIterator[tuple[Application, Any]]:
    """A server on a free port with a client before it."""
    application = Application(Settings(database=":memory:", account=ACCOUNT, port=0), clock=clock)
    await application.open()
    app = make_app(application.dispatch, account=ACCOUNT, region="us-east-1", available=OPERATIONS.keys())
    server = HttpServer(app)
    try:
        port = await server.start("127.0.0.1", 0)
        endpoint = f"http://127.0.0.1:{port}"
        client = await asyncio.to_thread(_SESSION.client, "stepfunctions", endpoint_url=endpoint, config=_CONFIG)
        yield application, client
        client.close()
        await server.drain(0.1)
    finally:
        await application.close()


async def run_case_over_http(case: dict[str, Any]) -> None:
    """Play a case on a server of its own. Raises CaseFailed."""
    clock = ManualClock(START_MS)
    async with served(clock) as (application, client):
        stage = Stage(case, application, clock, client)
        scripted = Scripted(stage)
        for service in ("lambda", "sqs", "states"):
            _take_over(application.registry, service, scripted)
        await stage.run()
        known = {"role": ROLE_ARN, "machine": stage.machine_arn, "execution": stage.execution_arn}
        check_history(case, await stage.events(), known)
        described = await stage.describe()
        assert described["status"] == case["status"]
        if "seconds" in case:
            assert (described["stopDate"] - described["startDate"]).total_seconds() == case["seconds"]


def _take_over(registry: Registry, service: str, integration: Integration) -> None:
    """Put a script in the place of all that the server itself would do for a service."""
    for key in [key for key in registry._known if key.startswith(f"{service}:")]:
        del registry._known[key]
    registry.register(service, integration)
