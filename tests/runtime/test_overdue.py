"""Executions that are open for a year: found by their ids, ended at the year's end, and nobody else with them."""

from stepwell.limits import AWS
from stepwell.runtime.overdue import Overdue
from tests.runtime.world import ACCOUNT, REGION, World, flow, task, world

YEAR_S = AWS.execution_s_max


def overdue_of(made: World) -> Overdue:
    runtime = made.runtime
    return Overdue(made.store, made.clock, runtime.ownership, runtime.shard, runtime.limits)


async def test_a_year_is_the_end(tmp_path):
    async with world(tmp_path / "a.db") as made:
        await made.activity()
        await made.machine(flow(("A", task(f"arn:aws:states:{REGION}:{ACCOUNT}:activity:press"))))
        began_ms = made.clock.now_ms()
        old = [await made.start(f"old-{number}") for number in range(120)]
        made.clock.advance(1_000)
        young = await made.start("young")
        made.clock.advance(YEAR_S * 1000 - 1_001)
        assert await overdue_of(made).look() == 0
        made.clock.advance(1)
        assert await overdue_of(made).look() == 120
        await made.settle()
        rows = [await made.store.load_execution(execution_id) for execution_id in old]
        assert {(row.status, row.stopped_ms) for row in rows} == {("TIMED_OUT", began_ms + YEAR_S * 1000)}
        assert (await made.types(old[0]))[-1] == "ExecutionTimedOut"
        assert (await made.store.load_execution(young)).status == "RUNNING"


async def test_a_shorter_year(tmp_path):
    async with world(tmp_path / "a.db", execution_s_max=10) as made:
        await made.machine(flow(("A", {"Type": "Wait", "Seconds": 60})))
        execution_id = await made.start()
        made.clock.advance(10_000)
        assert await overdue_of(made).look() == 1
        await made.settle()
        assert (await made.result(execution_id))[0] == "TIMED_OUT"
