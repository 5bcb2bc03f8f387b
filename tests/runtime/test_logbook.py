"""What is to be logged: rows of durable executions, turns of those in memory."""

import pytest
from msgspec.structs import replace

from stepwell.payload import Payload
from stepwell.runtime.logbook import Logbook
from tests.runtime.test_logged import settings
from tests.runtime.world import express_machine, flow, world

pytestmark = pytest.mark.timeout(20)
PASSING = flow(("P", {"Type": "Pass"}), ("Q", {"Type": "Pass"}))


async def start(made, level, *, definition=PASSING):
    """Start an execution of a machine that is logged at a level; what the queue holds of it afterwards."""
    await made.machine(definition)
    _, revision = made.machines["m"]
    made.runtime.machines._logs = True
    revision.settings = settings(level)
    made.runtime.logbook.wake.clear()  # it is set when a server takes over what another one left
    execution_id = await made.start()
    await made.settle()
    return [log.first_event_id for log in await made.inner.scan_log_queue(0, 10) if log.execution_id == execution_id]


async def test_history_of_a_durable_execution_is_queued_and_somebody_is_woken():
    async with world() as made:
        assert await start(made, "ALL") == [1]
        assert made.runtime.logbook.wake.is_set()


@pytest.mark.parametrize("level", ["ERROR", "FATAL", "OFF"])
async def test_what_the_level_leaves_out_is_not_queued(level):
    async with world() as made:
        assert await start(made, level) == []
        assert not made.runtime.logbook.wake.is_set()


async def test_failures_are_queued_at_level_error():
    async with world() as made:
        failing = flow(("F", {"Type": "Fail", "Error": "E"}))
        assert await start(made, "ERROR", definition=failing) == [1]


async def run_in_memory(made, logbook):
    machine = await express_machine(made, PASSING)
    made.runtime.machines._logs = True
    machine.revision.settings = settings("ALL")
    machine = replace(machine, logged=made.runtime.machines.keep(machine.row, machine.revision).logged)
    made.runtime.express._logbook = logbook
    return await made.runtime.express.run(machine, "e", Payload("{}"))


async def test_turns_of_executions_in_memory_are_kept_until_they_are_taken():
    async with world() as made:
        logbook = Logbook()
        execution = await run_in_memory(made, logbook)
        [passing] = logbook.take_passing(10)
        assert (passing.arn, passing.first_event_id, len(passing.turn[1])) == (execution.facts.arn, 1, 6)
        assert logbook.take_passing(10) == []
        assert logbook.dropped == 0


async def test_the_oldest_are_dropped():
    async with world() as made:
        logbook = Logbook(records_max=5)
        await run_in_memory(made, logbook)
        assert logbook.take_passing(10) == []
        assert logbook.dropped == 6
