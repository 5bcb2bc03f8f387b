"""Map Runs over a real database: children, results, failures, restarts."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from stepwell.engine.events import StopRequested
from stepwell.engine.failure import Failure
from stepwell.payload import Payload
from tests.runtime.map_run_world import EXPORT, FAILING, KINDS, PUT, counts, exported, folder, over, ran, reader, spread
from tests.runtime.world import LAMBDA, never, task, world


@KINDS
async def test_outputs_come_in_the_order_of_items(kind: str) -> None:
    async with world() as made:
        assert await ran(made, spread(kind), list(range(300))) == ("SUCCEEDED", list(range(300)), None, None)


@KINDS
async def test_nothing_to_do(kind: str) -> None:
    async with world() as made:
        assert await ran(made, spread(kind), []) == ("SUCCEEDED", [], None, None)


@KINDS
async def test_what_a_child_and_its_selector_see(kind: str) -> None:
    see = {"name.$": "$$.Execution.Name", "machine.$": "$$.StateMachine", "in.$": "$", "id.$": "$$.Execution.Id"}
    selector = {"at.$": "$$.Map.Item.Index", "v.$": "$$.Map.Item.Value", "from.$": "$$.Map.Item.Source", "k.$": "$.k"}
    async with world() as made:
        state = spread(kind, ("P", {"Type": "Pass", "Parameters": see}), ItemSelector=selector, ItemsPath="$.l")
        _, [seen], _, _ = await ran(made, state, {"l": ["x"], "k": 7})
    assert seen["in"] == {"at": 0, "v": "x", "from": "STATE_DATA", "k": 7}
    assert seen["machine"] == {"Id": "arn:aws:states:us-east-1:000000000000:stateMachine:m/L", "Name": "m"}
    head = "execution" if kind == "STANDARD" else "express"
    assert seen["id"].startswith(f"arn:aws:states:us-east-1:000000000000:{head}:m/L:{seen['name']}")


async def test_members_of_an_object_are_items() -> None:
    async with world() as made:
        _, output, _, _ = await ran(made, spread("EXPRESS"), {"a": 1, "b": 2})
    assert output == [{"Key": "a", "Value": 1}, {"Key": "b", "Value": 2}]


async def test_batches() -> None:
    batcher = {"MaxItemsPerBatch": 2, "BatchInput": {"n.$": "$.n"}}
    async with world() as made:
        state = spread("EXPRESS", ItemsPath="$.l", ItemBatcher=batcher)
        await made.machine(state)
        execution_id = await made.start(given=json.dumps({"l": [1, 2, 3], "n": 9}))
        _, output, _, _ = await over(made, execution_id)
        assert output == [{"BatchInput": {"n": 9}, "Items": [1, 2]}, {"BatchInput": {"n": 9}, "Items": [3]}]
        assert await counts(made, execution_id) == ("SUCCEEDED", [0, 0, 2, 0, 0, 0], [0, 0, 3, 0, 0, 0])


@KINDS
async def test_flattened(kind: str) -> None:
    writer = {"WriterConfig": {"Transformation": "FLATTEN", "OutputType": "JSON"}}
    async with world() as made:
        _, output, _, _ = await ran(made, spread(kind, ResultWriter=writer), [[1, 2], 3, []])
    assert output == [1, 2, 3]


@KINDS
async def test_the_first_failure_fails_the_run(kind: str) -> None:
    async with world() as made:
        await made.machine(spread(kind, *FAILING, MaxConcurrency=1))
        execution_id = await made.start(given="[0,1,2,3]")
        status, _, error, cause = await over(made, execution_id)
        assert (status, error) == ("FAILED", "States.ExceedToleratedFailureThreshold")
        assert cause == "The specified tolerated failure threshold was exceeded"
        assert await counts(made, execution_id) == ("FAILED", [2, 0, 1, 1, 0, 0], [2, 0, 1, 1, 0, 0])


@KINDS
async def test_tolerated_failures_leave_no_output(kind: str) -> None:
    async with world() as made:
        given = await ran(made, spread(kind, *FAILING, ToleratedFailureCount=1), [0, 1, 2])
    assert given == ("SUCCEEDED", [0, 2], None, None)


async def test_running_children_are_stopped_when_the_run_fails() -> None:
    async with world() as made:
        bad = {"Variable": "$", "NumericEquals": 1, "Next": "F"}
        states = (
            ("C", {"Type": "Choice", "Choices": [bad], "Default": "W"}),
            ("F", {"Type": "Fail"}),
            ("W", {"Type": "Wait", "Seconds": 1000}),
        )
        await made.machine(spread("STANDARD", *states))
        execution_id = await made.start(given="[0,1,2]")
        assert (await over(made, execution_id))[0] == "FAILED"
        [run] = await made.inner.list_map_runs(execution_id, None, 5)
        lines = await made.inner.list_executions(run.id, None, None, 10)
        assert sorted(line.status for _, line in lines) == ["ABORTED", "ABORTED", "FAILED"]
        assert (await counts(made, execution_id))[1] == [0, 0, 0, 1, 0, 2]


@KINDS
async def test_a_stopped_parent_stops_its_children(kind: str) -> None:
    async with world() as made:
        await made.machine(spread(kind, ("W", {"Type": "Wait", "Seconds": 1000})))
        execution_id = await made.start(given="[0,1]")
        await asyncio.sleep(0.2)
        await made.runtime.stop_execution(execution_id, "E", None)
        for _ in range(100):
            if (await counts(made, execution_id))[0] != "RUNNING":
                break
            await asyncio.sleep(0.05)
        assert await counts(made, execution_id) == ("ABORTED", [0, 0, 0, 0, 0, 2], [0, 0, 0, 0, 0, 2])
        assert (await made.types(execution_id))[-2:] == ["MapRunAborted", "ExecutionAborted"]


async def test_express_children_call_functions() -> None:
    async with world() as made:
        made.script.answer = lambda call: (
            Failure("Bad", "x") if call.parameters.value == 2 else Payload.of({"got": call.parameters.value})
        )
        retry = [{"ErrorEquals": ["Bad"], "MaxAttempts": 0}]
        state = spread("EXPRESS", ("T", task(LAMBDA, Retry=retry)), ToleratedFailurePercentage=50)
        assert (await ran(made, state, [1, 2, 3]))[1] == [{"got": 1}, {"got": 3}]


async def test_concurrency() -> None:
    running = most = 0

    async def answer(_call: Any) -> Payload:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.01)
        running -= 1
        return Payload("1")

    async with world() as made:
        made.script.answer = answer
        await ran(made, spread("EXPRESS", ("T", task(LAMBDA)), MaxConcurrency=3), list(range(20)))
    assert most == 3


async def test_a_nested_run() -> None:
    inner = spread("STANDARD")["States"]["M"]
    outer = spread("STANDARD", ("N", {**inner, "Label": "N"}))
    async with world() as made:
        assert (await ran(made, outer, [[1, 2], [3]]))[1] == [[1, 2], [3]]


async def test_outputs_that_are_too_large_together() -> None:
    async with world() as made:
        state = spread("EXPRESS", ("P", {"Type": "Pass", "Result": "x" * 1000}))
        status, _, error, cause = await ran(made, state, list(range(300)))
    assert (status, error) == ("FAILED", "States.DataLimitExceeded")
    assert cause is not None and cause.startswith("The state/task 'M' returned a result with a size exceeding")


async def test_a_selector_that_cannot_select() -> None:
    async with world() as made:
        state = spread("EXPRESS", ItemSelector={"a.$": "$.nothing"})
        status, _, error, cause = await ran(made, state, [1])
    assert (status, error) == ("FAILED", "States.Runtime")
    assert cause is not None and "$.nothing" in cause


async def test_jsonata_selects_items() -> None:
    async with world() as made:
        selector = {"twice": "{% $states.context.Map.Item.Value * 2 %}", "of": "{% $states.input.n %}"}
        fields = {"QueryLanguage": "JSONata", "Items": "{% $states.input.l %}", "ItemSelector": selector}
        state = spread("EXPRESS", **fields)
        assert (await ran(made, state, {"l": [1, 2], "n": 5}))[1] == [{"twice": 2, "of": 5}, {"twice": 4, "of": 5}]


async def test_expressions_that_may_take_long_are_worked_out_elsewhere() -> None:
    """Each for its own item, though many are asked for together; the event loop goes on meanwhile."""
    selector = {"sum": "{% $sum([1..$states.context.Map.Item.Value]) %}", "of": "{% $states.context.Map.Item.Index %}"}
    async with world() as made:
        fields = {"QueryLanguage": "JSONata", "ItemSelector": selector}
        _, output, _, _ = await ran(made, spread("EXPRESS", **fields), list(range(1, 41)))
        assert output == [{"sum": n * (n + 1) // 2, "of": n - 1} for n in range(1, 41)]
        selector["sum"] = "{% $count([1..9999999]) %}"
        await made.machine(spread("EXPRESS", **fields), "hostile")
        status, _, error, _ = await over(made, await made.start("h", given="[1]", machine="hostile"))
    assert (status, error) == ("FAILED", "States.QueryEvaluationError")


# Readers and writers


@KINDS
async def test_items_are_read_and_results_exported(tmp_path: Path, kind: str) -> None:
    buckets = folder(tmp_path, 2_500)
    async with world(tmp_path / "s.db", buckets=buckets) as made:
        status, output, _, _ = await ran(made, spread(kind, ItemReader=reader(), ResultWriter=EXPORT), {})
    assert status == "SUCCEEDED"
    assert output["ResultWriterDetails"]["Key"].endswith("/manifest.json")
    records = exported(buckets)
    assert sorted(json.loads(record["Output"])["id"] for record in records) == list(range(2_500))
    assert records[0]["StateMachineArn"].endswith(":stateMachine:m/L") and records[0]["Status"] == "SUCCEEDED"


async def test_a_failed_run_exports_what_never_started(tmp_path: Path) -> None:
    buckets = folder(tmp_path, 0)
    (buckets / "bucket" / "items").write_text("0\n1\n2\n3\n")
    async with world(buckets=buckets) as made:
        state = spread("EXPRESS", *FAILING, MaxConcurrency=1, ItemReader=reader(), ResultWriter=EXPORT)
        status, _, error, _ = await ran(made, state, {})
    assert (status, error) == ("FAILED", "States.ExceedToleratedFailureThreshold")
    assert [record["Error"] for record in exported(buckets, "FAILED")] == ["Bad"]
    pending = exported(buckets, "PENDING")
    assert [record["Input"] for record in pending] == ["2", "3"] and pending[0]["Status"] == "PENDING"


async def test_reader_and_writer_trouble(tmp_path: Path) -> None:
    buckets = folder(tmp_path, 1)
    async with world(buckets=buckets) as made:
        status, _, error, cause = await ran(made, spread("EXPRESS", ItemReader=reader(key="none")), {})
        assert (status, error) == ("FAILED", "States.ItemReaderFailed")
        assert cause is not None and "key" in cause.lower()
        elsewhere = {"Resource": PUT, "Parameters": {"Bucket": "no-such-bucket"}}
        await made.machine(spread("EXPRESS", ItemReader=reader(), ResultWriter=elsewhere), "w")
        _, _, error, _ = await over(made, await made.start("w", machine="w"))
        assert error == "States.ResultWriterFailed"
        await made.machine(spread("EXPRESS", ItemReader=reader(MaxItems=0), Label="N"), "all")
        assert (await over(made, await made.start("a", machine="all")))[1] == [{"id": 0}]


async def test_without_buckets_nothing_is_read() -> None:
    async with world() as made:
        assert (await ran(made, spread("EXPRESS", ItemReader=reader()), {}))[2] == "States.ItemReaderFailed"


# Restarts


@KINDS
async def test_a_restart_in_the_middle(tmp_path: Path, kind: str) -> None:
    """Every item's result is there once, wherever the server stopped."""
    buckets = folder(tmp_path, 3_000)
    async with world(tmp_path / "s.db", buckets=buckets) as made:
        await made.machine(spread(kind, ItemReader=reader(), ResultWriter=EXPORT, MaxConcurrency=40))
        execution_id = await made.start()
        for _ in range(4):
            await asyncio.sleep(0.05)
            await made.restart()
        assert (await over(made, execution_id))[0] == "SUCCEEDED"
        assert (await counts(made, execution_id))[1] == [0, 0, 3_000, 0, 0, 0]
    assert sorted(json.loads(record["Output"])["id"] for record in exported(buckets)) == list(range(3_000))


