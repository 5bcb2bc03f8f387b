"""Succeed: findings and compiled form."""

import pytest

from tests.asl.definitions import scope, state_findings, state_of

FINDINGS = [
    ({"Type": "Succeed"}, []),
    ({"Type": "Succeed", "InputPath": "$.a", "OutputPath": None, "Comment": "x"}, []),
    ({"Type": "Succeed", "End": True}, ["Field 'End' is not supported at /States/S"]),
    ({"Type": "Succeed", "ResultPath": "$"}, ["Field 'ResultPath' is not supported at /States/S"]),
    ({"Type": "Succeed", "Assign": {}}, ["Field 'Assign' is not supported at /States/S"]),
]


@pytest.mark.parametrize(("state", "expected"), FINDINGS)
def test_findings(state, expected):
    assert state_findings(state) == expected


def test_compiled():
    state = state_of({"Type": "Succeed", "InputPath": "$.a"})
    assert (state.type, state.next, state.ends) == ("Succeed", None, True)
    assert state.input_path.read(scope({"a": 1})) == 1 and state.output_path is None
