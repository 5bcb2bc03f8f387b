"""What a state machine's revision says of its execution logs: which events are logged, with data or without, where to.

(AWS: Using CloudWatch Logs to log execution history in Step Functions, its table of log levels.)
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from stepwell.engine.history import TYPES, Record
from stepwell.payload import parse_json

_ENDS: Final = ("Failed", "TimedOut", "Aborted")
_BEYOND: Final = frozenset(("FailStateEntered",))
_FATAL: Final = frozenset(f"Execution{end}" for end in _ENDS)


def _codes_of(level: str) -> frozenset[int]:
    names = (row.name for row in TYPES)
    if level == "FATAL":
        chosen = {name for name in names if name in _FATAL}
    elif level == "ERROR":
        chosen = {name for name in names if name.endswith(_ENDS) or name in _BEYOND}
    else:
        chosen = set(names)
    return frozenset(code for code, row in enumerate(TYPES) if row.name in chosen)


CODES_OF: Final = {level: _codes_of(level) for level in ("ALL", "ERROR", "FATAL")}


class Logged(NamedTuple):
    """`codes` are the event types that are logged, `group` is the ARN of a CloudWatch log group (with its `:*`)."""

    codes: frozenset[int]
    include_data: bool
    group: str

    def wants(self, records: Iterable[Record]) -> bool:
        """Whether any of these events is logged."""
        codes = self.codes
        return any(record[0] in codes for record in records)


def logged_of(settings: bytes) -> Logged | None:
    """What a revision's settings ask for; None where nothing is logged."""
    given = parse_json(settings).get("logging") or {}
    destinations = given.get("destinations")
    codes = CODES_OF.get(given.get("level", "OFF"))
    if codes is None or not destinations:
        return None
    group = destinations[0]["cloud_watch_logs_log_group"]["log_group_arn"]
    return Logged(codes, bool(given.get("include_execution_data")), group)
