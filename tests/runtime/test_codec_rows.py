"""Executions as rows of a real database, and back; texts that no row takes as they are."""

from stepwell.engine.execution import Execution
from stepwell.payload import Payload
from stepwell.runtime import codec
from stepwell.runtime.codec import pack, unpack
from tests.runtime.world import ACTIVITY, GLUE, LAMBDA, TOKEN, World, flow, never, task, world


def test_lone_surrogates_are_spelled_out():
    assert unpack(pack(["\ud800", ("a", {"\udfff": "😀"})])) == ["\\ud800", ["a", {"\\udfff": "😀"}]]
    assert Payload(codec.encode_text('"\ud800"').decode()).value == "\ud800"


def test_only_what_may_become_a_blob_is_made_ones_own():
    small, large = Payload("1"), Payload('"12345678"')
    assert codec.own(small, 10) is small
    assert codec.own(large, 10) is not large
    assert codec.own(large, 10).text == large.text


def tree(execution: Execution) -> list[object]:
    """Everything that a snapshot must hold, in a form that can be compared."""
    rows: list[object] = [
        (execution.recorder.next_id, execution.recorder.next_blob, execution.next_branch, execution.next_attempt),
        (execution.at_ms, execution.doomed, execution.calls, [branch.id for branch in execution.ready]),
    ]
    for branch in sorted(execution.branches.values(), key=lambda one: one.id):
        attempt, fork = branch.attempt, branch.fork
        rows.append(
            (
                (branch.id, branch.parent and branch.parent.id, branch.index, branch.state.name, branch.input.text),
                (branch.previous, branch.entered_id, branch.entered_ms, branch.wait, branch.due_ms, branch.retries),
                branch.output and branch.output.text,
                fork and (fork.width, fork.concurrency, fork.next_index, fork.finished, sorted(fork.children)),
                attempt and (attempt.number, attempt.parameters.text, attempt.deadline_ms, attempt.heartbeat_ms),
                attempt and (attempt.timeout_ms, attempt.submitted and attempt.submitted.text),
                attempt and (attempt.beat_ms, attempt.saved_beat_ms, attempt.credentials_role_arn),
            )
        )
    return rows


async def everything(w: World) -> bytes:
    """An execution that waits for everything there is to wait for."""
    retry = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 100}]
    item = flow(("Item", task(TOKEN, TimeoutSeconds=500)))
    arms = [
        flow(("Call", task(LAMBDA))),
        flow(("Job", task(GLUE))),
        flow(("Token", task(TOKEN, HeartbeatSeconds=50, TimeoutSeconds=90))),
        flow(("Queue", task(ACTIVITY))),
        flow(("Again", task(GLUE, Retry=retry, TimeoutSeconds=1))),
        flow(("Wait", {"Type": "Wait", "Seconds": 77})),
        flow(("Done", {"Type": "Pass"})),
        flow(("Map", {"Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 70, "ItemProcessor": item})),
    ]
    await w.activity()
    await w.machine(flow(("All", {"Type": "Parallel", "Branches": arms})))
    w.script.answer = lambda call: never(call) if call.state_name in ("Call", "Again") else Payload('{"job":1}')
    w.script.end = never
    execution_id = await w.start(given=Payload.of({"items": list(range(100))}).text)
    await w.settle()
    w.clock.advance(1_000)
    w.runtime.shard.timers._ring()
    await w.settle()
    return execution_id


async def test_an_execution_is_restored_as_it_was():
    async with world(map_concurrency_max=70) as w:
        execution_id = await everything(w)
        live = w.runtime.shard.residents.get(execution_id)
        assert live is not None
        assert {branch.wait.value for branch in live.execution.branches.values()} >= {1, 2, 3, 4, 5, 7, 8, 9}
        assert w.count("branch_pages") == 2
        w.runtime.shard.residents.drop(execution_id)
        w.runtime._opened_ms = 0
        found = await w.live(execution_id)
        was, now = tree(live.execution), tree(found.execution)
        assert found.execution is not live.execution
        for before, after in zip(was, now, strict=True):
            if "Token" not in str(before):  # it is lent a quarter of its heartbeat
                assert after == before
        assert found.execution.due_ms == live.execution.due_ms or found.execution.due_ms is not None


async def test_pages_of_branches_that_ended_go_away():
    async with world(map_concurrency_max=100) as w:
        await w.machine(
            flow(
                ("M", {"Type": "Map", "ItemProcessor": flow(("T", task(TOKEN)))}), ("W", {"Type": "Wait", "Seconds": 1})
            )
        )
        execution_id = await w.start(given=str(list(range(100))))
        await w.settle()
        assert w.count("branch_pages") == 2
        for branch in range(1, 101):
            assert await w.runtime.finish_task(await w.attempt(execution_id, branch), Payload(str(branch)))
        assert w.count("branch_pages") == 0
        await w.pass_time(1)
        assert Payload((await w.result(execution_id))[1] or "").value == list(range(1, 101))
