"""Redrives of Map Runs over a real database: what goes on, what stays, what is written, and restarts in between."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from stepwell.engine.child_ids import child_id
from stepwell.engine.failure import Failure
from stepwell.engine.map_run import Status
from stepwell.payload import Payload
from stepwell.runtime.map_run_codec import decode_page, decode_progress
from stepwell.runtime.map_run_ends import Ends
from stepwell.store.records import MapRunRow
from tests.runtime.map_run_world import EXPORT, KINDS, counts, folder, over, reader, spread
from tests.runtime.world import LAMBDA, SQS, World, never, task, world

BROKEN = Failure("Bad", None)


def calling(kind: str, **fields: Any) -> dict[str, Any]:
    """Each item passes and then goes to a function."""
    retry = [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 0}]
    see = {"Type": "Pass", "Parameters": {"id.$": "$", "redrives.$": "$$.Execution.RedriveCount"}}
    return spread(kind, ("See", see), ("Call", task(LAMBDA, Retry=retry)), **fields)


def breaking(made: World, *bad: int) -> list[int]:
    """From now on calls with these ids fail; answers the ids of all calls to come."""
    seen: list[int] = []

    def answer(call: Any) -> Any:
        given = call.parameters.value
        seen.append(given["id"])
        return BROKEN if given["id"] in bad else Payload.of(given)

    made.script.answer = made.repeatable.answer = answer
    return seen


async def redriven(made: World, execution_id: bytes) -> None:
    row = await made.inner.load_execution(execution_id)
    assert row is not None
    assert await made.runtime.requests.redrive(row, made.clock.now_ms(), b"\x01\x90")


async def run_of(made: World, execution_id: bytes) -> MapRunRow:
    [run] = await made.inner.list_map_runs(execution_id, None, 5)
    return run


async def failed(made: World, machine: dict[str, Any], given: Any, *bad: int) -> bytes:
    """An execution whose run has failed by these items."""
    breaking(made, *bad)
    await made.machine(machine)
    execution_id = await made.start(given=json.dumps(given))
    assert (await over(made, execution_id))[0] == "FAILED"
    return execution_id


async def are_running(made: World, execution_id: bytes, children: int = 1) -> None:
    """Return once so many children run."""
    for _ in range(500):
        if (await counts(made, execution_id))[1][1] >= children:
            return
        await asyncio.sleep(0.01)
    raise AssertionError("they do not start")


@KINDS
async def test_only_what_did_not_end_well_goes_on(kind: str) -> None:
    async with world() as made:
        execution_id = await failed(made, calling(kind, MaxConcurrency=1), [0, 1, 2, 3], 1)
        before = await run_of(made, execution_id)
        calls = breaking(made)
        made.clock.advance(60_000)
        await redriven(made, execution_id)
        status, output, _, _ = await over(made, execution_id)
        assert status == "SUCCEEDED" and calls == [1, 2, 3]
        again = 0 if kind == "STANDARD" else 1  # a STANDARD child goes on behind the Pass that has seen no redrive
        assert output == [{"id": id, "redrives": again if id == 1 else 0} for id in range(4)]
        run = await run_of(made, execution_id)
        assert (run.id, run.status, run.redrives, run.started_ms) == (before.id, "SUCCEEDED", 1, before.started_ms)
        assert run.redriven_ms is not None and run.redriven_ms >= before.started_ms + 60_000
        assert await counts(made, execution_id) == ("SUCCEEDED", [0, 0, 4, 0, 0, 0], [0, 0, 4, 0, 0, 0])
        events = [(event["type"], event["previousEventId"]) for event in await made.history(execution_id)]
        assert events[3:] == [
            ("MapRunStarted", 3),
            ("MapRunFailed", 4),
            ("MapStateFailed", 5),
            ("ExecutionFailed", 6),
            ("ExecutionRedriven", 7),
            ("MapRunRedriven", 2),
            ("MapRunSucceeded", 9),
            ("MapStateSucceeded", 10),
            ("MapStateExited", 9),
            ("ExecutionSucceeded", 12),
        ]


async def test_a_standard_child_goes_on_where_it_failed() -> None:
    async with world() as made:
        execution_id = await failed(made, calling("STANDARD"), [7], 7)
        breaking(made)
        await redriven(made, execution_id)
        assert (await over(made, execution_id))[0] == "SUCCEEDED"
        run = await run_of(made, execution_id)
        child = await made.inner.load_execution(child_id(run.id, 0))
        assert child is not None and (child.status, child.redrives) == ("SUCCEEDED", 1)
        assert [kind for kind in await made.types(child.id) if "State" in kind or "Redriven" in kind] == [
            "PassStateEntered",
            "PassStateExited",
            "TaskStateEntered",
            "ExecutionRedriven",
            "TaskStateExited",
        ]


@KINDS
async def test_a_run_may_be_redriven_again(kind: str) -> None:
    """What fails again is kept for the next redrive; an end counts once, the last one."""
    async with world() as made:
        execution_id = await failed(made, calling(kind, ToleratedFailureCount=1), list(range(6)), 2, 4)
        for count, bad in ((1, (2, 4)), (2, (2, 4)), (3, ())):
            breaking(made, *bad)
            await redriven(made, execution_id)
            status, output, _, _ = await over(made, execution_id)
            assert status == ("FAILED" if bad else "SUCCEEDED")
            run = await run_of(made, execution_id)
            assert run.redrives == count
            ends = [end async for end in Ends(made.inner, run.id, redriven=True).forward()]
            assert sorted(end.number for end in ends) == list(range(6))
        assert [one["id"] for one in output] == list(range(6))
        assert {end.number: end.redrives for end in ends} == {0: 0, 1: 0, 2: 3, 3: 0, 4: 3, 5: 0}
        assert (await counts(made, execution_id))[1] == [0, 0, 6, 0, 0, 0]


@KINDS
async def test_a_run_inside_a_child_goes_on_with_it(kind: str) -> None:
    async with world() as made:
        inner = calling(kind)["States"]["M"]
        outer = spread("STANDARD", ("N", {**inner, "Label": "N"}))
        execution_id = await failed(made, outer, [[0, 1], [2]], 1)
        calls = breaking(made)
        await redriven(made, execution_id)
        status, output, _, _ = await over(made, execution_id)
        assert status == "SUCCEEDED" and calls == [1]
        assert [[one["id"] for one in inside] for inside in output] == [[0, 1], [2]]
        child = child_id((await run_of(made, execution_id)).id, 0)
        inside = await run_of(made, child)
        assert (inside.redrives, inside.status) == (1, "SUCCEEDED")
        assert (await made.types(child)).count("MapRunRedriven") == 1


@KINDS
async def test_a_stopped_run_goes_on(kind: str) -> None:
    async with world() as made:
        made.script.answer = never
        await made.machine(calling(kind, MaxConcurrency=2))
        execution_id = await made.start(given="[0,1,2]")
        await are_running(made, execution_id, 2)
        await made.runtime.stop_execution(execution_id, None, None)
        calls = breaking(made)
        await redriven(made, execution_id)
        status, output, _, _ = await over(made, execution_id)
        assert status == "SUCCEEDED" and [one["id"] for one in output] == calls == [0, 1, 2]
        assert (await made.types(execution_id))[4:7] == ["MapRunAborted", "ExecutionAborted", "ExecutionRedriven"]


async def test_children_beyond_concurrency_wait_for_their_redrive() -> None:
    async with world() as made:
        state = calling("STANDARD", MaxConcurrency=1, ToleratedFailureCount=1)
        execution_id = await failed(made, state, [0, 1, 2], 0, 1)
        held: asyncio.Future[Payload] = asyncio.get_running_loop().create_future()
        made.script.answer = lambda call: held
        await redriven(made, execution_id)
        await are_running(made, execution_id)
        run = await run_of(made, execution_id)
        progress = decode_progress(run.progress)
        assert progress.counts[Status.PENDING_REDRIVE] == 1
        page = decode_page(0, (await made.inner.load_map_run_page(run.id, 0)) or b"")
        assert page.redrives == [1, 1, 0]
        held.set_result(Payload("1"))
        assert (await over(made, execution_id))[:2] == ("SUCCEEDED", [1, 1, 1])


async def test_what_failed_to_select_begins_another_run() -> None:
    async with world() as made:
        await made.machine(spread("EXPRESS", ItemSelector={"a.$": "$.nothing"}))
        execution_id = await made.start(given="[1]")
        await over(made, execution_id)
        await redriven(made, execution_id)
        assert (await over(made, execution_id))[2] == "States.Runtime"
        runs = await made.inner.list_map_runs(execution_id, None, 5)
        assert [run.redrives for run in runs] == [0, 0]


async def test_a_reader_that_failed_is_asked_again(tmp_path: Path) -> None:
    buckets = folder(tmp_path, 2)
    (buckets / "bucket" / "items").rename(buckets / "bucket" / "elsewhere")
    async with world(buckets=buckets) as made:
        execution_id = await failed(made, spread("EXPRESS", ItemReader=reader()), {})
        (buckets / "bucket" / "elsewhere").rename(buckets / "bucket" / "items")
        await redriven(made, execution_id)
        assert (await over(made, execution_id))[:2] == ("SUCCEEDED", [{"id": 0}, {"id": 1}])
        assert (await run_of(made, execution_id)).redrives == 1


async def test_items_that_are_gone_fail_the_run(tmp_path: Path) -> None:
    """Children are not lost in silence."""
    buckets = folder(tmp_path, 3)
    items = buckets / "bucket" / "items"
    items.write_text("0\n1\n2\n")
    async with world(buckets=buckets) as made:
        execution_id = await failed(made, calling("EXPRESS", ItemReader=reader()), {}, 2)
        breaking(made)
        items.write_text("0\n1\n")
        await redriven(made, execution_id)
        status, _, error, cause = await over(made, execution_id)
        assert (status, error) == ("FAILED", "States.ItemReaderFailed")
        assert cause == "There are fewer items than when they were read before."


def manifests(buckets: Path) -> dict[str, Any]:
    """Of one run, by the folder below it."""
    found = sorted(buckets.glob("bucket/out/*/**/manifest.json"), key=lambda path: len(path.parts))
    return {
        path.parent.name if "Redrive" in path.parent.name else "": json.loads(path.read_text())["ResultFiles"]
        for path in found
    }


def records(buckets: Path, files: list[dict[str, Any]]) -> list[Any]:
    return [record for file in files for record in json.loads((buckets / "bucket" / file["Key"]).read_text())]


@KINDS
async def test_each_redrive_exports_to_a_folder_of_its_own(tmp_path: Path, kind: str) -> None:
    """It keeps the files of what had succeeded, and writes what failed and never started anew."""
    buckets = folder(tmp_path, 0)
    (buckets / "bucket" / "items").write_text("0\n1\n2\n3\n")
    async with world(buckets=buckets) as made:
        state = calling(kind, MaxConcurrency=1, ItemReader=reader(), ResultWriter=EXPORT)
        execution_id = await failed(made, state, {}, 1)
        breaking(made, 2)
        await redriven(made, execution_id)
        assert (await over(made, execution_id))[0] == "FAILED"
        breaking(made)
        await redriven(made, execution_id)
        status, output, _, _ = await over(made, execution_id)
    assert status == "SUCCEEDED" and output["ResultWriterDetails"]["Key"].endswith("/Redrive-2/manifest.json")
    first, second, third = manifests(buckets).values()
    assert [json.loads(one["Input"]) for one in records(buckets, first["PENDING"])] == [2, 3]
    assert [json.loads(one["Input"]) for one in records(buckets, first["FAILED"])] == [1]
    assert [json.loads(one["Input"]) for one in records(buckets, second["FAILED"])] == [2]
    assert third["FAILED"] == third["PENDING"] == []
    done = records(buckets, third["SUCCEEDED"])
    assert [(json.loads(one["Input"]), one["RedriveCount"]) for one in done] == [(0, 0), (1, 1), (2, 1), (3, 0)]
    assert [file["Key"].split("/")[2] for file in third["SUCCEEDED"]][1:] == ["Redrive-1", "Redrive-2"]


@KINDS
async def test_what_never_started_is_read_from_where_each_page_begins(tmp_path: Path, kind: str) -> None:
    """Thousands of items that a failed run did not get to, in pages that no child of theirs has begun."""
    buckets = folder(tmp_path, 2_100)
    async with world(buckets=buckets) as made:
        fields = {"ItemReader": reader(), "ItemSelector": {"id.$": "$$.Map.Item.Value.id"}, "ResultWriter": EXPORT}
        state = spread(kind, ("Call", task(LAMBDA)), MaxConcurrency=10, **fields)
        execution_id = await failed(made, state, {}, 5)
        assert sum((await counts(made, execution_id))[1]) == 2_100
        seen = breaking(made)
        await redriven(made, execution_id)
        assert (await over(made, execution_id))[0] == "SUCCEEDED"
        assert (await counts(made, execution_id))[1] == [0, 0, 2_100, 0, 0, 0]
    assert len(seen) == len(set(seen)) and set(range(100, 2_100)) <= set(seen)
    pending = records(buckets, manifests(buckets)[""]["PENDING"])
    assert {json.loads(one["Input"])["id"] for one in pending} >= set(range(100, 2_100))
    done = records(buckets, manifests(buckets)["Redrive-1"]["SUCCEEDED"])
    assert sorted(json.loads(one["Output"])["id"] for one in done) == list(range(2_100))


async def test_a_child_whose_history_is_full_stays_as_it_ended() -> None:
    async with world(history_events_max=12) as made:
        loop = ("Loop", {"Type": "Choice", "Choices": [{"Variable": "$", "NumericEquals": 1, "Next": "Loop"}]})
        loop[1]["Default"] = "P"
        await made.machine(spread("STANDARD", loop, ("P", {"Type": "Pass"})))
        execution_id = await made.start(given="[0,1]")
        assert (await over(made, execution_id))[0] == "FAILED"
        await redriven(made, execution_id)
        assert (await over(made, execution_id))[2] == "States.ExceedToleratedFailureThreshold"
        run = await run_of(made, execution_id)
        assert decode_progress(run.progress).not_redrivable == [1, 1]
        assert (await counts(made, execution_id))[1] == [0, 0, 1, 1, 0, 0]


async def test_a_child_that_ended_too_long_ago_stays_as_it_ended() -> None:
    async with world() as made:
        execution_id = await failed(made, calling("STANDARD", MaxConcurrency=1), [0, 1], 0)
        made.clock.advance(14 * 86_400_000 + 1_000)
        calls = breaking(made)
        await redriven(made, execution_id)
        assert (await over(made, execution_id))[2] == "States.ExceedToleratedFailureThreshold"
        assert 0 not in calls
        run = await run_of(made, execution_id)
        assert decode_progress(run.progress).not_redrivable == [1, 1]


async def test_a_run_is_redriven_so_often_at_most() -> None:
    async with world(map_run_redrives_max=1) as made:
        execution_id = await failed(made, calling("EXPRESS"), [0], 0)
        await redriven(made, execution_id)
        assert (await over(made, execution_id))[2] == "States.ExceedToleratedFailureThreshold"
        await redriven(made, execution_id)
        _, _, error, cause = await over(made, execution_id)
        assert error == "States.Runtime" and cause is not None and "can be redriven 1 times" in cause


@KINDS
@pytest.mark.parametrize("seconds", [0.0, 0.03, 0.1])
async def test_restarts_while_a_redrive_is_under_way(tmp_path: Path, kind: str, seconds: float) -> None:
    """Each item's result is there once, and each child was redriven once."""
    buckets = folder(tmp_path, 1_500)
    bad = tuple(range(0, 1_500, 7))
    async with world(tmp_path / "s.db", buckets=buckets) as made:
        selector = {"id.$": "$$.Map.Item.Value.id"}
        fields = {"ItemReader": reader(), "ItemSelector": selector, "ResultWriter": EXPORT, "MaxConcurrency": 40}
        send = task(SQS, Parameters={"id.$": "$.id"})  # its calls are repeated after a crash
        state = spread(kind, ("Call", send), ToleratedFailurePercentage=5, **fields)
        execution_id = await failed(made, state, {}, *bad)
        breaking(made)
        await redriven(made, execution_id)
        for _ in range(3):
            await asyncio.sleep(seconds)
            await made.restart()
        assert (await over(made, execution_id))[0] == "SUCCEEDED"
        assert (await counts(made, execution_id))[1] == [0, 0, 1_500, 0, 0, 0]
        run = await run_of(made, execution_id)
        ends = [end async for end in Ends(made.inner, run.id, redriven=True).forward()]
        assert sorted(end.number for end in ends) == list(range(1_500))
        redrives = {end.number for end in ends if end.redrives}
        assert {end.redrives for end in ends} == {0, 1} and redrives <= set(bad)
    last = manifests(buckets)["Redrive-1"]
    done = records(buckets, last["SUCCEEDED"])
    assert sorted(json.loads(one["Output"])["id"] for one in done) == list(range(1_500))
