"""Records of execution logs. (Recorded form: ids, counts and times are texts.)"""

import json

import pytest

from stepwell.observability.log_records import RECORD_BYTES_MAX, log_records
from stepwell.runtime.logged import logged_of
from tests.runtime.test_logged import settings

ARN = "arn:aws:states:us-east-1:123456789012:execution:m:e"
ENTERED = {
    "timestamp": 1790201709.878,
    "type": "WaitStateEntered",
    "id": 2,
    "previousEventId": 0,
    "stateEnteredEventDetails": {"input": '{"case":"a"}', "inputDetails": {"truncated": False}, "name": "W"},
}
SUCCEEDED = {"timestamp": 1.5, "type": "ExecutionSucceeded", "id": 9, "previousEventId": 8}


def records(*events, level="ALL", redrives=0):
    return log_records(events, logged_of(settings(level)), ARN, redrives)


def test_a_record():
    [record] = records(ENTERED, redrives=2)
    assert record.at_ms == 1790201709878
    assert json.loads(record.text) == {
        "details": {"input": '{"case":"a"}', "inputDetails": {"truncated": False}, "name": "W"},
        "redrive_count": "2",
        "id": "2",
        "type": "WaitStateEntered",
        "previous_event_id": "0",
        "event_timestamp": "1790201709878",
        "execution_arn": ARN,
    }


def test_an_event_without_details():
    [record] = records(SUCCEEDED)
    assert json.loads(record.text)["details"] == {}


def test_events_below_the_level_are_left_out():
    failed = {**SUCCEEDED, "type": "ExecutionFailed", "executionFailedEventDetails": {"error": "E", "cause": "c"}}
    assert [json.loads(record.text)["type"] for record in records(ENTERED, failed, level="ERROR")] == [
        "ExecutionFailed"
    ]


@pytest.mark.parametrize("text", ["x" * 262_144, '"' * 200_000, "é" * 131_072, "\ud800" * 90_000])
def test_a_large_text_is_cut(text):
    details = {"input": text, "inputDetails": {"truncated": False}, "name": "W"}
    [record] = records({**ENTERED, "stateEnteredEventDetails": details})
    assert 0.7 * RECORD_BYTES_MAX < len(record.text.encode("utf-8", "replace")) <= RECORD_BYTES_MAX
    found = json.loads(record.text)["details"]
    assert (found["name"], found["inputDetails"]) == ("W", {"truncated": True})
    assert text.startswith(found["input"])


def test_a_large_cause_cannot_be_kept():
    failed = {**SUCCEEDED, "type": "ExecutionFailed", "executionFailedEventDetails": {"cause": "x" * 300_000}}
    [record] = records(failed)
    assert json.loads(record.text)["details"] == {}
