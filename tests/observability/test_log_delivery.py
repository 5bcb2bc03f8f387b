"""Delivery of execution logs: everything that was queued, at least once, and no execution ever waits."""

import asyncio
import json
from contextlib import asynccontextmanager

import pytest
from msgspec.structs import replace

from stepwell.observability.log_delivery import TRIES, LogDelivery
from stepwell.payload import Payload
from tests.runtime.test_logged import settings
from tests.runtime.world import express_machine, flow, world

pytestmark = pytest.mark.timeout(30)
PASSING = flow(("P", {"Type": "Pass", "Result": {"n": 1}}))


class Sink:
    """Keeps what it is given, or fails as it is told."""

    def __init__(self):
        self.records = []
        self.tries = 0
        self.failures = 0
        self.error = None

    async def put(self, machine, group, records):
        self.tries += 1
        if self.failures:
            self.failures -= 1
            if self.error is not None:
                raise self.error
            return False
        self.records += [json.loads(record.text) for record in records]
        return True

    async def close(self):
        pass


@asynccontextmanager
async def logging_world(path=":memory:", level="ALL", *, data=True, definition=PASSING):
    async with world(path) as made:
        made.runtime.machines._logs = True
        await made.machine(definition)
        _, revision = made.machines["m"]
        revision.settings = settings(level, data=data)
        yield made


def delivery(made, sink):
    return LogDelivery(made.store, made.runtime.machines, made.runtime.logbook, [sink], pause_s=0.001)


async def delivered(made, sink):
    """Run a delivery until it has nothing left."""
    work = delivery(made, sink)
    work.open()
    while await made.inner.scan_log_queue(0, 1) or made.runtime.logbook.wake.is_set():  # noqa: ASYNC110
        await asyncio.sleep(0.001)
    await work.close()
    return work


async def test_all_events_of_a_durable_execution_are_delivered():
    async with logging_world() as made:
        await made.start("e", '{"a":1}')
        sink = Sink()
        await delivered(made, sink)
        assert [(record["id"], record["type"]) for record in sink.records] == [
            ("1", "ExecutionStarted"),
            ("2", "PassStateEntered"),
            ("3", "PassStateExited"),
            ("4", "ExecutionSucceeded"),
        ]
        assert sink.records[1]["details"]["input"] == '{"a":1}'
        assert sink.records[3]["details"]["output"] == '{"n":1}'
        assert {record["execution_arn"].rpartition(":")[2] for record in sink.records} == {"e"}


async def test_without_execution_data_there_is_none():
    async with logging_world(data=False) as made:
        await made.start("e", '{"secret":1}')
        sink = Sink()
        await delivered(made, sink)
        assert sink.records[3]["details"] == {}
        assert sink.records[1]["details"] == {"name": "P"}
        assert "secret" not in json.dumps(sink.records)


async def test_what_a_crash_left_is_delivered_by_the_next_server(tmp_path):
    path = tmp_path / "x.db"
    async with logging_world(path) as made:
        await made.start("e")
        await made.settle()
        revision = made.machines["m"][1]
        await made.inner._driver.write([("delete_log", (0, b"", 0))])  # nothing of it has been delivered
        await made.crash()
        await made.open()
        made.runtime.machines._logs = True
        made.runtime.machines.keep(made.machines["m"][0], revision)
        sink = Sink()
        await delivered(made, sink)
        assert len(sink.records) == 4


async def test_executions_in_memory_are_logged_too():
    async with world() as made:
        machine = await express_machine(made, PASSING)
        made.runtime.machines._logs = True
        machine.revision.settings = settings("ALL")
        machine = replace(machine, logged=made.runtime.machines.keep(machine.row, machine.revision).logged)
        sink = Sink()
        work = delivery(made, sink)
        work.open()
        execution = await made.runtime.express.run(machine, "e", Payload("{}"))
        await work.close()
        assert [record["id"] for record in sink.records] == ["1", "2", "3", "4"]
        assert sink.records[0]["execution_arn"] == execution.facts.arn


@pytest.mark.parametrize("error", [None, OSError("disk full")])
async def test_a_sink_that_fails_is_tried_again(error):
    async with logging_world() as made:
        await made.start("e")
        sink = Sink()
        sink.failures, sink.error = 3, error
        work = await delivered(made, sink)
        assert (sink.tries, len(sink.records), work.dropped) == (4, 4, 0)


async def test_a_sink_that_goes_on_failing_loses_the_batch_and_nothing_else(caplog):
    async with logging_world() as made:
        await made.start("first")
        sink = Sink()
        sink.failures = TRIES
        work = await delivered(made, sink)
        assert (sink.records, work.dropped) == ([], 4)
        assert "4 log records of m are dropped" in caplog.text
        await made.start("second")
        await delivered(made, sink)
        assert len(sink.records) == 4


async def test_batches_of_executions_that_are_gone_are_forgotten():
    async with logging_world() as made:
        await made.start("e")
        await made.settle()
        await made.inner.delete_state_machine(made.machines["m"][0].id)
        made.runtime.machines._kept.clear()
        sink = Sink()
        await delivered(made, sink)
        assert sink.records == []
