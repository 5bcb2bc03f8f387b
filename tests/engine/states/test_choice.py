"""Choice: the first rule that holds; no rule and no Default. (Recorded.)"""

from typing import Any

import pytest

from tests.engine.machines import choice, flow, pass_
from tests.engine.player import brief, full, play, same


def rule(variable: str, operator: str, operand: Any, next_: str) -> dict[str, Any]:
    return {"Variable": variable, operator: operand, "Next": next_}


TWO = flow(
    C=choice(rule("$.n", "NumericEquals", 1, "A"), rule("$.n", "NumericLessThan", 5, "B"), Default="D"),
    A=pass_(End=True),
    B=pass_(End=True),
    D=pass_(End=True),
)


@pytest.mark.parametrize("n, taken", [(1, "A"), (2, "B"), (1.0, "A"), (5, "D"), ("1", "D"), (None, "D")])
def test_first_rule_that_holds(n: Any, taken: str) -> None:
    player = play(TWO, {"n": n})
    same(
        brief(player),
        f"""
        1<-0 ExecutionStarted
        2<-0 ChoiceStateEntered C
        3<-2 ChoiceStateExited C
        4<-3 PassStateEntered {taken}
        5<-4 PassStateExited {taken}
        6<-5 ExecutionSucceeded
        """,
    )


@pytest.mark.parametrize("fields, output", [({}, {"n": {"m": 1}}), ({"OutputPath": "$.n"}, {"m": 1})])
def test_output_is_the_input(fields: dict[str, Any], output: Any) -> None:
    made = flow(C=choice(rule("$.n.m", "NumericEquals", 1, "A"), **fields), A=pass_())
    assert play(made, {"n": {"m": 1}}).output == output


def test_input_path_is_what_rules_look_at() -> None:
    made = flow(C=choice(rule("$.m", "NumericEquals", 1, "A"), InputPath="$.n"), A=pass_())
    assert play(made, {"n": {"m": 1}}).output == {"m": 1}


def test_rules_see_the_context() -> None:
    made = flow(C=choice(rule("$$.Execution.Name", "StringEquals", "run", "A")), A=pass_())
    assert play(made, {}).status == "SUCCEEDED"


def test_nothing_holds() -> None:
    same(
        full(play(flow(C=choice(rule("$.n", "NumericEquals", 1, "A")), A=pass_()), {"n": 2})),
        """
        1<-0 ExecutionStarted input={"n":2} roleArn=arn:aws:iam::123456789012:role/stepwell
        2<-0 ChoiceStateEntered name=C input={"n":2}
        3<-2 ExecutionFailed error=States.Runtime cause="An error occurred while executing the state 'C' (entered at the event id #2). Failed to transition out of the state. The state does not point to a next state."
        """,
    )


def test_missing_variable_fails_even_with_default() -> None:
    player = play(TWO, {})
    assert player.execution.failure == (
        "States.Runtime",
        "An error occurred while executing the state 'C' (entered at the event id #2). "
        "Invalid path '$.n': The choice state's condition path references an invalid value.",
    )
