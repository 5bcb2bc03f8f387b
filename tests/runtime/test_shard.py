"""The shard loop: groups, names, refusals, and a store that does not work."""

import asyncio
from typing import Any

import pytest

from stepwell.engine.branch import Wait
from stepwell.engine.events import Poisoned, Resumed, TimePassed
from stepwell.engine.execution import Execution
from stepwell.engine.failure import Failure
from stepwell.payload import Payload
from stepwell.runtime.runtime import Runtime
from stepwell.runtime.shard import NameTaken, Overloaded, StoreUnavailable
from stepwell.runtime.turns import Item, Live
from tests.runtime.world import ACTIVITY, LAMBDA, TOKEN, flow, task, world

PASS = ("Pass", {"Type": "Pass"})
WAIT = ("Wait", {"Type": "Wait", "Seconds": 10})
POISONED = "The execution holds data that cannot be stored."


@pytest.fixture(params=["memory", "disk"])
def path(request: Any, tmp_path: Any) -> Any:
    return ":memory:" if request.param == "memory" else tmp_path / "s.db"


# Groups


async def test_what_arrives_together_is_committed_together(path):
    async with world(path) as w:
        await w.machine(flow(PASS))
        ids = await asyncio.gather(*(w.start(f"e{number}") for number in range(100)))
        assert w.runtime.shard.counters["groups"] <= 3
        assert w.runtime.shard.counters["commits"] == 100
        assert {(await w.result(i))[0] for i in ids} == {"SUCCEEDED"}


async def test_a_group_is_bounded():
    async with world() as w:
        await w.machine(flow(PASS))
        await asyncio.gather(*(w.start(f"e{number}") for number in range(600)))
        assert max(len(group) for group in w.store.groups) == 256


async def test_several_events_of_one_execution_are_one_commit():
    async with world() as w:
        await w.machine(flow(("P", {"Type": "Parallel", "Branches": [flow((f"T{n}", task(TOKEN))) for n in range(3)]})))
        execution_id = await w.start()
        await w.settle()
        before = w.store.commits
        refs = [await w.attempt(execution_id, branch) for branch in (1, 2, 3)]
        answers = await asyncio.gather(*(w.runtime.finish_task(ref, Payload(str(n))) for n, ref in enumerate(refs)))
        assert answers == [True] * 3
        assert w.store.commits == before + 1
        assert await w.result(execution_id) == ("SUCCEEDED", "[0,1,2]", None, None)


async def test_nothing_is_answered_or_called_before_the_commit():
    async with world() as w:
        await w.machine(flow(("T", task(LAMBDA))))
        gate = asyncio.Event()

        async def hold(_number: int) -> None:
            await gate.wait()

        w.store.after = hold
        starting = asyncio.create_task(w.start())
        await asyncio.sleep(0.02)
        assert not starting.done()
        assert w.script.performed == []
        gate.set()
        await starting
        await w.settle()
        assert len(w.script.performed) == 1


# Names


async def test_a_name_raced_for_inside_one_group(path):
    async with world(path) as w:
        await w.machine(flow(PASS))
        answers = await asyncio.gather(*(w.start("same") for _ in range(20)), w.start("other"), return_exceptions=True)
        won = [answer for answer in answers[:20] if isinstance(answer, bytes)]
        lost = [answer for answer in answers[:20] if isinstance(answer, NameTaken)]
        assert (len(won), len(lost)) == (1, 19)
        assert {answer.execution_id for answer in lost} == {won[0]}
        assert isinstance(answers[20], bytes)
        assert w.count("executions") == 2


async def test_a_name_raced_for_across_groups():
    async with world() as w:
        await w.machine(flow(WAIT))
        first = await w.start("same")
        with pytest.raises(NameTaken) as caught:
            await w.start("same")
        assert caught.value.execution_id == first
        assert len(w.runtime.shard.residents) == 1
        assert len(w.runtime.shard.timers) == 1


# Back-pressure and budgets


async def test_starts_are_refused_first_and_completions_go_in():
    async with world(queued_events_max=3) as w:
        await w.machine(flow(("T", task(TOKEN))))
        execution_id = await w.start()
        await w.settle()
        ref = await w.attempt(execution_id)
        for _ in range(3):
            w.runtime.shard._backlog.file(Item(b"nobody" * 2, TimePassed()))
        with pytest.raises(Overloaded):
            await w.start("more")
        assert await w.runtime.finish_task(ref, Payload("1"))
        assert isinstance(await w.start("more"), bytes)


