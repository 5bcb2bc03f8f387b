"""How JSONata states evaluate: failures in history, and expressions that are worked out beside the event loop."""

from typing import Any

import pytest

from stepwell.engine import evaluation
from stepwell.engine.branch import Wait
from stepwell.engine.commands import EvaluateExpressions
from stepwell.engine.evaluation import answer, questions_of, unanswered
from stepwell.engine.events import Answer, ExpressionsEvaluated, MachineDeleted, StopRequested, TimePassed
from stepwell.testing.player import Player
from tests.engine.machines import TOKEN, catch, choice, each, fail, flow, parallel, pass_, retry, succeed, task, wait
from tests.engine.player import brief, commands, failed, full, ok, play, same, time_

DEAR = "$map([1,2],function($x){$x})"  # gives [1,2], in the evaluator's own time


def jsonata(**states: dict[str, Any]) -> dict[str, Any]:
    return {"QueryLanguage": "JSONata", **flow(**states)}


def failures(player: Player) -> list[tuple[int, int, str | None, str]]:
    """Of each EvaluationFailed: id, previous id, location, and what its cause says behind the state."""
    found = []
    for event in player.events:
        if event["type"] == "EvaluationFailed":
            details = event["evaluationFailedEventDetails"]
            assert details["error"] == "States.QueryEvaluationError"
            head, _, said = details["cause"].partition("). ")
            assert head.startswith(
                f"An error occurred while executing the state '{details['state']}' (entered at the event id #"
            )
            found.append((event["id"], event["previousEventId"], details.get("location"), said))
    return found


def nothing(expression: str, field: str) -> str:
    return f"The JSONata expression '{expression}' specified for the field '{field}' returned nothing (undefined)."


def other(expression: str, field: str, wanted: str, was: str) -> str:
    return (
        f"The JSONata expression '{expression}' specified for the field '{field}' returned an unexpected result type. "
        f"Expected '{wanted}', but was {was}"
    )


STAMP = "The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: soon"
FAILURES: list[tuple[dict[str, Any], Any, tuple[int, int, str | None, str]]] = [
    # (states, input, id, previous id, location and cause of the failure); all causes are recorded but those marked ours
    (flow(S=pass_(Output={"a": [1, "{% $no %}"]})), {}, (3, 0, "Output/a[1]", nothing("$no", "Output/a[1]"))),
    (flow(A=pass_(), S=pass_(Assign={"x": "{% $no %}"})), {}, (5, 3, "Assign/x", nothing("$no", "Assign/x"))),
    (flow(S=task(Arguments={"a": "{% $no %}"})), {}, (3, 0, "Arguments/a", nothing("$no", "Arguments/a"))),
    (flow(S=task(TimeoutSeconds="{% 'x' %}")), {}, (3, 0, "TimeoutSeconds", other("'x'", "TimeoutSeconds", "number", "'string' for value: \"x\""))),
    (flow(S=task(HeartbeatSeconds="{% 0 %}")), {}, (3, 2, "HeartbeatSeconds", "The HeartbeatSeconds field must be positive: 0")),  # ours
    (flow(S=wait(Timestamp="{% 'soon' %}")), {}, (3, 2, "Timestamp", STAMP)),
    (flow(S=wait(Timestamp="{% 1 %}")), {}, (3, 0, "Timestamp", other("1", "Timestamp", "string", "'number' for value: 1"))),
    (flow(S=wait(Seconds="{% -1 %}")), {}, (3, 2, "Seconds", "The Seconds field cannot be negative: -1")),  # ours
    (flow(S=wait(Seconds="{% 1e9 %}")), {}, (3, 2, "Seconds", "Wait state delay is too long.")),
    (flow(S=fail("{% 1 %}")), {}, (3, 0, "Error", other("1", "Error", "string", "'number' for value: 1"))),
    (flow(S=fail("E", "{% null %}")), {}, (3, 0, "Cause", other("null", "Cause", "string", "'null' for value: null"))),
    (
        flow(S=choice({"Condition": "{% 1 %}", "Next": "Z"}, Default="Z"), Z=succeed()),
        {},
        (3, 0, "Choices[0]/Condition", other("1", "Choices[0]/Condition", "boolean", "'number' for value: 1")),
    ),
    (
        flow(S=choice({"Condition": True, "Next": "Z", "Output": {"o": "{% $no %}"}}, Default="Z"), Z=succeed()),
        {},
        (3, 0, "Choices[0]/Output/o", nothing("$no", "Choices[0]/Output/o")),
    ),
    (flow(S=each(flow(A=pass_()))), {"a": 1}, (3, 0, None, 'Map state input must be an array but was: {"a":1}')),
    (flow(S=each(flow(A=pass_()), Items="{% 1 %}")), {}, (3, 0, "Items", other("1", "Items", "array", "'number' for value: 1"))),
    (
        flow(S=each(flow(A=pass_()), Items="{% {'a': 1} %}")),
        {},
        (3, 0, "Items", other("{'a': 1}", "Items", "array", "'object' for value: {\"a\":1}")),
    ),
    (
        flow(S=each(flow(A=pass_()), Items="{% $fn := function($x){$x} %}")),
        {},
        (3, 0, "Items", "The JSONata expression '$fn := function($x){$x}' specified for the field 'Items' returned an unsupported result type."),
    ),
    (flow(S=each(flow(A=pass_()), Items=[], MaxConcurrency="{% -2 %}")), {}, (3, 2, "MaxConcurrency", "The MaxConcurrency field cannot be negative: -2")),  # ours
    (flow(S=parallel(flow(A=pass_()), Arguments="{% $no %}")), {}, (3, 0, "Arguments", nothing("$no", "Arguments"))),
    (
        flow(S=pass_(Output="{% 1 + 'a' %}")),
        {},
        (3, 0, "Output", "The JSONata expression '1 + 'a'' specified for the field 'Output' threw an error during evaluation. T2002: The right side of the \"+\" operator must evaluate to a number"),
    ),
]  # fmt: skip


