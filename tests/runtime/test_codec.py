"""Executions as bytes. That going on from bytes is going on from the live tree is shown by all tables of tests/engine,
which are played with a reload after every event; here are the forms themselves."""

from typing import Any

import pytest

from stepwell.engine.branch import Wait
from stepwell.engine.execution import Execution
from stepwell.engine.failure import Failure
from stepwell.engine.history import Recorder
from stepwell.payload import Payload
from stepwell.runtime import codec
from stepwell.runtime.codec import FormatNewer, decode_detail, decode_result, encode_detail, encode_result, pack, unpack
from stepwell.testing.player import Player, run_now
from tests.engine.machines import ACTIVITY, LAMBDA, SYNC, TOKEN, each, flow, parallel, pass_, retry, task, wait
from tests.engine.player import Step, beat, failed, ok, submitted, taken


@pytest.mark.parametrize("value", [None, 0, "é", [1, 2.5, [None]], {"a": 1}, {3: 4}, ["x" * 5_000], list(range(3_000))])
def test_pack(value: Any) -> None:
    raw = pack(value)
    assert unpack(raw) == value
    assert raw[:1] == (b"\x02" if len(codec._encode(value)) >= codec._PACK_BYTES_MIN else b"\x01")
    assert len(raw) < 6_000


def test_newer_form() -> None:
    with pytest.raises(FormatNewer):
        unpack(b"\x09abc")


def test_newer_snapshot() -> None:
    player = Player(flow(W=wait(1)), {})
    player.start()
    row = unpack(player.rows.snapshot)
    player.rows.snapshot = pack([codec.FORMAT + 1, *row[1:]])
    with pytest.raises(FormatNewer):
        player.reload()


@pytest.mark.parametrize("text", ["{}", "x" * 50, '"é😀"'])
def test_detail(text: str) -> None:
    recorder = Recorder(9, 40)
    detail = decode_detail(encode_detail(recorder, Payload(text), "Root=1"))
    stored = detail.input if isinstance(detail.input, str) else dict(recorder.blobs)[detail.input]
    assert (stored, detail.trace_header) == (text, "Root=1")
    assert isinstance(detail.input, int) == (len(text) >= 40)


@pytest.mark.parametrize(
    "output, failure, expected",
    [
        (Payload("1"), None, ("1", None, None)),
        (None, Failure("E", "why"), (None, "E", "why")),
        (None, Failure(None, None), (None, None, None)),
        (None, None, (None, None, None)),
        (Payload("x" * 50), None, (0, None, None)),
    ],
)
def test_result(output: Payload | None, failure: Failure | None, expected: Any) -> None:
    result = decode_result(encode_result(Recorder(9, 40), output, failure))
    assert (result.output, result.error, result.cause) == expected


def everything() -> tuple[dict[str, Any], list[Step]]:
    """A definition and a script after which branches wait for all that one can wait for."""
    made = flow(
        P=parallel(
            flow(A=wait(5)),
            flow(B=task(LAMBDA, TimeoutSeconds=9)),
            flow(C=task(SYNC)),
            flow(D=task(TOKEN, HeartbeatSeconds=20)),
            flow(E=task(ACTIVITY)),
            flow(F=task(ACTIVITY, TimeoutSeconds=9)),
            flow(G=task(LAMBDA, Retry=[retry("No"), retry(IntervalSeconds=7)])),
            flow(M=each(flow(H=task(LAMBDA)), ItemsPath="$.l", MaxConcurrency=2)),
            flow(J=pass_(Result="x" * 40_000)),
        )
    )
    steps = [
        (1, submitted(2, {"job": 1})),
        (2, submitted(3)),
        (3, taken(5, "w")),
        (4, failed(6)),
        (5, ok(7, "first")),
        (9_000, beat(3)),
    ]
    return made, steps


def test_all_waits_survive() -> None:
    made, steps = everything()
    player = Player(made, {"l": [1, 2, 3]})
    player.start()
    for at_ms, maker in steps:
        player.play(maker(player), at_ms)
    before = player.execution
    waits = {branch.wait for branch in before.branches.values()}
    assert waits == set(Wait) - {Wait.NOTHING, Wait.EVALUATION, Wait.MAP_RUN}
    player.reload()
    after = player.execution
    assert state_of(after) == state_of(before)


def state_of(execution: Execution) -> Any:
    """Everything that a snapshot holds, as plain values."""
    branches = []
    for branch in execution.branches.values():
        attempt, fork = branch.attempt, branch.fork
        branches.append(
            (
                branch.id,
                branch.parent.id if branch.parent else None,
                branch.index,
                branch.state.name,
                branch.input.text,
                branch.input.blob,
                (branch.previous, branch.entered_id, branch.entered_ms, branch.wait, branch.due_ms),
                attempt
                and (
                    (attempt.number, attempt.parameters.text, attempt.deadline_ms, attempt.heartbeat_ms),
                    (attempt.timeout_ms, attempt.submitted and attempt.submitted.text),
                    (attempt.beat_ms, attempt.saved_beat_ms),
                ),
                branch.retries,
                fork and (fork.width, fork.concurrency, fork.next_index, fork.finished, sorted(fork.children)),
                branch.output and branch.output.text,
            )
        )
    counters = (execution.next_branch, execution.next_attempt, execution.at_ms, execution.doomed, execution.calls)
    recorder = execution.recorder
    return branches, counters, (recorder.next_id, recorder.next_blob), execution.due_ms, list(execution.ready)


def test_left_over_work_and_doom_survive() -> None:
    from stepwell.engine.events import MachineDeleted, Started

    player = Player(flow(**{f"S{n}": pass_() for n in range(600)}), {})
    player.decide(Started())
    player.reload()
    assert [branch.id for branch in player.execution.ready] == [0]
    player = Player(flow(W=wait(9)), {})
    player.start()
    player.decide(MachineDeleted())
    player.reload()
    assert player.execution.doomed


def test_pages_hold_64_branches_and_empty_ones_go() -> None:
    player = Player(flow(M=each(flow(T=task(LAMBDA)), ItemsPath="$.l", MaxConcurrency=1)), {"l": list(range(130))})
    player.start()
    for attempt in range(1, 130):
        player.play(ok(attempt)(player))
    assert sorted(player.rows.pages) == [0, 1, 2]
    assert [len(unpack(page)) for _, page in sorted(player.rows.pages.items())] == [63, 64, 3]
    player.play(ok(130)(player))
    assert player.status == "SUCCEEDED"


def test_a_join_empties_its_pages() -> None:
    made = flow(M=each(flow(A=pass_(), T=task(LAMBDA))), W=wait(1))
    player = Player(made, [1, 2])
    player.start()
    player.play(ok(1)(player))
    assert sorted(player.rows.pages) == [0]
    player.play(ok(2)(player))
    assert player.rows.pages == {}
    player.reload()
    assert list(player.execution.branches) == [0]


def test_branches_come_back_in_the_order_of_their_ids() -> None:
    """Whatever order the store gives the pages in."""
    player = Player(flow(M=each(flow(T=task(LAMBDA)), ItemsPath="$.l", MaxConcurrency=40)), {"l": list(range(80))})
    player.start()
    for attempt in range(1, 60):
        player.play(ok(attempt)(player))
    execution = Execution(player.machine, player._facts(Payload(player.given.text)), player.limits)
    pages = [page for _, page in sorted(player.rows.pages.items(), reverse=True)]
    run_now(codec.restore(execution, player.rows.snapshot, pages, player.rows.load_blob))
    assert list(execution.branches) == sorted(execution.branches)
    assert state_of(execution) == state_of(player.execution)
