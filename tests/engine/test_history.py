"""Records and their rendering: AWS's members, references to texts, ranges, what is left out."""

from typing import Any

import pytest
from botocore.session import Session

from stepwell.engine.history import CODES, TYPES, HistoryFull, Recorder, entries, render, render_entries
from stepwell.payload import Payload


def rendered(*records: tuple[Any, ...], wanted: range | None = None, **options: Any) -> list[dict[str, Any]]:
    chosen = [entry for entry in entries([(1_500, list(records))], 1) if wanted is None or entry.event_id in wanted]
    return render_entries(chosen, {7: "large"}.__getitem__, **options)


def record(name: str, *details: Any) -> tuple[Any, ...]:
    return (CODES[name], 0, *details)


def test_every_type_and_member_is_aws_own() -> None:
    """Names of events, their details members and the members of those are those of the service model."""
    model = Session().get_service_model("stepfunctions")
    event = model.shape_for("HistoryEvent")
    assert {row.name for row in TYPES} == set(model.shape_for("HistoryEventType").enum)
    assert len(TYPES) == len(CODES) == 62
    for row in TYPES:
        if row.member is None:
            assert not row.details
            continue
        members = event.members[row.member].members
        for detail in row.details:
            assert detail.name in members, f"{row.name}.{detail.name}"
            assert (f"{detail.name}Details" in members) == (detail.kind in ("json", "variables")), detail.name


def test_codes_are_stored_and_never_move() -> None:
    """A new type goes to the end of the table: histories hold these numbers."""
    sample = {"ExecutionStarted": 0, "PassStateEntered": 6, "TaskStateAborted": 21, "MapIterationStarted": 31}
    assert {name: CODES[name] for name in sample} == sample
    assert TYPES[-1].name == "EvaluationFailed"


def test_time_and_ids() -> None:
    events = render([(1_500, [record("PassStateEntered", "A", "{}")]), (2_000, [(CODES["MapStateFailed"], 8)])], 9, str)
    assert events == [
        {
            "timestamp": 1.5,
            "type": "PassStateEntered",
            "id": 9,
            "previousEventId": 0,
            "stateEnteredEventDetails": {"name": "A", "input": "{}", "inputDetails": {"truncated": False}},
        },
        {"timestamp": 2.0, "type": "MapStateFailed", "id": 10, "previousEventId": 8},
    ]


def test_references() -> None:
    records = [
        record("PassStateEntered", "A", "one"),
        record("PassStateExited", "A", None),
        record("MapStateStarted", 3),
        record("PassStateEntered", "B", None),
        record("PassStateExited", "B", 7),
        record("PassStateEntered", "C", None),
    ]
    texts = []
    for event in rendered(*records):
        details = event.get("stateEnteredEventDetails") or event.get("stateExitedEventDetails") or {}
        texts.append(details.get("input", details.get("output")))
    assert texts == ["one", "one", None, "one", "large", "large"]
    assert rendered(*records, wanted=range(6, 7))[0]["stateEnteredEventDetails"]["input"] == "large"


@pytest.mark.parametrize(
    "one, with_data, without",
    [
        (
            record("PassStateExited", "A", "1", {"x": "2"}),
            {
                "name": "A",
                "output": "1",
                "outputDetails": {"truncated": False},
                "assignedVariables": {"x": "2"},
                "assignedVariablesDetails": {"truncated": False},
            },
            {"name": "A"},
        ),
        (record("ExecutionSucceeded", "1"), {"output": "1", "outputDetails": {"truncated": False}}, {}),
        (record("ExecutionFailed", None, None), {}, {}),
        (record("ExecutionFailed", "E", "why"), {"error": "E", "cause": "why"}, {"error": "E", "cause": "why"}),
        (
            record("TaskScheduled", "sqs", "sendMessage", "us-east-1", "{}", None, None, None),
            {"resourceType": "sqs", "resource": "sendMessage", "region": "us-east-1", "parameters": "{}"},
            {"resourceType": "sqs", "resource": "sendMessage", "region": "us-east-1"},
        ),
    ],
)
def test_details(one: Any, with_data: Any, without: Any) -> None:
    member = TYPES[one[0]].member
    assert member is not None
    assert rendered(one)[0][member] == with_data
    assert rendered(one, include_data=False)[0][member] == without


def test_wanted() -> None:
    records = [record("MapStateStarted", n) for n in range(5)]
    assert [event["id"] for event in rendered(*records, wanted=range(2, 4))] == [2, 3]
    assert rendered(*records, wanted=range(9, 12)) == []


# Recorder


def test_recorder_counts() -> None:
    recorder = Recorder(4, 10)
    assert [recorder.add(record("MapStateFailed")) for _ in range(3)] == [1, 2, 3]
    with pytest.raises(HistoryFull):
        recorder.add(record("MapStateFailed"))
    assert recorder.add_last(record("ExecutionFailed", None, None)) == 4
    assert len(recorder.records) == 4
    recorder.begin_turn()
    assert (recorder.records, recorder.next_id) == ([], 5)


def test_recorder_refers() -> None:
    recorder = Recorder(100, 10)
    small, large = Payload("small"), Payload("x" * 10)
    assert [recorder.refer(small), recorder.refer(small), recorder.refer(large), recorder.refer(large)] == [
        "small",
        None,
        0,
        None,
    ]
    assert (recorder.bytes, recorder.blobs) == (15, [(0, "x" * 10)])
    recorder.begin_turn()
    assert [recorder.refer(large), recorder.refer(small), recorder.refer(Payload("y" * 10))] == [0, "small", 1]
    assert (recorder.bytes, recorder.blobs) == (15, [(1, "y" * 10)])


def test_equal_texts_are_the_same_text() -> None:
    """An execution that was loaded again has other objects, and has to write the same records."""
    recorder = Recorder(100, 10)
    assert [recorder.refer(Payload("".join(["sm", "all"]))) for _ in range(2)] == ["small", None]
    assert [recorder.refer(Payload("".join(["x"] * 10))) for _ in range(2)] == [0, None]
    assert recorder.bytes == 15
