"""Records of execution logs, in the form that Step Functions writes to CloudWatch Logs (recorded).

One JSON object an event. Ids, counts and times are texts in it, and `details` is what the history event's details are.
"""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from stepwell.engine.history import TYPES
from stepwell.payload import print_json
from stepwell.runtime.logged import Logged

RECORD_BYTES_MAX: Final = 253_952
"""AWS cuts what is larger: 248 KB, as its guide says. CloudWatch takes no event above 256 KB."""

_TEXTS: Final = ("input", "output", "parameters", "resourceConfig")
_NAMES: Final = {name: code for code, name in enumerate(row.name for row in TYPES)}


class LogRecord(NamedTuple):
    """One line of a log: when its event happened, and its JSON text."""

    at_ms: int
    text: str


def log_records(events: Iterable[dict[str, Any]], logged: Logged, arn: str, redrives: int) -> list[LogRecord]:
    """The records of those of an execution's events (in AWS's form) that its machine wants logged."""
    return [_record(event, arn, redrives) for event in events if _NAMES[event["type"]] in logged.codes]


def _record(event: dict[str, Any], arn: str, redrives: int) -> LogRecord:
    at_ms = round(event["timestamp"] * 1000)
    details: dict[str, Any] = next((value for name, value in event.items() if name.endswith("EventDetails")), {})
    record = {
        "id": str(event["id"]),
        "type": event["type"],
        "details": details,
        "previous_event_id": str(event["previousEventId"]),
        "event_timestamp": str(at_ms),
        "execution_arn": arn,
        "redrive_count": str(redrives),
    }
    text = print_json(record)
    beyond = len(text.encode("utf-8", "replace")) - RECORD_BYTES_MAX
    if beyond > 0:
        text = print_json({**record, "details": _cut(details, beyond)})
    return LogRecord(at_ms, text)


def _cut(details: dict[str, Any], beyond: int) -> dict[str, Any]:
    """The details with their longest text so much shorter that the record fits."""
    name = max((name for name in _TEXTS if name in details), key=lambda name: len(details[name]), default=None)
    if name is None:
        return {}
    text = details[name]
    printed = len(print_json(text).encode("utf-8", "replace"))
    kept = text[: max(0, len(text) * (printed - beyond) // printed)]
    while len(print_json(kept).encode("utf-8", "replace")) > printed - beyond:
        kept = kept[: len(kept) * 3 // 4]
    return {**details, name: kept, f"{name}Details": {"truncated": True}}
