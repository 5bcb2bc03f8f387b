"""History events: the compact record that the engine writes, and AWS's shape of it, made when somebody reads.

A record is a tuple: code of its type, id of the previous event, then the details in the order of the type's table row.
Its own id is its place (ids are dense), its time is that of the turn that wrote it. A text that holds JSON is written
as a reference:

* None: the same text as the last reference of this batch (most states hand their input on);
* a string: the text itself;
* a number: the text lies in the store as this execution's blob of that number.

A record may have one value more than its type has details: the aside, which AWS's form does not show and whoever
follows an execution needs. Where a type's details do not say which visit of a state it is about, that is the id of the
visit's Entered event; in an Exited event it is True when a catcher led out.

The names and details are AWS's service model ("HistoryEvent"); which details are there, and when, was recorded.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from stepwell.payload import Payload

Reference = None | str | int
Record = tuple[Any, ...]
Turn = tuple[int, list[Record]]  # (time in ms, records)


class HistoryFull(Exception):
    """The execution has written as many events as it may."""


class Detail(NamedTuple):
    """One member of an event's details: its wire name, and how its value is kept."""

    name: str
    kind: str = "value"  # value | json (a reference, with a sibling ...Details) | bare_json (without) | variables


class EventType(NamedTuple):
    """One of AWS's 62 history event types. `references` are the places in its records where payloads stand."""

    name: str
    member: str | None
    details: tuple[Detail, ...]
    references: tuple[int, ...]


def _type(name: str, member: str | None, *given: str | Detail) -> EventType:
    details = tuple(d if isinstance(d, Detail) else Detail(d) for d in given)
    kinds = enumerate((detail.kind for detail in details), start=2)
    return EventType(name, member, details, tuple(place for place, kind in kinds if kind in ("json", "bare_json")))


_INPUT: Final = Detail("input", "json")
_OUTPUT: Final = Detail("output", "json")
_PARAMETERS: Final = Detail("parameters", "bare_json")
_VARIABLES: Final = Detail("assignedVariables", "variables")
_FAILED: Final = ("error", "cause")
_TASK: Final = ("resourceType", "resource")


def _entered(state_type: str) -> EventType:
    return _type(f"{state_type}StateEntered", "stateEnteredEventDetails", "name", _INPUT)


def _exited(state_type: str) -> EventType:
    return _type(f"{state_type}StateExited", "stateExitedEventDetails", "name", _OUTPUT, _VARIABLES)


def _iteration(what: str) -> EventType:
    return _type(f"MapIteration{what}", f"mapIteration{what}EventDetails", "name", "index")