@pytest.mark.parametrize("made, given, expected", FAILURES)
def test_failures(made: dict[str, Any], given: Any, expected: Any) -> None:
    player = play({"QueryLanguage": "JSONata", **made}, given)
    assert failures(player) == [expected]
    assert player.status == "FAILED"
    failure = player.execution.failure
    assert failure is not None and failure.error == "States.QueryEvaluationError"
    state = made["States"]["S"]["Type"]
    between = [f"{state}StateFailed"] if state in ("Map", "Parallel") else []
    assert [event["type"] for event in player.events[expected[0] :]] == [*between, "ExecutionFailed"]
    assert [event["previousEventId"] for event in player.events[expected[0] :]] == list(
        range(expected[0], len(player.events))
    )


def test_a_failure_after_the_work_points_at_it_and_may_be_retried_and_caught() -> None:
    handlers = {
        "Retry": [retry("States.QueryEvaluationError", MaxAttempts=1)],
        "Catch": [catch("C", "States.QueryEvaluationError", Output="{% $states.errorOutput.Error %}")],
    }
    made = jsonata(T=task(Output="{% $states.result.no %}", **handlers), C=pass_())
    same(
        brief(play(made, {}, (1, ok(1)), (1_001, time_()), (1_002, ok(2)))),
        """
        1<-0 ExecutionStarted
        2<-0 TaskStateEntered T
        3<-2 TaskScheduled
        4<-3 TaskStarted
        5<-4 TaskSucceeded
        6<-5 EvaluationFailed States.QueryEvaluationError
        7<-6 TaskScheduled
        8<-7 TaskStarted
        9<-8 TaskSucceeded
        10<-9 EvaluationFailed States.QueryEvaluationError
        11<-10 TaskStateExited T
        12<-11 PassStateEntered C
        13<-12 PassStateExited C
        14<-13 ExecutionSucceeded
        """,
    )


