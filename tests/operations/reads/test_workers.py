"""Activities and their workers."""

import asyncio
import json

from tests.operations.conftest import PREFIX, Server
from tests.operations.reads.reading import read

ACTIVITY = f"{PREFIX}:activity:pick"
TASK = json.dumps({"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": ACTIVITY, "End": True}}})


async def test_tasks_that_wait_and_workers_that_ask(server: Server) -> None:
    await server("CreateActivity", name="pick")
    assert (await read(server, "ListActivityQueues"))["rows"][0]["oldestWaitMs"] is None
    machine = await server.machine(definition=TASK)
    for _ in range(2):
        await server.start(machine)
    (row,) = (await read(server, "ListActivityQueues"))["rows"]
    assert (row["arn"], row["waiting"], row["pollers"], row["workers"]) == (ACTIVITY, 2, 0, [])
    assert row["oldestWaitMs"] >= 0
    await server("GetActivityTask", activityArn=ACTIVITY, workerName="w-1")
    (row,) = (await read(server, "ListActivityQueues"))["rows"]
    assert row["waiting"] == 1
    assert [(one["name"], one["tasks"], one["polling"]) for one in row["workers"]] == [("w-1", 1, False)]


async def test_a_worker_that_waits_is_seen_doing_so(server: Server) -> None:
    await server("CreateActivity", name="pick")
    asking = asyncio.ensure_future(server("GetActivityTask", activityArn=ACTIVITY, workerName="w-2"))
    await asyncio.sleep(0)  # it has asked by now, and waits
    (row,) = (await read(server, "ListWorkers"))["rows"]
    assert (row["name"], row["polling"], row["activityArn"], row["activityName"]) == ("w-2", True, ACTIVITY, "pick")
    await asking
    (row,) = (await read(server, "ListWorkers"))["rows"]
    assert (row["polling"], row["tasks"]) == (False, 0)