_TYPES: Final = (
    _type(
        "ExecutionStarted",
        "executionStartedEventDetails",
        _INPUT,
        "roleArn",
        "stateMachineVersionArn",
        "stateMachineAliasArn",
    ),
    _type("ExecutionSucceeded", "executionSucceededEventDetails", _OUTPUT),
    _type("ExecutionFailed", "executionFailedEventDetails", *_FAILED),
    _type("ExecutionTimedOut", "executionTimedOutEventDetails", *_FAILED),
    _type("ExecutionAborted", "executionAbortedEventDetails", *_FAILED),
    _type("ExecutionRedriven", "executionRedrivenEventDetails", "redriveCount"),
    _entered("Pass"),
    _exited("Pass"),
    _entered("Choice"),
    _exited("Choice"),
    _entered("Wait"),
    _exited("Wait"),
    _entered("Succeed"),
    _exited("Succeed"),
    _entered("Fail"),
    _entered("Task"),
    _exited("Task"),
    _entered("Parallel"),
    _exited("Parallel"),
    _entered("Map"),
    _exited("Map"),
    _type("TaskStateAborted", None),
    _type("WaitStateAborted", None),
    _type("ParallelStateStarted", None),
    _type("ParallelStateSucceeded", None),
    _type("ParallelStateFailed", None),
    _type("ParallelStateAborted", None),
    _type("MapStateStarted", "mapStateStartedEventDetails", "length"),
    _type("MapStateSucceeded", None),
    _type("MapStateFailed", None),
    _type("MapStateAborted", None),
    _iteration("Started"),
    _iteration("Succeeded"),
    _iteration("Failed"),
    _iteration("Aborted"),
    _type(
        "LambdaFunctionScheduled",
        "lambdaFunctionScheduledEventDetails",
        "resource",
        _INPUT,
        "timeoutInSeconds",
        "taskCredentials",
    ),
    _type("LambdaFunctionScheduleFailed", "lambdaFunctionScheduleFailedEventDetails", *_FAILED),
    _type("LambdaFunctionStarted", None),
    _type("LambdaFunctionStartFailed", "lambdaFunctionStartFailedEventDetails", *_FAILED),
    _type("LambdaFunctionSucceeded", "lambdaFunctionSucceededEventDetails", _OUTPUT),
    _type("LambdaFunctionFailed", "lambdaFunctionFailedEventDetails", *_FAILED),
    _type("LambdaFunctionTimedOut", "lambdaFunctionTimedOutEventDetails", *_FAILED),
    _type(
        "ActivityScheduled",
        "activityScheduledEventDetails",
        "resource",
        _INPUT,
        "timeoutInSeconds",
        "heartbeatInSeconds",
    ),
    _type("ActivityScheduleFailed", "activityScheduleFailedEventDetails", *_FAILED),
    _type("ActivityStarted", "activityStartedEventDetails", "workerName"),
    _type("ActivitySucceeded", "activitySucceededEventDetails", _OUTPUT),
    _type("ActivityFailed", "activityFailedEventDetails", *_FAILED),
    _type("ActivityTimedOut", "activityTimedOutEventDetails", *_FAILED),
    _type(
        "TaskScheduled",
        "taskScheduledEventDetails",
        *_TASK,
        "region",
        _PARAMETERS,
        "timeoutInSeconds",
        "heartbeatInSeconds",
        "taskCredentials",
    ),
    _type("TaskStarted", "taskStartedEventDetails", *_TASK),
    _type("TaskStartFailed", "taskStartFailedEventDetails", *_TASK, *_FAILED),
    _type("TaskSubmitted", "taskSubmittedEventDetails", *_TASK, _OUTPUT),
    _type("TaskSubmitFailed", "taskSubmitFailedEventDetails", *_TASK, *_FAILED),
    _type("TaskSucceeded", "taskSucceededEventDetails", *_TASK, _OUTPUT),
    _type("TaskFailed", "taskFailedEventDetails", *_TASK, *_FAILED),
    _type("TaskTimedOut", "taskTimedOutEventDetails", *_TASK, *_FAILED),
    _type("MapRunStarted", "mapRunStartedEventDetails", "mapRunArn"),
    _type("MapRunSucceeded", None),
    _type("MapRunFailed", "mapRunFailedEventDetails", *_FAILED),
    _type("MapRunAborted", None),
    _type("MapRunRedriven", "mapRunRedrivenEventDetails", "mapRunArn", "redriveCount"),
    _type("EvaluationFailed", "evaluationFailedEventDetails", "error", "cause", "location", "state"),
)

TYPES: Final[tuple[EventType, ...]] = _TYPES
CODES: Final[dict[str, int]] = {row.name: code for code, row in enumerate(TYPES)}
ABORTED: Final[dict[str, int]] = {kind: CODES[f"{kind}StateAborted"] for kind in ("Task", "Wait", "Parallel", "Map")}


class Recorder:
    """Writes the records of one turn and keeps count of ids, bytes and large texts.

    `events_max` is AWS's 25,000: the last event an execution may write is the one that ends it.
    """

    __slots__ = (
        "_last_text",
        "blob_bytes_min",
        "blobs",
        "bytes",
        "events_max",
        "last",
        "next_blob",
        "next_id",
        "records",
    )

    def __init__(self, events_max: int, blob_bytes_min: int) -> None:
        self.events_max = events_max
        self.blob_bytes_min = blob_bytes_min
        self.next_id = 1
        self.next_blob = 0
        self.records: list[Record] = []
        self.blobs: list[tuple[int, str]] = []
        self.bytes = 0
        self.last: Payload | None = None  # what was referred to last: need not be asked about again
        self._last_text: str | None = None

    def begin_turn(self) -> None:
        """Start an empty batch; references never reach back into an earlier one."""
        self.records = []
        self.blobs = []
        self.bytes = 0
        self.last = None
        self._last_text = None

    def add(self, record: Record) -> int:
        """Append one record; answers its event id. Raises HistoryFull where only the ending event may follow."""
        event_id = self.next_id
        if event_id >= self.events_max:
            raise HistoryFull
        self.records.append(record)
        self.next_id = event_id + 1
        return event_id

    def add_last(self, record: Record) -> int:
        """Append the event that ends the execution; it always fits."""
        self.records.append(record)
        self.next_id += 1
        return self.next_id - 1

    def refer(self, payload: Payload) -> Reference:
        """How to write this payload's text here: not at all, in full, or as a blob."""
        self.last = payload
        text = payload.text
        if text == self._last_text:  # mostly the same object; never by identity, which a reload would change
            return None
        self._last_text = text
        size = len(text)
        if size < self.blob_bytes_min:
            self.bytes += size
            return text
        return self.keep_apart(payload)

    def keep(self, payload: Payload) -> str | int:
        """How to write the text of a variable: in full, or as a blob."""
        text = payload.text
        if len(text) < self.blob_bytes_min:
            self.bytes += len(text)
            return text
        return self.keep_apart(payload)

    def keep_apart(self, payload: Payload) -> int:
        """The number of the blob that holds this large text, made on first use."""
        if payload.blob is None:
            payload.blob = self.next_blob
            self.next_blob += 1
            self.blobs.append((payload.blob, payload.text))
            self.bytes += len(payload.text)
        return payload.blob