@pytest.mark.parametrize("expression", ["$no", f"{DEAR}[5]"])
def test_a_catcher_that_fails_is_not_caught_by_its_own_state(expression: str) -> None:
    arm = flow(
        T=task(Catch=[catch("E", Output=f"{{% {expression} %}}")], Retry=[retry("States.QueryEvaluationError")]),
        E=pass_(),
    )
    made = jsonata(P=parallel(arm, flow(W=wait(9)), Catch=[catch("C")]), C=pass_())
    same(
        brief(play(made, {}, (1, failed(1)))),
        """
        1<-0 ExecutionStarted
        2<-0 ParallelStateEntered P
        3<-2 ParallelStateStarted
        4<-3 TaskStateEntered T
        5<-4 TaskScheduled
        6<-5 TaskStarted
        7<-3 WaitStateEntered W
        8<-6 TaskFailed Boom
        9<-8 EvaluationFailed States.QueryEvaluationError
        10<-9 TaskStateAborted
        11<-9 WaitStateAborted
        12<-9 ParallelStateFailed
        13<-12 ParallelStateExited P
        14<-13 PassStateEntered C
        15<-14 PassStateExited C
        16<-15 ExecutionSucceeded
        """,
    )


def test_a_catcher_that_fails_at_the_top_ends_the_execution() -> None:
    made = jsonata(T=task(Catch=[catch("T", Assign={"x": "{% $no %}"})]))
    player = play(made, {}, (1, failed(1)))
    assert failures(player) == [(6, 5, "Catch[0]/Assign/x", nothing("$no", "Catch[0]/Assign/x"))]
    assert player.status == "FAILED"


# What expressions look at


def test_assign_and_output_stand_side_by_side() -> None:
    made = jsonata(
        A=pass_(Assign={"a": 1}),
        B=pass_(Assign={"a": "{% $a + 1 %}", "b": "{% $a %}"}, Output={"a": "{% $a %}"}),
        C=pass_(Output="{% [$a, $b, $states.input.a] %}"),
    )
    assert play(made).output == [2, 1, 1]


def test_times_and_dice_are_the_turns() -> None:
    made = jsonata(W=wait(1), A=pass_(Output="{% {'ms': $millis(), 'u': $uuid(), 'r': $random()} %}"))
    first, second = (play(made, {}, (1_000, time_()), seed=seed).output for seed in (1, 2))
    assert first["ms"] == second["ms"] == 1_700_000_001_000
    assert first["u"] != second["u"] and first["r"] != second["r"]


def test_a_token_task_is_told_its_token_in_a_dear_expression_too() -> None:
    arguments = {"t": f"{{% {DEAR}[0] & $states.context.Task.Token %}}", "u": "{% $states.context.Task.Token %}"}
    player = play(jsonata(T=task(TOKEN, Arguments=arguments)), {})
    assert commands(player)[-1] == 'run 0.1 T {"t":"1token-0-1","u":"token-0-1"}'


def test_a_map_in_jsonata() -> None:
    selector = {"v": "{% $states.context.Map.Item.Value * $k %}", "i": "{% $states.context.Map.Item.Index %}"}
    made = jsonata(
        A=pass_(Assign={"k": 10}),
        M=each(
            flow(X=wait(1), Y=pass_(Output="{% $states.input.v + $states.context.Map.Item.Value %}")),
            Items="{% $states.input.l %}",
            ItemSelector=selector,
            MaxConcurrency="{% 1.9 %}",
            Assign={"n": "{% $count($states.result) %}"},
            Output="{% $sum($states.result) + $states.input.l[0] %}",
        ),
        E=pass_(Output="{% [$states.input, $n] %}"),
    )
    player = play(made, {"l": [1, 2, 3]}, (1_000, time_()), (2_000, time_()), (3_000, time_()))
    assert player.output == [67, 3]


# Dear expressions


def asking(*states: Any, given: Any = None, **named: Any) -> tuple[Player, EvaluateExpressions]:
    """A player that has asked and was not answered."""
    player = Player(jsonata(**named), given)
    player.answering = False
    player.start()
    [command] = player.questions
    player.questions.clear()
    return player, command


