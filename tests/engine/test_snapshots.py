"""Executions as rows. That going on from rows is going on from the live tree is shown by every table of this room, which
is played with a reload after each event; here is what the rows hold, and what leaves them."""

from typing import Any

from stepwell.engine.branch import Branch, Wait
from stepwell.engine.evaluation import questions_of
from stepwell.engine.events import MachineDeleted, Started, TimePassed
from stepwell.engine.execution import Execution
from stepwell.payload import Payload
from stepwell.runtime.codec import restore, unpack
from stepwell.testing.player import Player, run_now
from tests.engine.machines import ACTIVITY, LAMBDA, SYNC, TOKEN, each, flow, parallel, pass_, retry, task, wait
from tests.engine.player import Step, beat, failed, ok, submitted, taken

DISTRIBUTED = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}


def everything() -> tuple[dict[str, Any], list[Step]]:
    """A definition and a script after which branches wait for all that one can wait for."""
    made = flow(
        V=pass_(Assign={"v": 1, "w": "é"}),
        P=parallel(
            flow(A=wait(5)),
            flow(B=task(LAMBDA, TimeoutSeconds=9)),
            flow(C=task(SYNC)),
            flow(D=task(TOKEN, HeartbeatSeconds=20)),
            flow(E=task(ACTIVITY)),
            flow(F=task(ACTIVITY, TimeoutSeconds=9)),
            flow(G=task(LAMBDA, Retry=[retry("No"), retry(IntervalSeconds=7)])),
            flow(M=each(flow(H=task(LAMBDA)), ItemsPath="$.l", MaxConcurrency=2)),
            flow(R=each({**flow(S=pass_()), "ProcessorConfig": DISTRIBUTED}, ItemsPath="$.l")),
            flow(J=pass_(Result="x" * 40_000)),
            flow(K=pass_(Assign={"k": [1.0]}), L=task(LAMBDA, Assign={"l": "x" * 40_000})),
            flow(N=each(flow(O=wait(30)), QueryLanguage="JSONata", Items="{% [3, $states.input.l[0]] %}")),
            flow(Q=pass_(QueryLanguage="JSONata", Output="{% $map([$v], function($x) { $x }) %}")),
        ),
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


def state_of(execution: Execution) -> Any:
    """Everything that rows hold, as plain values."""
    recorder = execution.recorder
    return (
        [branch_state(execution, branch) for branch in execution.branches.values()],
        execution.variable_bytes,
        (execution.next_branch, execution.next_attempt, execution.at_ms, execution.doomed, execution.calls),
        (recorder.next_id, recorder.next_blob, execution.due_ms),
        [branch.id for branch in execution.ready],
    )


def branch_state(execution: Execution, branch: Branch) -> Any:
    attempt, fork = branch.attempt, branch.fork
    return (
        (branch.id, branch.parent.id if branch.parent else None, branch.index, branch.state.name),
        (branch.input.text, branch.input.blob, branch.output and branch.output.text),
        (branch.previous, branch.entered_id, branch.entered_ms, branch.wait, branch.due_ms, branch.retries),
        attempt and (attempt.number, attempt.parameters.text, attempt.submitted and attempt.submitted.text),
        attempt and (attempt.deadline_ms, attempt.heartbeat_ms, attempt.timeout_ms),
        attempt and (attempt.beat_ms, attempt.saved_beat_ms, attempt.credentials_role_arn),
        fork and (fork.width, fork.concurrency, fork.next_index, fork.finished, sorted(fork.children)),
        fork and fork.kept and fork.kept.text,
        (branch.arrived_from, dict(branch.variables), branch.variables.bytes),
        branch.evaluation and questions_of(execution, branch),
    )


def test_all_waits_survive() -> None:
    made, steps = everything()
    player = Player(made, {"l": [1, 2, 3]})
    player.answering = False
    player.start()
    for at_ms, maker in steps:
        player.play(maker(player), at_ms)
    before = player.execution
    assert {branch.wait for branch in before.branches.values()} == set(Wait) - {Wait.NOTHING}
    player.reload()
    assert player.execution is not before
    assert state_of(player.execution) == state_of(before)


def test_left_over_work_survives() -> None:
    player = Player(flow(**{f"S{n}": pass_() for n in range(600)}), {})
    player.decide(Started())
    player.reload()
    assert [branch.id for branch in player.execution.ready] == [0]


def test_doom_survives() -> None:
    player = Player(flow(W=wait(9)), {})
    player.start()
    player.decide(MachineDeleted())
    player.reload()
    assert player.execution.doomed


def test_pages_hold_64_branches() -> None:
    player = Player(flow(M=each(flow(T=task(LAMBDA)), ItemsPath="$.l", MaxConcurrency=1)), {"l": list(range(130))})
    player.start()
    for attempt in range(1, 130):
        player.play(ok(attempt)(player))
    assert [(number, len(unpack(page))) for number, page in sorted(player.rows.pages.items())] == [
        (0, 63),
        (1, 64),
        (2, 3),
    ]
    player.play(ok(130)(player))
    assert player.status == "SUCCEEDED"


def test_a_join_empties_its_pages() -> None:
    player = Player(flow(M=each(flow(A=pass_(), T=task(LAMBDA))), W=wait(1)), [1, 2])
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
    run_now(restore(execution, player.rows.snapshot, pages, player.rows.load_blob))
    assert list(execution.branches) == sorted(execution.branches)
    assert state_of(execution) == state_of(player.execution)


def test_a_blob_that_is_made_by_the_snapshot_is_counted_by_it() -> None:
    """The root's input is a payload of its own, with a text that history had written just before."""
    large = "x" * 40_000
    made = flow(A=pass_(Result=large), B=pass_(Result=large), W=wait(1), C=pass_(Result="y" * 40_000))
    player = Player(made, {})
    player.start()
    player.reload()
    player.decide(TimePassed(), 1_000)
    assert [event["stateExitedEventDetails"]["output"][1] for event in player.events if "Exited" in event["type"]] == [
        "x",
        "x",
        "x",
        "y",
    ]
    assert player.rows.blobs[0] == '"' + large + '"'
    assert len(set(player.rows.blobs)) == 3


def test_variables_that_nobody_set_again_are_not_put_apart_a_second_time() -> None:
    """Small ones that are large together lie in one blob, and a branch that was loaded knows which."""
    given = {f"v{n}": "x" * 1_000 for n in range(40)}
    player = Player(flow(V=pass_(Assign=given), A=wait(5), B=wait(5)), {})
    player.start()
    blobs = player.execution.recorder.next_blob
    for at_ms in (5_000, 10_000):
        player.reload()
        player.decide(TimePassed(), at_ms)
        if player.status == "RUNNING":
            player.write_all()
    assert player.status == "SUCCEEDED"
    assert player.execution.recorder.next_blob == blobs == 1