def render(
    turns: Sequence[Turn], first_event_id: int, blob: Callable[[int], str], include_data: bool = True
) -> list[dict[str, Any]]:
    """AWS's form of a batch: a list of HistoryEvent objects as they go over the wire, timestamps in seconds.

    `blob` gives the text of a blob number.
    """
    return render_entries(entries(turns, first_event_id), blob, include_data)


def render_entries(
    chosen: Iterable["Entry"], blob: Callable[[int], str], include_data: bool = True
) -> list[dict[str, Any]]:
    """The same of entries that somebody has chosen."""
    return [_event(entry, blob, include_data) for entry in chosen]


class Entry(NamedTuple):
    """A record as it stands in its batch. `last` is what a reference None in it means."""

    event_id: int
    at_ms: int
    type: EventType
    record: Record
    last: str | int

    @property
    def aside(self) -> Any:
        """What the record holds beyond its type's details; None for most."""
        place = 2 + len(self.type.details)
        return self.record[place] if len(self.record) > place else None


def entries(turns: Sequence[Turn], first_event_id: int) -> Iterator[Entry]:
    """The records of a batch, in order, with their ids."""
    event_id = first_event_id
    last: str | int = ""
    for at_ms, records in turns:
        for record in records:
            row = TYPES[record[0]]
            yield Entry(event_id, at_ms, row, record, last)
            last = _last_reference(row, record, last)
            event_id += 1


def _last_reference(row: EventType, record: Record, last: str | int) -> str | int:
    for place in row.references:
        if place < len(record) and record[place] is not None:
            reference: str | int = record[place]
            return reference
    return last


def blob_numbers(entry: Entry) -> set[int]:
    """The blobs that an entry points at."""
    numbers: set[int] = set()
    for detail, value in zip(entry.type.details, entry.record[2:], strict=False):
        if detail.kind == "variables":
            numbers.update(kept for kept in (value or {}).values() if isinstance(kept, int))
        elif detail.kind != "value":
            reference = entry.last if value is None else value
            if isinstance(reference, int):
                numbers.add(reference)
    return numbers


def _event(entry: Entry, blob: Callable[[int], str], include_data: bool) -> dict[str, Any]:
    event: dict[str, Any] = {
        "timestamp": entry.at_ms / 1000,
        "type": entry.type.name,
        "id": entry.event_id,
        "previousEventId": entry.record[1],
    }
    if entry.type.member is not None:
        details = event[entry.type.member] = details_of(entry, blob, include_data)
        for detail in entry.type.details:
            if detail.kind in ("json", "variables") and detail.name in details:
                details[f"{detail.name}Details"] = {"truncated": False}
    return event


def details_of(entry: Entry, blob: Callable[[int], str], include_data: bool = True) -> dict[str, Any]:
    """The details of an event by their wire names; payloads and variables only if `include_data`."""
    members: dict[str, Any] = {}
    for detail, value in zip(entry.type.details, entry.record[2:], strict=False):
        if detail.kind == "value":
            if value is not None:
                members[detail.name] = value
        elif detail.kind == "variables":
            if value and include_data:
                members[detail.name] = {
                    name: blob(kept) if isinstance(kept, int) else kept for name, kept in value.items()
                }
        elif include_data:
            reference = entry.last if value is None else value
            members[detail.name] = blob(reference) if isinstance(reference, int) else reference
    return members