async def test_an_endless_loop_leaves_room_for_others_and_can_be_stopped():
    out = {"Variable": "$.x", "IsPresent": True, "Next": "End"}
    choice = {"Type": "Choice", "Choices": [out], "Default": "A"}
    loop = flow(("A", {"Type": "Pass", "Next": "B"}), ("B", choice), ("End", {"Type": "Succeed"}))
    async with world(transitions_per_turn_max=10) as w:
        await w.machine(loop)
        await w.machine(flow(PASS), "quick")
        execution_id = await w.start()
        for number in range(5):
            await w.start(f"q{number}", machine="quick")
        assert await w.runtime.stop_execution(execution_id, "Halt", None)
        await w.settle()
        events = await w.history(execution_id)
        assert events[-1]["type"] == "ExecutionAborted"
        assert 20 < len(events) < 2_000
        assert (await w.result(execution_id))[0] == "ABORTED"


async def test_more_is_resumed_until_the_end():
    async with world(transitions_per_turn_max=2) as w:
        await w.machine(flow(*((f"P{n}", {"Type": "Pass"}) for n in range(30))))
        execution_id = await w.start()
        await w.runtime.wait_closed(execution_id)
        assert w.runtime.shard.counters["commits"] >= 15
        assert len(await w.history(execution_id)) == 62
        assert w.count("history") == w.runtime.shard.counters["commits"]


async def test_a_heartbeat_is_answered_without_a_commit():
    async with world() as w:
        await w.machine(flow(("T", task(TOKEN, HeartbeatSeconds=100))))
        execution_id = await w.start()
        await w.settle()
        ref = await w.attempt(execution_id)
        before = w.store.commits
        w.clock.advance(24_000)
        assert await w.runtime.heartbeat(ref)
        assert w.store.commits == before
        w.clock.advance(1_000)
        assert await w.runtime.heartbeat(ref)
        assert w.store.commits == before + 1
        await w.pass_time(99)
        assert (await w.result(execution_id))[0] == "RUNNING"
        await w.pass_time(1)
        assert (await w.result(execution_id))[:3] == ("FAILED", None, "States.Timeout")


async def test_a_heartbeat_while_work_is_left_over_loses_nothing():
    arms = [flow(("T", task(TOKEN, HeartbeatSeconds=100))), flow(*((f"P{n}", {"Type": "Pass"}) for n in range(40)))]
    async with world(transitions_per_turn_max=1) as w:
        await w.machine(flow(("Both", {"Type": "Parallel", "Branches": arms})))
        execution_id = await w.start()
        beats = 0
        while (await w.live(execution_id)).execution.branches[2].wait is not Wait.END:
            await asyncio.sleep(0)
            if (await w.live(execution_id)).execution.branches[1].attempt is not None:
                beats += await w.runtime.heartbeat(await w.attempt(execution_id, 1))
        assert beats > 5
        assert await w.runtime.finish_task(await w.attempt(execution_id, 1), Payload("1"))
        await w.runtime.wait_closed(execution_id)
        events = await w.history(execution_id)
        assert [event["id"] for event in events] == list(range(1, len(events) + 1))
        assert [event["type"] for event in events].count("PassStateExited") == 40


async def test_events_for_nobody_are_refused():
    async with world() as w:
        await w.machine(flow(PASS))
        closed = await w.start()
        for execution_id in (closed, b"never heard of.."):
            assert not await w.runtime.stop_execution(execution_id, None, None)
        for event in (TimePassed(), Resumed(), Poisoned("x")):
            assert not await w.runtime.shard.submit(closed, event)
        assert w.store.commits == 1


# Data that the store does not take


async def test_a_refused_group_is_halved_until_only_the_bad_one_fails():
    async with world() as w:
        await w.machine(flow(WAIT))
        ids = [await w.start(f"e{number}") for number in range(9)]
        bad = ids[4]
        w.store.refused[bad] = 1
        w.clock.advance(10_000)
        w.runtime.shard.timers._ring()
        await w.settle()
        await asyncio.sleep(0.25)
        await w.settle()
        for execution_id in ids:
            status, _, error, cause = await w.result(execution_id)
            expected = ("FAILED", "States.Runtime", POISONED) if execution_id == bad else ("SUCCEEDED", None, None)
            assert (status, error, cause) == expected
        assert w.runtime.shard.counters["poisoned"] == 1
        assert w.runtime.shard.counters["bisected"] >= 4
        assert w.runtime.shard.is_idle