async def test_a_parent_that_ended_while_the_server_was_away(tmp_path: Path) -> None:
    async with world(tmp_path / "s.db") as made:
        made.script.answer = never
        await made.machine(spread("STANDARD", ("W", {"Type": "Wait", "Seconds": 1000})))
        execution_id = await made.start(given="[1]")
        await asyncio.sleep(0.2)
        made.runtime.map_runs._tasks.copy().popitem()[1].cancel()  # nobody hears of the stop
        await asyncio.sleep(0)
        await made.runtime.stop_execution(execution_id, None, None)
        await made.restart()
        for _ in range(100):
            if (await counts(made, execution_id))[0] != "RUNNING":
                break
            await asyncio.sleep(0.05)
        assert (await counts(made, execution_id))[0] == "ABORTED"


async def test_children_that_were_started_and_not_written_of_are_stopped_with_their_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server dies before it has written which children there are, and their parent is stopped meanwhile."""
    for place in ("map_run_journal", "map_run_driver"):
        monkeypatch.setattr(f"stepwell.runtime.{place}.SAVE_S", 600.0)
    async with world(tmp_path / "s.db") as made:
        waiting = ("W", {"Type": "Wait", "Seconds": 1000})
        await made.machine(spread("STANDARD", waiting, ItemBatcher={"MaxItemsPerBatch": 2}))
        execution_id = await made.start(given="[1,2,3,4,5,6]")
        [run] = await made.inner.list_map_runs(execution_id, None, 5)
        while len(await made.inner.list_executions(run.id, "RUNNING", None, 9)) < 3:  # noqa: ASYNC110  # the store tells nobody
            await asyncio.sleep(0.01)
        assert not await made.inner.load_map_run_pages(run.id)
        made.runtime.map_runs._tasks.copy().popitem()[1].cancel()  # nobody hears of the stop
        await asyncio.sleep(0)
        await made.runtime.stop_execution(execution_id, None, None)
        await made.restart()
        while (await counts(made, execution_id))[0] == "RUNNING":  # noqa: ASYNC110  # the store tells nobody
            await asyncio.sleep(0.01)
        assert await counts(made, execution_id) == ("ABORTED", [0, 0, 0, 0, 0, 3], [0, 0, 0, 0, 0, 6])
        assert await made.inner.list_executions(run.id, "RUNNING", None, 9) == []


async def test_a_reader_at_fault_fails_its_run_and_is_not_asked_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Some library's trouble with some file: it would be the same at each go."""
    monkeypatch.setattr("stepwell.integrations.items.item.Block.items", lambda _block: 1 / 0)
    async with world(buckets=folder(tmp_path, 3)) as made:
        status, _, error, cause = await ran(made, spread("EXPRESS", ItemReader=reader()), {})
    assert (status, error) == ("FAILED", "States.ItemReaderFailed")
    assert cause is not None and cause.endswith("Reading the items met an internal error; the server's log has it.")
    assert "ZeroDivisionError" in caplog.text