def answers(command: EvaluateExpressions) -> ExpressionsEvaluated:
    return ExpressionsEvaluated(command.branch, command.number, tuple(map(answer, command.questions)))


def test_a_dear_expression_is_asked_for_and_its_state_goes_on_with_the_answer() -> None:
    player, command = asking(A=pass_(Output={"l": f"{{% {DEAR} %}}", "i": "{% $states.input.a %}"}), given={"a": 1})
    assert [(question.place, question.document) for question in command.questions] == [("Output/l", "{}")]
    assert player.execution.root.wait is Wait.EVALUATION and player.execution.calls == 1
    assert player.due_ms is None and not player.decide(TimePassed(), 5_000).accepted
    player.play(answers(command), 6_000)
    assert player.output == {"l": [1, 2], "i": 1}
    assert player.execution.calls == 0
    assert not player.decide(answers(command)).accepted


def test_the_time_of_a_step_is_when_it_was_asked_for() -> None:
    player, command = asking(A=pass_(Output=[f"{{% {DEAR} %}}", "{% $millis() %}", f"{{% {DEAR}.$millis() %}}"]))
    player.play(answers(command), 90_000)
    start = 1_700_000_000_000
    assert player.output == [[1, 2], start, [start, start]]


def test_after_a_crash_the_same_is_asked_again() -> None:
    expression = "$map([1],function($x){[$random(),$states.context.State.EnteredTime,$states.input,$v]})"
    player, command = asking(
        V=pass_(Assign={"v": "x" * 50}, Output="{% 'in' %}"), A=pass_(Output=f"{{% {expression} %}}")
    )
    live = player.execution
    player.reload()
    assert questions_of(player.execution, player.execution.root) == command == questions_of(live, live.root)
    player.play(answers(command))
    assert player.output[1:] == ["2023-11-14T22:13:20Z", "in", "x" * 50]


def test_answers_to_others_are_refused() -> None:
    player, command = asking(A=pass_(Output=f"{{% {DEAR} %}}"))
    for branch, number in ((command.branch, command.number + 1), (7, command.number)):
        assert not player.decide(ExpressionsEvaluated(branch, number, ())).accepted


@pytest.mark.parametrize("event", [StopRequested("E", None), MachineDeleted()])
def test_an_execution_that_ends_meanwhile(event: Any) -> None:
    player, command = asking(A=pass_(Output=f"{{% {DEAR} %}}"))
    player.play(event)
    player.play(answers(command))
    assert player.status == ("ABORTED" if isinstance(event, StopRequested) else "FAILED")


def test_a_branch_that_is_aborted_meanwhile() -> None:
    made = jsonata(
        P=parallel(flow(A=pass_(), B=wait(Seconds=f"{{% {DEAR}[0] %}}")), flow(C=fail()), Catch=[catch("Z")]), Z=pass_()
    )
    player = Player(made, {})
    player.answering = False
    player.start()
    [command] = player.questions
    assert player.status == "SUCCEEDED" and "WaitStateAborted" in brief(player)
    assert not player.decide(answers(command)).accepted


def test_a_dear_expression_that_fails() -> None:
    player = play(jsonata(A=pass_(Output=f"{{% {DEAR}[9] %}}")))
    assert failures(player) == [(3, 0, "Output", nothing(f"{DEAR}[9]", "Output"))]


def test_an_evaluator_at_fault() -> None:
    player, command = asking(A=pass_(Output=f"{{% {DEAR} %}}"))
    [question] = command.questions
    player.play(ExpressionsEvaluated(command.branch, command.number, (unanswered(question),)))
    [(_, _, location, said)] = failures(player)
    assert location == "Output" and said.endswith("threw an internal error during evaluation")


