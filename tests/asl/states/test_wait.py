"""Wait: findings and compiled form."""

import pytest

from tests.asl.definitions import scope, state_findings, state_of

ANY = "One of these fields is required: [Seconds, SecondsPath, Timestamp, TimestampPath] at /States/S"
FINDINGS = [
    ({"Seconds": 0}, []),
    ({"Seconds": 99_999_999}, []),
    ({}, [ANY]),
    (
        {"Seconds": 1, "SecondsPath": "$.a"},
        ["Only one of these fields is allowed: [Seconds, SecondsPath] at /States/S"],
    ),
    ({"Seconds": -1}, ["Minimum value is 0 at /States/S/Seconds"]),
    ({"Seconds": 100_000_000}, ["Maximum value is 99999999 at /States/S/Seconds"]),
    ({"Seconds": 1.5}, ["Expected value of type Integer at /States/S/Seconds"]),
    ({"Seconds": True}, ["Expected value of type Integer at /States/S/Seconds"]),
    ({"Seconds": "1"}, ["Expected value of type Integer at /States/S/Seconds"]),
    ({"Seconds": "{% 1 %}"}, ["Expected value of type Integer at /States/S/Seconds"]),
    ({"Timestamp": "2016-12-05T25:29:29Z"}, ["String does not match RFC3339 timestamp at /States/S/Timestamp"]),
    ({"Timestamp": 5}, ["String does not match RFC3339 timestamp at /States/S/Timestamp"]),
    ({"Timestamp": "2016-12-05T21:29:29.123456789+01:00"}, []),
    ({"SecondsPath": "$waitTime"}, ["The variable 'waitTime' is not assigned by any state at /States/S/SecondsPath"]),
    ({"TimestampPath": "$$.Execution.StartTime"}, []),
    (
        {"TimestampPath": "$.a[*]"},
        ["Value is not a Reference Path: it may select more than one node at /States/S/TimestampPath"],
    ),
    ({"Seconds": 1, "ResultPath": "$"}, ["Field 'ResultPath' is not supported at /States/S"]),
    ({"Seconds": 1, "Parameters": {}}, ["Field 'Parameters' is not supported at /States/S"]),
]


@pytest.mark.parametrize(("fields", "expected"), FINDINGS)
def test_findings(fields, expected):
    assert state_findings({"Type": "Wait", "End": True, **fields}) == expected


def test_jsonata_expressions():
    state = state_of({"Type": "Wait", "QueryLanguage": "JSONata", "Seconds": "{% 1 %}", "End": True})
    assert (state.seconds, state.evaluated_seconds.field, state.evaluated_timestamp) == (None, "Seconds", None)
    [finding] = state_findings({"Type": "Wait", "QueryLanguage": "JSONata", "Seconds": " {% 1 %}", "End": True})
    assert finding == "Expected value of type Integer at /States/S/Seconds"


def test_compiled():
    state = state_of({"Type": "Wait", "Seconds": 7, "End": True})
    assert (state.seconds, state.seconds_path, state.timestamp_ms, state.timestamp_path) == (7, None, None, None)
    state = state_of({"Type": "Wait", "Timestamp": "1970-01-01T00:00:01.0001Z", "End": True})
    assert (state.seconds, state.timestamp_ms) == (None, 1001)
    state = state_of({"Type": "Wait", "SecondsPath": "$.s", "End": True})
    assert state.seconds_path.read(scope({"s": 3})) == 3