@KINDS
async def test_a_crash_between_the_end_of_a_run_and_its_parent_hearing_of_it(tmp_path: Path, kind: str) -> None:
    """The output is put together anew, and told."""
    async with world(tmp_path / "s.db") as made:
        await made.machine(spread(kind))
        hearing = made.runtime.shard.submit
        made.runtime.shard.submit = lambda *_: asyncio.get_running_loop().create_future()  # type: ignore[assignment]
        execution_id = await made.start(given="[3,1,2]")
        for _ in range(200):
            if (await counts(made, execution_id))[0] != "RUNNING":
                break
            await asyncio.sleep(0.02)
        assert hearing is not None and (await made.result(execution_id))[0] == "RUNNING"
        await made.restart()
        assert await over(made, execution_id) == ("SUCCEEDED", [3, 1, 2], None, None)


async def test_a_crash_while_a_failed_run_waits_for_its_children(tmp_path: Path) -> None:
    """They are found again and stopped; the failure stays."""
    async with world(tmp_path / "s.db") as made:
        bad = {"Variable": "$", "NumericEquals": 1, "Next": "F"}
        states = (
            ("C", {"Type": "Choice", "Choices": [bad], "Default": "W"}),
            ("F", {"Type": "Fail"}),
            ("W", {"Type": "Wait", "Seconds": 1000}),
        )
        await made.machine(spread("STANDARD", *states))
        put = made.runtime.shard.put

        def deaf(item: Any) -> None:
            if not isinstance(item.event, StopRequested):
                put(item)

        made.runtime.shard.put = deaf  # type: ignore[method-assign]
        execution_id = await made.start(given="[0,1,2]")
        for _ in range(200):
            if (await counts(made, execution_id))[1][3] == 1:
                break
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.3)
        assert (await made.result(execution_id))[0] == "RUNNING"
        await made.restart()
        status, _, error, _ = await over(made, execution_id)
        assert (status, error) == ("FAILED", "States.ExceedToleratedFailureThreshold")
        assert (await counts(made, execution_id))[1] == [0, 0, 0, 1, 0, 2]
