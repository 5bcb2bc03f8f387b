"""History in pages, and payloads wherever they lie."""

import json

import pytest

from stepwell.payload import Payload
from stepwell.store.protocol import StoreError
from tests.runtime.world import LAMBDA, TOKEN, World, flow, task, world

BIG = '"' + "b" * 40_000 + '"'


async def long_history(w: World) -> bytes:
    """62 events in batches of several sizes."""
    await w.machine(flow(*((f"P{n}", {"Type": "Pass"}) for n in range(30))))
    execution_id = await w.start(given='{"a":1}')
    await w.runtime.wait_closed(execution_id)
    return execution_id


@pytest.mark.parametrize("per_turn", [1, 7, 500])
async def test_pages_of_every_size_make_the_whole(per_turn):
    async with world(transitions_per_turn_max=per_turn) as w:
        execution_id = await long_history(w)
        reader = w.runtime.reader
        whole, following = await reader.history(execution_id, start=None, limit=1_000)
        assert following is None
        assert [event["id"] for event in whole] == list(range(1, 63))
        for limit in (1, 2, 3, 7, 30, 31, 61, 62, 63):
            for reverse in (False, True):
                events, start = [], None
                while True:
                    page, start = await reader.history(execution_id, start=start, limit=limit, reverse=reverse)
                    assert len(page) <= limit
                    events.extend(page)
                    if start is None:
                        break
                assert events == (whole[::-1] if reverse else whole)


@pytest.mark.parametrize("start", range(1, 63))
async def test_a_page_begins_anywhere(start):
    async with world(transitions_per_turn_max=7) as w:
        execution_id = await long_history(w)
        page, following = await w.runtime.reader.history(execution_id, start=start, limit=5)
        assert [event["id"] for event in page] == list(range(start, min(start + 5, 63)))
        assert following == (start + 5 if start + 5 <= 62 else None)
        page, following = await w.runtime.reader.history(execution_id, start=start, limit=5, reverse=True)
        assert [event["id"] for event in page] == list(range(start, max(start - 5, 0), -1))
        assert following == (start - 5 if start > 5 else None)


async def test_a_history_that_is_not_there():
    async with world() as w:
        assert await w.runtime.reader.history(b"nobody" * 2, start=None, limit=5) == ([], None)
        assert await w.runtime.reader.history(b"nobody" * 2, start=None, limit=5, reverse=True) == ([], None)


async def test_without_execution_data():
    async with world() as w:
        await w.machine(flow(("T", task(LAMBDA))))
        execution_id = await w.start(given=BIG)
        await w.settle()
        events, _ = await w.runtime.reader.history(execution_id, start=None, limit=100, include_data=False)
        text = str(events)
        assert "input" not in text
        assert "output" not in text
        assert events[0]["executionStartedEventDetails"] == {"roleArn": "arn:aws:iam::0:role/r"}
        assert [event["id"] for event in events] == list(range(1, len(events) + 1))


async def test_a_large_text_is_stored_once():
    async with world() as w:
        await w.machine(flow(("P", {"Type": "Pass"}), ("Q", {"Type": "Pass"}), ("W", {"Type": "Wait", "Seconds": 1})))
        execution_id = await w.start(given=BIG)
        w.runtime.shard.residents.drop(execution_id)
        await w.pass_time(1)
        assert w.count("blobs") == 1
        assert (await w.result(execution_id))[:2] == ("SUCCEEDED", BIG)
        for event in await w.history(execution_id):
            for details in event.values():
                if isinstance(details, dict):
                    assert {details.get("input", BIG), details.get("output", BIG)} == {BIG}


@pytest.mark.parametrize("size", [32_767, 32_768, 32_769])
async def test_texts_around_the_bound(size):
    text = '"' + "x" * (size - 2) + '"'
    async with world() as w:
        await w.machine(flow(("T", task(TOKEN)), ("W", {"Type": "Wait", "Seconds": 1})))
        execution_id = await w.start()
        await w.settle()
        assert await w.runtime.finish_task(await w.attempt(execution_id), Payload(text))
        assert w.count("blobs") == (size >= 32_768)
        await w.restart()
        await w.pass_time(1)
        assert (await w.result(execution_id))[1] == text


async def test_input_header_and_result():
    async with world() as w:
        await w.machine(flow(("F", {"Type": "Fail", "Error": "E", "Cause": "c"})))
        execution_id, started_ms = await w.runtime.start_execution(
            w.runtime.machines.keep(*w.machines["m"]), "e", Payload('{ "a" : 1.00 }'), "Root=1"
        )
        row = await w.inner.load_execution(execution_id)
        assert row is not None
        assert row.started_ms == started_ms
        assert await w.runtime.reader.input_of(row) == '{ "a" : 1.00 }'
        assert w.runtime.reader.trace_header_of(row) == "Root=1"
        assert await w.runtime.reader.result_of(row) == (None, "E", "c")


async def test_an_open_execution_has_no_result():
    async with world() as w:
        await w.machine(flow(("W", {"Type": "Wait", "Seconds": 1})))
        row = await w.inner.load_execution(await w.start())
        assert row is not None
        assert await w.runtime.reader.result_of(row) == (None, None, None)
        assert w.runtime.reader.trace_header_of(row) is None


async def test_a_text_whose_row_is_gone_is_an_error_and_not_an_empty_text():
    async with world() as w:
        await w.machine(flow(("W", {"Type": "Wait", "Seconds": 1})))
        execution_id = await w.start(given=BIG)
        connection = w.inner._sqlite._writer
        assert connection is not None
        connection.execute("DELETE FROM blobs")
        with pytest.raises(StoreError, match="blob 0 of execution"):
            await w.history(execution_id)


async def test_a_large_variable_lies_apart():
    async with world() as w:
        await w.machine(
            flow(("P", {"Type": "Pass", "Assign": {"big.$": "$", "small": 1}}), ("W", {"Type": "Wait", "Seconds": 9}))
        )
        execution_id = await w.start(given=BIG)
        await w.settle()
        details = (await w.history(execution_id))[2]["stateExitedEventDetails"]
        assert details["assignedVariables"] == {"big": BIG, "small": "1"}
        w.runtime.shard.residents.drop(execution_id)
        assert dict((await w.live(execution_id)).execution.root.variables) == {"big": BIG[1:-1], "small": 1}


@pytest.mark.parametrize("size", [10, 100_000])
async def test_an_output_that_is_the_input_is_kept_once(size: int):
    async with world() as w:
        await w.machine(flow(("P", {"Type": "Pass"})))
        given = json.dumps({"a": "x" * size, "b": 1.00}, separators=(" ,", " : "))
        execution_id = await w.start(given=given)
        row = await w.runtime.store.load_execution(execution_id)
        assert row is not None and row.result is not None and len(row.result) < 20
        assert await w.runtime.reader.result_of(row) == (given, None, None)
