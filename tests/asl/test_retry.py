"""Retriers and catchers: findings, defaults, compiled form."""

import pytest

from stepwell.asl.template import DISCARD
from tests.asl.definitions import state_findings, state_of

TASK = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": True}
AT = "/States/S/Retry[0]"
RETRIERS = [
    ({"ErrorEquals": ["States.ALL"]}, []),
    ({}, [f"These fields are required: [ErrorEquals] at {AT}"]),
    ({"ErrorEquals": []}, [f"Value cannot be empty at {AT}/ErrorEquals"]),
    ({"ErrorEquals": "E"}, [f"Expected value of type Array at {AT}/ErrorEquals"]),
    ({"ErrorEquals": ["E", 1]}, [f"Expected value of type String at {AT}/ErrorEquals[1]"]),
    (
        {"ErrorEquals": ["States.ALL", "E"]},
        [f"States.ALL must be the only element of 'ErrorEquals' at {AT}/ErrorEquals"],
    ),
    ({"ErrorEquals": ["E"], "IntervalSeconds": 0}, [f"Minimum value is 1 at {AT}/IntervalSeconds"]),
    ({"ErrorEquals": ["E"], "IntervalSeconds": 10**8}, [f"Maximum value is 99999999 at {AT}/IntervalSeconds"]),
    ({"ErrorEquals": ["E"], "MaxAttempts": -1}, [f"Minimum value is 0 at {AT}/MaxAttempts"]),
    ({"ErrorEquals": ["E"], "MaxAttempts": 0}, []),
    ({"ErrorEquals": ["E"], "BackoffRate": 0.5}, [f"Minimum value is 1.0 at {AT}/BackoffRate"]),
    ({"ErrorEquals": ["E"], "BackoffRate": 1}, []),
    ({"ErrorEquals": ["E"], "BackoffRate": "2"}, [f"Expected value of type Number at {AT}/BackoffRate"]),
    ({"ErrorEquals": ["E"], "MaxDelaySeconds": 31622401}, [f"Maximum value is 31622400 at {AT}/MaxDelaySeconds"]),
    (
        {"ErrorEquals": ["E"], "JitterStrategy": "HALF"},
        [f"The field 'JitterStrategy' should have one of these values: [NONE, FULL] at {AT}/JitterStrategy"],
    ),
    ({"ErrorEquals": ["E"], "Next": "Z"}, [f"Field 'Next' is not supported at {AT}"]),
    ({"ErrorEquals": ["E"], "Comment": "why"}, []),
]


@pytest.mark.parametrize(("retrier", "expected"), RETRIERS)
def test_retriers(retrier, expected):
    assert state_findings({**TASK, "Retry": [retrier], "Next": "Z", "End": False}) == expected


CATCHERS = [
    ({"ErrorEquals": ["E"], "Next": "Z"}, []),
    ({"ErrorEquals": ["E"], "Comment": "Z"}, ["These fields are required: [Next] at /States/S/Catch[0]"]),
    (
        {"ErrorEquals": ["E"], "Next": "X"},
        ["MISSING_TRANSITION_TARGET: Missing 'Next' target: X at /States/S/Catch[0]/Next"],
    ),
    (
        {"ErrorEquals": ["E"], "Next": "Z", "Output": 1},
        [
            "The QueryLanguage is set to 'JSONPath', but field 'Output' is only supported for the 'JSONata' "
            "QueryLanguage at /States/S/Catch[0]"
        ],
    ),
    (
        {"ErrorEquals": ["E"], "Next": "Z", "Assign": {"x.y.$": "$.Error"}},
        ["The variable name 'x.y' is not a valid identifier at /States/S/Catch[0]/Assign"],
    ),
]


@pytest.mark.parametrize(("catcher", "expected"), CATCHERS)
def test_catchers(catcher, expected):
    assert state_findings({**TASK, "Catch": [catcher], "Next": "Z", "End": False}) == expected


def test_all_comes_last():
    every, some = {"ErrorEquals": ["States.ALL"]}, {"ErrorEquals": ["E"]}
    assert state_findings({**TASK, "Retry": [every, some]}) == [
        "States.ALL must only appear in the last element at /States/S/Retry[0]/ErrorEquals"
    ]
    assert state_findings({**TASK, "Retry": [some, every], "Catch": []}) == []
    assert state_findings({**TASK, "Retry": [every, {"MaxAttempts": 1}, 1]}) == [
        "These fields are required: [ErrorEquals] at /States/S/Retry[1]",
        "Expected value of type Object at /States/S/Retry[2]",
        "States.ALL must only appear in the last element at /States/S/Retry[0]/ErrorEquals",
    ]
    assert state_findings({**TASK, "Retry": {}}) == ["Expected value of type Array at /States/S/Retry"]


def test_compiled():
    state = state_of({
        **TASK,
        "Retry": [
            {"ErrorEquals": ["A", "B"]},
            {
                "ErrorEquals": ["C"],
                "IntervalSeconds": 2,
                "MaxAttempts": 0,
                "BackoffRate": 1.5,
                "MaxDelaySeconds": 9,
                "JitterStrategy": "FULL",
            },
        ],
        "Catch": [
            {"ErrorEquals": ["A"], "Next": "Z"},
            {"ErrorEquals": ["States.ALL"], "Next": "S", "ResultPath": None, "Comment": "again"},
        ],
    })  # fmt: skip
    first, second = state.retry
    assert (first.error_equals, first.interval_s, first.max_attempts, first.backoff_rate) == (("A", "B"), 1, 3, 2.0)
    assert (first.max_delay_s, first.jitter, first.comment) == (None, "NONE", None)
    assert (second.interval_s, second.max_attempts, second.backoff_rate) == (2, 0, 1.5)
    assert (second.max_delay_s, second.jitter) == (9, "FULL")
    caught, again = state.catch
    assert (caught.next.name, caught.result_path, caught.error_equals) == ("Z", None, ("A",))
    assert again.next is state and again.result_path is DISCARD and again.comment == "again"
