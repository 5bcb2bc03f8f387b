"""Fail: findings and compiled form."""

import pytest

from tests.asl.definitions import scope, state_findings, state_of

FINDINGS = [
    ({"Type": "Fail"}, []),
    ({"Type": "Fail", "Error": "E", "CausePath": "$.c"}, []),
    ({"Type": "Fail", "ErrorPath": "States.Format('{}', $.e)", "CausePath": "$$.State.Name"}, []),
    (
        {"Type": "Fail", "Error": "E", "ErrorPath": "$.e"},
        ["Only one of these fields is allowed: [Error, ErrorPath] at /States/S"],
    ),
    (
        {"Type": "Fail", "Cause": "E", "CausePath": "$.e"},
        ["Only one of these fields is allowed: [Cause, CausePath] at /States/S"],
    ),
    ({"Type": "Fail", "Error": 1}, ["Expected value of type String at /States/S/Error"]),
    (
        {"Type": "Fail", "ErrorPath": "$..a"},
        ["Value is not a Reference Path: it may select more than one node at /States/S/ErrorPath"],
    ),
    ({"Type": "Fail", "Next": "S"}, ["Field 'Next' is not supported at /States/S"]),
    ({"Type": "Fail", "InputPath": "$"}, ["Field 'InputPath' is not supported at /States/S"]),
]


@pytest.mark.parametrize(("state", "expected"), FINDINGS)
def test_findings(state, expected):
    assert state_findings(state) == expected


def test_unknown_function():
    [finding] = state_findings({"Type": "Fail", "ErrorPath": "States.Nope($.a)"})
    assert finding.startswith("Value is not a valid JSONPath: ") and finding.endswith("/States/S/ErrorPath")


def test_compiled():
    literal = state_of({"Type": "Fail", "Error": "E", "Cause": "c"})
    assert (literal.error, literal.cause, literal.error_path, literal.cause_path) == ("E", "c", None, None)
    assert literal.ends
    read = state_of({"Type": "Fail", "ErrorPath": "$.e", "CausePath": "States.Format('<{}>', $.c)"})
    assert (read.error, read.cause) == (None, None)
    assert read.error_path.read(scope({"e": "E"})) == "E"
    assert read.cause_path.read(scope({"c": 1})) == "<1>"
