"""Expressions that are worked out beside the event loop."""

import asyncio
import logging
from typing import Any

import pytest

from stepwell.engine.commands import EvaluateExpressions, Question
from stepwell.engine.evaluation import answer
from stepwell.engine.events import Answer, Event, ExpressionsEvaluated
from stepwell.query.jsonata import compile_jsonata
from stepwell.runtime.evaluator import Evaluator
from stepwell.runtime.expression_process import ExpressionProcess
from tests.runtime.world import World, flow, world

DEAR = {"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $map([1,2],function($x){$x * 10}) %}"}
SLOW = "$count([1..8000].($string($) & 'x'))"


def command(*sources: str) -> EvaluateExpressions:
    questions = (Question(f"Output[{n}]", compile_jsonata(s), "{}", 5, 1, frozenset()) for n, s in enumerate(sources))
    return EvaluateExpressions(3, 7, tuple(questions))


async def ended(w: World, execution_id: bytes) -> Any:
    await asyncio.wait_for(w.runtime.wait_closed(execution_id), 10)
    return await w.result(execution_id)


def answers_of(asked: EvaluateExpressions) -> list[Answer]:
    """What the process would answer, worked out here."""
    return [answer(question) for question in asked.questions]


async def answered(made: Evaluator, submitted: list[Event], asked: EvaluateExpressions) -> tuple[Answer, ...]:
    made.evaluate(b"e", asked)
    async with asyncio.timeout(30):
        while not submitted:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
    event = submitted.pop()
    assert isinstance(event, ExpressionsEvaluated)
    return event.answers


async def test_answers() -> None:
    submitted: list[Event] = []
    made = Evaluator(lambda _, event: submitted.append(event))
    asked = command("$map([1],function($x){$x})", "$map([1],function($x){$nothing})")
    good, bad = await answered(made, submitted, asked)
    assert (good.place, good.text, good.cause) == ("Output[0]", "1", None)
    assert bad.text is None and bad.cause is not None and bad.cause.endswith("returned nothing (undefined).")
    assert [good, bad] == answers_of(asked)
    made.close()


async def test_an_evaluator_that_breaks_is_an_internal_error(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(self: ExpressionProcess, question: Question) -> Any:
        raise OSError

    monkeypatch.setattr(ExpressionProcess, "answer", broken)
    submitted: list[Event] = []
    made = Evaluator(lambda _, event: submitted.append(event))
    with caplog.at_level(logging.ERROR):
        [one] = await answered(made, submitted, command("1"))
    assert one.cause is not None and one.cause.endswith("threw an internal error during evaluation")
    assert "evaluating Output[0] failed" in caplog.text
    made.close()


async def test_answers_come_back_as_an_event() -> None:
    submitted: list[tuple[bytes, Event]] = []
    made = Evaluator(lambda execution_id, event: submitted.append((execution_id, event)))
    made.evaluate(b"e", command("1 + 1"))
    while not submitted:  # noqa: ASYNC110
        await asyncio.sleep(0.001)
    [(execution_id, event)] = submitted
    assert execution_id == b"e" and isinstance(event, ExpressionsEvaluated)
    assert (event.branch, event.number, event.answers[0].text) == (3, 7, "2")
    made.close()


async def test_what_is_left_at_the_end_is_forgotten() -> None:
    submitted: list[Event] = []
    made = Evaluator(lambda _, event: submitted.append(event))
    for execution_id in (b"e", b"f", b"g"):
        made.evaluate(execution_id, command(SLOW))
        assert made.is_asked(execution_id, 7) and not made.is_asked(execution_id, 8)
    made.close()
    await asyncio.sleep(0.01)
    assert submitted == []
    Evaluator(lambda *_: None).close()


async def test_an_execution_goes_on_with_its_answer() -> None:
    async with world() as w:
        await w.machine(flow(("A", DEAR), ("B", {"Type": "Pass"})))
        execution_id = await w.start()
        assert (await ended(w, execution_id))[:2] == ("SUCCEEDED", "[10,20]")


async def test_the_loop_runs_meanwhile() -> None:
    async with world() as w:
        slow = {**DEAR, "Output": [f"{{% {SLOW} %}}"] * 12}
        await w.machine(flow(("A", slow)))
        await w.machine(flow(("B", {"Type": "Pass"})), name="quick")
        first = await w.start()
        turns = 0
        while (await w.result(first))[0] == "RUNNING" and turns < 50:
            second = await w.start(f"f{turns}", machine="quick")
            assert (await ended(w, second))[0] == "SUCCEEDED"
            turns += 1
        assert turns > 1, "nothing else ran meanwhile"
        assert (await ended(w, first))[:2] == ("SUCCEEDED", f"[{','.join(['8000'] * 12)}]")


async def test_after_a_crash_it_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[EvaluateExpressions] = []
    monkeypatch.setattr(Evaluator, "evaluate", lambda self, execution_id, command: asked.append(command))
    async with world() as w:
        await w.machine(flow(("A", {**DEAR, "Output": "{% $map([1],function($x){[$random(), $millis()]}) %}"})))
        execution_id = await w.start()
        await w.settle()
        w.clock.advance(5_000)
        await w.restart()
        await w.settle()
        first, second = asked
        assert first == second
        monkeypatch.undo()
        await w.restart()
        assert (await ended(w, execution_id))[1] == answers_of(first)[0].text


async def test_a_server_that_stops_leaves_it_to_the_next_one(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Evaluator, "evaluate", lambda self, execution_id, command: None)
    async with world(tmp_path / "x.db") as w:
        await w.machine(flow(("A", DEAR)))
        execution_id = await w.start()
        await w.settle()
        monkeypatch.undo()
        await w.close()
        await w.open()
        assert (await ended(w, execution_id))[:2] == ("SUCCEEDED", "[10,20]")
