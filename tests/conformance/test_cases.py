"""Sequences that were recorded on AWS, told again in cases of our own, played on the engine alone."""

import json
from pathlib import Path
from typing import Any

import pytest

from stepwell.testing.cases import CaseFailed, run_case
from stepwell.testing.player import Player
from tests.engine.player import ReloadingPlayer

CASES: list[Any] = [json.loads(path.read_text()) for path in sorted(Path(__file__).parent.glob("cases/*.json"))]
NAMES = [case["name"] for case in CASES]


@pytest.mark.parametrize("player", [Player, ReloadingPlayer])
@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_case(case: dict[str, Any], player: type[Player]) -> None:
    run_case(case, player=player)


def test_names_are_those_of_the_files() -> None:
    assert [path.stem for path in sorted(Path(__file__).parent.glob("cases/*.json"))] == NAMES


# The runner


def bare(**changes: Any) -> dict[str, Any]:
    case = {
        "name": "bare",
        "definition": {"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 2, "End": True}}},
        "input": {},
        "history": [
            "1<-0 ExecutionStarted input={} roleArn=${role}",
            "2<-0 WaitStateEntered name=A input={}",
            "3<-2 WaitStateExited name=A output=${any}",
            "4<-3 ExecutionSucceeded output={}",
        ],
    }
    return {**case, **changes}


def test_a_case_that_holds() -> None:
    assert run_case(bare(status="SUCCEEDED", seconds=2)).status == "SUCCEEDED"


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"status": "FAILED"}, "the status is SUCCEEDED, not FAILED"),
        ({"seconds": 3}, "it took 2.0 s, not 3 s"),
        ({"history": bare()["history"][:3]}, r"wanted\n  \(nothing\)"),
        ({"history": [*bare()["history"], "5<-4 More"]}, r"got\n  \(nothing\)"),
        ({"history": ["1<-0 ExecutionStarted input=[] roleArn=${role}"]}, "input=\\[\\]"),
    ],
)
def test_a_case_that_does_not_hold(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(CaseFailed, match=message):
        run_case(bare(**changes))


def test_a_case_that_gives_no_answer() -> None:
    state = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": True}
    definition = {"StartAt": "A", "States": {"A": state}}
    with pytest.raises(CaseFailed, match="waits for something"):
        run_case(bare(definition=definition, tasks={"A": [{"silent": True}]}))


def test_a_case_whose_definition_is_not_valid() -> None:
    with pytest.raises(ValueError, match="StartAt"):
        run_case(bare(definition={"States": {}}))


def test_a_task_without_answers_echoes() -> None:
    state = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": True}
    history = ["1<-0 ExecutionStarted${any}", *["${any}"] * 5, "7<-6 ExecutionSucceeded output={}"]
    run_case(bare(definition={"StartAt": "A", "States": {"A": state}}, history=history))