async def test_a_start_that_the_store_does_not_take_is_refused_alone():
    async with world() as w:
        await w.machine(flow(WAIT))
        made = w.runtime._make

        def make(execution_id: bytes, machine: Any, name: str, *more: Any) -> Live:
            if name == "bad":
                w.store.refused[execution_id] = 9
            return made(execution_id, machine, name, *more)

        w.runtime._make = make  # type: ignore[method-assign]
        answers = await asyncio.gather(*(w.start(name) for name in ("a", "bad", "c")), return_exceptions=True)
        assert [type(answer) for answer in answers] == [bytes, StoreUnavailable, bytes]
        assert w.count("executions") == 2
        assert w.runtime.shard.is_idle


async def test_an_execution_that_can_never_be_stored_does_not_flood_the_inbox():
    async with world() as w:
        await w.machine(flow(WAIT))
        bad = await w.start("bad")
        w.store.refused[bad] = 1_000_000
        w.clock.advance(10_000)
        w.runtime.shard.timers._ring()
        await asyncio.sleep(1.8)
        assert w.runtime.shard.counters["poisoned"] == 1
        assert w.runtime.shard._backlog.events + w.runtime.shard._backlog.failed <= 2
        assert w.store.commits < 20
        other = await w.start("other")
        assert await w.runtime.stop_execution(other, None, None)
        w.store.refused.clear()
        await asyncio.sleep(3.5)
        assert (await w.result(bad))[0] in ("FAILED", "SUCCEEDED")


async def test_large_values_survive_a_group_that_is_halved():
    """What becomes a blob only while its turn is encoded is written by whichever half of the group commits it."""
    items = '["' + "b" * 500 + '","' + "c" * 500 + '"]'
    each = {"Type": "Map", "ItemProcessor": flow(WAIT)}
    async with world(blob_bytes_min=100, transitions_per_turn_max=1) as w:
        await w.machine(flow(("T", task(TOKEN)), ("Each", each)))
        ids = [await w.start(f"e{number}") for number in range(4)]
        await w.settle()
        refs = [await w.attempt(execution_id) for execution_id in ids]
        w.store.look = lambda commits: w.store.refused.update({ids[0]: 1}) if len(commits) > 2 else None
        await asyncio.gather(*(w.runtime.finish_task(ref, Payload(items)) for ref in refs), return_exceptions=True)
        await w.settle()
        assert w.runtime.shard.counters["bisected"] > 1
        for execution_id in ids:
            w.runtime.shard.residents.drop(execution_id)
        await w.pass_time(10)
        for execution_id in ids[1:]:
            assert (await w.result(execution_id))[:2] == ("SUCCEEDED", items)


async def test_what_cannot_be_encoded_costs_its_execution_only():
    async with world() as w:
        await w.machine(flow(("T", task(TOKEN))))
        bad, good = await w.start("bad"), await w.start("good")
        await w.settle()
        (await w.live(bad)).execution.root.retries = {0: 2**70}  # no form of ours holds it
        answers = await asyncio.gather(
            w.runtime.heartbeat(await w.attempt(bad)),
            w.runtime.finish_task(await w.attempt(good), Payload("1")),
        )
        assert answers == [True, True]
        (await w.live(bad)).execution.root.due_ms = 2**70
        (await w.live(bad)).execution.note_heartbeat = lambda worth_a_commit: None  # type: ignore[method-assign]
        with pytest.raises(StoreUnavailable, match="cannot be stored"):
            await w.runtime.heartbeat(await w.attempt(bad))
        await w.settle()
        assert await w.result(bad) == ("FAILED", None, "States.Runtime", POISONED)
        assert isinstance(await w.start("after"), bytes)


@pytest.mark.parametrize("text", ["\ud800", "a\x00b", "é\udfff語", "\x1b[31m"])
async def test_awkward_texts_are_stored(text):
    async with world() as w:
        await w.machine(flow(("T", task(TOKEN))))
        execution_id = await w.start()
        await w.settle()
        assert await w.runtime.finish_task(await w.attempt(execution_id), Failure(text, text))
        shown = text.encode("utf-8", "backslashreplace").decode()
        assert await w.result(execution_id) == ("FAILED", None, shown, shown)
        assert (await w.history(execution_id))[-1]["executionFailedEventDetails"] == {"error": shown, "cause": shown}


# Faults of our own


async def test_an_exception_while_deciding_fails_that_execution_only(monkeypatch):
    async with world() as w:
        await w.machine(flow(WAIT))
        bad, good = await w.start("bad"), await w.start("good")
        decide = Execution.decide

        def broken(self: Execution, event: Any, *more: Any) -> Any:
            if self.facts.name == "bad" and isinstance(event, TimePassed):
                raise ZeroDivisionError
            return decide(self, event, *more)

        monkeypatch.setattr(Execution, "decide", broken)
        await w.pass_time(10)
        assert (await w.result(good))[0] == "SUCCEEDED"
        assert (await w.result(bad))[::2] == ("FAILED", "States.Runtime")
        assert w.runtime.shard.counters["poisoned"] == 1


