"""One action over a query."""

import asyncio
from typing import Any

import pytest
from msgspec.structs import replace

from stepwell.operations.reads import jobs
from tests.operations.conftest import FAIL, PASS, WAIT, Server
from tests.operations.reads.reading import CALLER, read, refused


async def finished(server: Server, job: dict[str, Any]) -> dict[str, Any]:
    async with asyncio.timeout(10):
        while True:
            answer: dict[str, Any] = await read(server, "GetJob", id=job["id"])
            if answer["state"] != "running":
                return answer
            await asyncio.sleep(0.005)


async def test_stop_all_that_run(server: Server) -> None:
    machine, other = await server.machine("m", WAIT), await server.machine("other", WAIT)
    arns = [await server.start(machine) for _ in range(20)]
    spared = await server.start(other)
    job = await read(
        server, "StartJob", action="stop", query="status=RUNNING", machine=machine, error="Enough", cause="said so"
    )
    assert (job["state"], job["action"]) == ("running", "stop")
    done = await finished(server, job)
    assert (done["found"], done["done"], done["succeeded"], done["failed"], done["searching"]) == (20, 20, 20, 0, False)
    assert done["finishedMs"] >= done["startedMs"]
    for arn in arns:
        described = await server("DescribeExecution", executionArn=arn)
        assert (described["status"], described["error"], described["cause"]) == ("ABORTED", "Enough", "said so")
    assert (await server("DescribeExecution", executionArn=spared))["status"] == "RUNNING"
    assert [row["id"] for row in (await read(server, "ListJobs"))["rows"]] == [job["id"]]


async def test_redrive_what_failed_and_say_what_could_not_be(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "ERRORS_MAX", 1)
    bad, good = await server.machine("bad", FAIL), await server.machine("good", PASS)
    for machine in (bad, good, good):
        await server.closed(await server.start(machine))
    done = await finished(server, await read(server, "StartJob", action="redrive"))
    assert (done["succeeded"], done["failed"], done["errorsAreMore"]) == (1, 2, True)
    assert [error["code"] for error in done["errors"]] == ["ExecutionNotRedrivable"]


async def test_start_anew_with_the_same_inputs(server: Server) -> None:
    machine = await server.machine("m", PASS)
    for given in ('{"a": 1}', '{"a": 2}'):
        await server.closed(await server.start(machine, input=given))
    done = await finished(server, await read(server, "StartJob", action="start", query="input.a=2"))
    assert done["succeeded"] == 1
    rows = (await read(server, "SearchExecutions", query="input.a=2"))["rows"]
    assert len(rows) == 2


async def test_a_job_can_be_called_off(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = await server.machine("m", WAIT)
    await server.start(machine)
    held = asyncio.Event()

    async def hold(treat: Any, line: Any) -> None:
        await held.wait()

    monkeypatch.setattr(jobs, "_patiently", hold)
    job = await read(server, "StartJob", action="stop")
    answer = await read(server, "CancelJob", id=job["id"])
    assert answer["state"] == "cancelled" and answer["finishedMs"] is not None
    assert (await finished(server, job))["done"] == 0
    assert (await read(server, "CancelJob", id=job["id"]))["state"] == "cancelled"


async def test_jobs_are_bounded_and_are_the_callers(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "RUNNING_MAX", 0)
    assert (await refused(server, "StartJob", action="stop"))[0] == "ThrottlingException"
    monkeypatch.undo()
    job = await read(server, "StartJob", action="stop")
    stranger = replace(CALLER, account="999999999999")
    assert (await refused(server, "GetJob", stranger, id=job["id"]))[0] == "ResourceNotFound"
    assert (await read(server, "ListJobs", stranger))["rows"] == []
    assert (await refused(server, "StartJob", action="burn"))[0] == "ValidationException"
    assert (await refused(server, "StartJob", action="stop", query="status=X"))[0] == "ValidationException"


@pytest.mark.parametrize(
    "members, wanted",
    [
        ({"action": "stop"}, "StopExecution"),
        ({"action": "redrive"}, "RedriveExecution"),
        ({"action": "start"}, "StartExecution"),
        ({}, "StopExecution"),
    ],
)
def test_a_job_needs_the_permission_of_what_it_does(members: dict[str, str], wanted: str) -> None:
    assert jobs.action_of(members) == wanted