def test_a_retry_evaluates_anew() -> None:
    arguments = {"r": "{% $map([1],function($x){$random()}) %}"}
    player = play(jsonata(T=task(Arguments=arguments, Retry=[retry()])), {}, (1, failed(1)), (1_001, time_()))
    asked = [command for command in player.commands if isinstance(command, EvaluateExpressions)]
    assert len(asked) == 2 and answer(asked[0].questions[0]) != answer(asked[1].questions[0])


def test_dear_conditions_are_asked_for_together() -> None:
    rules = [
        {"Condition": f"{{% $count({DEAR}) = $states.input %}}", "Next": "A", "Output": f"{{% {DEAR} %}}"},
        {"Condition": f"{{% {DEAR}[9] %}}", "Next": "A"},
    ]
    made = jsonata(C=choice(*rules, Default="A", Assign={"d": f"{{% {DEAR} %}}"}), A=pass_())
    player = play(made, 2)
    assert player.output == [1, 2]
    assert [len(c.questions) for c in player.commands if isinstance(c, EvaluateExpressions)] == [2, 1]
    assert failures(play(made, 3)) == [(3, 0, "Choices[1]/Condition", nothing(f"{DEAR}[9]", "Choices[1]/Condition"))]


def test_a_map_whose_items_and_inputs_are_dear() -> None:
    made = jsonata(
        M=each(
            flow(X=wait(1), Y=pass_()),
            Items=f"{{% {DEAR} %}}",
            ItemSelector={"v": f"{{% {DEAR}[$states.context.Map.Item.Index] %}}"},
            Output=f"{{% [{DEAR}, $states.result.v] %}}",
        )
    )
    assert play(made, {}, (1_000, time_())).output == [1, 2, 1, 2]


def test_an_item_selector_that_fails_is_the_maps_failure() -> None:
    for expression in ("$no", f"{DEAR}[9]"):
        selector = f"{{% $states.context.Map.Item.Index = 1 ? {expression} : {DEAR}[0] %}}"
        made = jsonata(M=each(flow(T=task()), Items=[5, 6], ItemSelector=selector, Catch=[catch("Z")]), Z=pass_())
        same(
            brief(play(made)),
            """
            1<-0 ExecutionStarted
            2<-0 MapStateEntered M
            3<-2 MapStateStarted 2
            4<-3 MapIterationStarted M 0
            5<-3 MapIterationStarted M 1
            6<-4 TaskStateEntered T
            7<-6 TaskScheduled
            8<-7 TaskStarted
            9<-3 EvaluationFailed States.QueryEvaluationError
            10<-9 MapIterationAborted M 0
            11<-9 TaskStateAborted
            12<-9 MapStateFailed
            13<-12 MapStateExited M
            14<-13 PassStateEntered Z
            15<-14 PassStateExited Z
            16<-15 ExecutionSucceeded
            """,
        )


def test_answers_are_plain_data() -> None:
    assert Answer("Output", "1", None) == Answer("Output", "1", None)
    assert "Output" in full(play(jsonata(A=pass_(Output="{% 'Output' %}"))))


def test_what_one_step_asks_for_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation, "_DOCUMENT_CHARACTERS_MAX", 250)
    same_data = ["{% $map([1],function($x){$v}) %}"] * 3
    made = jsonata(V=pass_(Assign={"v": "x" * 99, "w": "y" * 199}), A=pass_(Output=same_data))
    player = play(made)
    assert player.output == ["x" * 99] * 3
    [command] = [command for command in player.commands if isinstance(command, EvaluateExpressions)]
    assert len({id(question.document) for question in command.questions}) == 1
    made["States"]["A"]["Output"] = [*same_data, "{% $map([1],function($x){$w}) %}"]
    [(_, _, location, said)] = failures(play(made))
    assert location == "Output[3]"
    assert said.endswith("evaluation: Expression evaluation memory limit exceeded: Check for excessive memory usage")
    retried = jsonata(T=task(Arguments="{% $map([1],function($x){$states.context}) %}", Retry=[retry(MaxAttempts=1)]))
    player = play(retried, {}, (1_000, time_()))
    assert [location for _, _, location, _ in failures(player)] == ["Arguments", "Arguments"]