async def test_an_exception_while_deciding_takes_back_the_whole_turn(monkeypatch):
    async with world() as w:
        await w.machine(flow(("P", {"Type": "Parallel", "Branches": [flow((f"T{n}", task(TOKEN))) for n in range(2)]})))
        execution_id = await w.start()
        await w.settle()
        first, second = await w.attempt(execution_id, 1), await w.attempt(execution_id, 2)
        decide = Execution.decide

        def broken(self: Execution, event: Any, *more: Any) -> Any:
            if getattr(event, "attempt", None) == second.attempt:
                raise ZeroDivisionError
            return decide(self, event, *more)

        monkeypatch.setattr(Execution, "decide", broken)
        answers = await asyncio.gather(
            w.runtime.finish_task(first, Payload("1")),
            w.runtime.finish_task(second, Payload("2")),
            return_exceptions=True,
        )
        assert [type(answer) for answer in answers] == [StoreUnavailable, StoreUnavailable]
        await w.settle()
        types = await w.types(execution_id)
        assert "TaskSucceeded" not in types
        assert types[-1] == "ExecutionFailed"


async def test_an_exception_at_every_decision_ends_nothing_else(monkeypatch):
    async with world() as w:
        await w.machine(flow(WAIT))
        bad = await w.start("bad")
        decide = Execution.decide

        def broken(self: Execution, *more: Any) -> Any:
            if self.facts.name.startswith("bad"):
                raise ZeroDivisionError
            return decide(self, *more)

        monkeypatch.setattr(Execution, "decide", broken)
        with pytest.raises(StoreUnavailable):
            await w.start("bad too")
        with pytest.raises(StoreUnavailable):
            await w.runtime.stop_execution(bad, None, None)
        await w.settle()
        with pytest.raises(StoreUnavailable):
            await w.runtime.stop_execution(bad, None, None)
        assert w.runtime.shard.is_idle
        assert isinstance(await w.start("good"), bytes)
        monkeypatch.undo()
        assert await w.runtime.stop_execution(bad, None, None)


async def test_an_exception_after_the_commit_does_not_end_the_loop(monkeypatch):
    async with world() as w:
        await w.machine(flow(PASS))
        monkeypatch.setattr(Runtime, "committed", lambda self, turn: 1 / 0)
        execution_id = await w.start("a")
        assert (await w.result(execution_id))[0] == "SUCCEEDED"
        assert isinstance(await w.start("b"), bytes)


async def test_whatever_a_group_meets_the_loop_goes_on(monkeypatch):
    async with world() as w:
        await w.machine(flow(WAIT))
        execution_id = await w.start()
        real = w.runtime.shard._commit
        monkeypatch.setattr(w.runtime.shard, "_commit", lambda turns: 1 / 0)
        with pytest.raises(StoreUnavailable):
            await w.runtime.stop_execution(execution_id, None, None)
        w.clock.advance(10_000)
        w.runtime.shard.timers._ring()
        await asyncio.sleep(0)
        monkeypatch.setattr(w.runtime.shard, "_commit", real)
        await asyncio.sleep(0.3)
        assert (await w.result(execution_id))[0] == "SUCCEEDED"


# A store that does not work


async def test_callers_hear_that_nothing_happened(path):
    async with world(path) as w:
        await w.machine(flow(("T", task(TOKEN))))
        execution_id = await w.start()
        await w.settle()
        ref = await w.attempt(execution_id)
        w.store.failing = {w.store.commits + n for n in (1, 2)}
        with pytest.raises(StoreUnavailable):
            await w.start("more")
        with pytest.raises(StoreUnavailable):
            await w.runtime.finish_task(ref, Payload("1"))
        assert (await w.result(execution_id))[0] == "RUNNING"
        assert w.runtime.shard.residents.get(execution_id) is None
        assert await w.runtime.finish_task(ref, Payload("2"))
        assert (await w.result(execution_id))[:2] == ("SUCCEEDED", "2")
        assert isinstance(await w.start("more"), bytes)


async def test_a_timer_goes_in_when_the_store_works_again():
    async with world() as w:
        await w.machine(flow(WAIT))
        ids = [await w.start(f"e{number}") for number in range(5)]
        w.store.down = True
        await w.pass_time(10)
        assert w.runtime.shard._backlog.failed == 5
        w.store.down = False
        await asyncio.sleep(0.3)
        await w.settle()
        assert {(await w.result(i))[0] for i in ids} == {"SUCCEEDED"}


async def test_outcomes_and_leftover_work_go_in_when_the_store_works_again():
    async with world(transitions_per_turn_max=3) as w:
        await w.machine(flow(("T", task(LAMBDA)), *((f"P{n}", {"Type": "Pass"}) for n in range(20))))
        answer: asyncio.Future[Payload] = asyncio.get_running_loop().create_future()
        w.script.answer = lambda call: answer
        execution_id = await w.start()
        await w.settle()
        w.store.failing = {w.store.commits + n for n in (1, 3, 4)}
        answer.set_result(Payload('{"n":1}'))
        await asyncio.wait_for(w.runtime.wait_closed(execution_id), 10)
        events = await w.history(execution_id)
        assert [event["id"] for event in events] == list(range(1, len(events) + 1))
        assert len(w.script.performed) == 1
        assert (await w.result(execution_id))[:2] == ("SUCCEEDED", '{"n":1}')


async def test_commands_of_a_commit_that_failed_are_not_carried_out():
    async with world() as w:
        await w.machine(flow(("T", task(LAMBDA))))
        w.store.failing = {1}
        with pytest.raises(StoreUnavailable):
            await w.start()
        await w.settle()
        assert w.script.performed == []


async def test_strange_errors_of_a_store_are_errors_of_the_store():
    async with world() as w:
        await w.machine(flow(PASS))

        async def strange(_number: int) -> None:
            raise ConnectionResetError("peer")

        w.store.before = strange
        with pytest.raises(StoreUnavailable, match="peer"):
            await w.start()
        w.store.before = None
        assert isinstance(await w.start(), bytes)


async def test_rows_that_cannot_be_read_cost_their_execution_only():
    async with world() as w:
        await w.machine(flow(WAIT))
        bad, newer, good = [await w.start(name) for name in ("bad", "newer", "good")]
        connection = w.inner._sqlite._writer
        assert connection is not None
        connection.execute("UPDATE open_executions SET snapshot = x'02ffff' WHERE execution_id = ?", (bad,))
        connection.execute("UPDATE open_executions SET snapshot = x'7f00' WHERE execution_id = ?", (newer,))
        for execution_id in (bad, newer):
            w.runtime.shard.residents.drop(execution_id)
            with pytest.raises(StoreUnavailable):
                await w.runtime.stop_execution(execution_id, None, None)
        await w.pass_time(10)
        assert (await w.result(good))[0] == "SUCCEEDED"
        assert (await w.result(bad))[0] == "RUNNING"


# Stopping


async def test_stopping_finishes_the_inbox_and_refuses_what_comes_later():
    async with world(transitions_per_turn_max=1) as w:
        await w.machine(flow(*((f"P{n}", {"Type": "Pass"}) for n in range(50))))
        starting = [asyncio.create_task(w.start(f"e{number}")) for number in range(5)]
        await asyncio.sleep(0)
        await w.runtime.close()
        ids = await asyncio.gather(*starting)
        assert {(await w.result(i))[0] for i in ids} == {"RUNNING"}
        with pytest.raises(StoreUnavailable, match="stopping"):
            await w.start("late")
        with pytest.raises(StoreUnavailable, match="stopping"):
            await w.runtime.stop_execution(ids[0], None, None)
        w.runtime._submit_later(ids[0], TimePassed())
        await w.inner.close()
        await w.open()
        for execution_id in ids:
            await asyncio.wait_for(w.runtime.wait_closed(execution_id), 5)


async def test_what_waited_for_the_store_goes_in_before_the_end():
    async with world() as w:
        await w.machine(flow(WAIT))
        execution_id = await w.start()
        w.store.failing = {w.store.commits + 1}
        await w.pass_time(10)
        assert (await w.result(execution_id))[0] == "RUNNING"
        await w.runtime.close()
        assert (await w.result(execution_id))[0] == "SUCCEEDED"
        assert w.runtime.shard.timers._alarm is None


# Rows of activity tasks


async def test_a_task_that_is_scheduled_and_given_up_at_once_leaves_no_row():
    arms = [flow(("A", task(ACTIVITY))), flow(("F", {"Type": "Fail", "Error": "X"}))]
    async with world() as w:
        activity = await w.activity()
        await w.machine(flow(("Both", {"Type": "Parallel", "Branches": arms})))
        execution_id = await w.start()
        assert (await w.result(execution_id))[0] == "FAILED"
        assert w.count("activity_tasks") == 0
        assert await w.runtime.activities.take(activity.id, 0) is None
