"""Execution logs in CloudWatch Logs, or whatever speaks its API: streams, batches, and what may be tried again."""

import logging
import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple, Protocol

from stepwell.observability.log_records import LogRecord
from stepwell.store.records import StateMachineRow

EVENTS_MAX: Final = 10_000
BATCH_BYTES_MAX: Final = 1_048_576
SPAN_MS_MAX: Final = 24 * 3_600_000
_EVENT_BYTES: Final = 26
"""Limits of PutLogEvents; each event counts for so much more than its text."""

_ANSWERED: Final = "answered"
_EXISTS: Final = "ResourceAlreadyExistsException"
_PASSING: Final = frozenset(("unreachable", "ThrottlingException", "ServiceUnavailableException", "InternalFailure"))
_log = logging.getLogger("stepwell.logs")


class LogGroup(NamedTuple):
    """Where a log group is, and its name."""

    account: str
    region: str
    name: str

    @classmethod
    def of(cls, arn: str) -> "LogGroup":
        """Read `arn:aws:logs:REGION:ACCOUNT:log-group:NAME:*`."""
        fields = arn.split(":")
        return cls(fields[4], fields[3], fields[6])


class LogsApi(Protocol):
    """Calls of the Logs API."""

    async def call(self, operation: str, members: dict[str, Any], account: str, region: str) -> str:
        """`answered`, `unreachable`, or the code with which it was refused."""


class CloudWatchLogs:
    """Puts records into the log group that a machine names, in streams named as AWS names them."""

    def __init__(self, api: LogsApi) -> None:
        self._api = api
        self._suffix = os.urandom(4).hex()
        self._streams: dict[str, str] = {}

    async def put(self, machine: StateMachineRow, group: str, records: Sequence[LogRecord]) -> bool:
        """Deliver records; False where it is worth to try again later. What is refused for good is dropped."""
        place = LogGroup.of(group)
        for batch in batches(sorted(records)):
            members = {
                "logGroupName": place.name,
                "logStreamName": await self._stream(place, machine, batch[0].at_ms),
                "logEvents": [{"timestamp": record.at_ms, "message": record.text} for record in batch],
            }
            answer = await self._api.call("PutLogEvents", members, place.account, place.region)
            if answer in _PASSING:
                return False
            if answer != _ANSWERED:
                self._streams.clear()  # whatever was made may be gone
                _log.warning("%s refuses %d log records of %s: %s", group, len(batch), machine.name, answer)
        return True

    async def _stream(self, place: LogGroup, machine: StateMachineRow, at_ms: int) -> str:
        """The stream of the hour (of the minute, for Express machines), made when it is first needed (recorded)."""
        form = "%Y-%m-%d-%H-%M" if machine.type == "EXPRESS" else "%Y-%m-%d-%H"
        name = f"states/{machine.name}/{datetime.fromtimestamp(at_ms / 1000, UTC).strftime(form)}/{self._suffix}"
        key = f"{place.account}/{place.region}/{place.name}/{machine.name}"
        if self._streams.get(key) != name:
            members = {"logGroupName": place.name, "logStreamName": name}
            answer = await self._api.call("CreateLogStream", members, place.account, place.region)
            if answer in (_ANSWERED, _EXISTS):
                self._streams[key] = name
        return name

    async def close(self) -> None:
        """Nothing is held here."""


def batches(records: Sequence[LogRecord]) -> Iterator[list[LogRecord]]:
    """Records in order of time, cut as PutLogEvents takes them."""
    batch: list[LogRecord] = []
    size = 0
    for record in records:
        more = len(record.text.encode("utf-8", "replace")) + _EVENT_BYTES
        full = len(batch) >= EVENTS_MAX or size + more > BATCH_BYTES_MAX
        if batch and (full or record.at_ms - batch[0].at_ms > SPAN_MS_MAX):
            yield batch
            batch, size = [], 0
        batch.append(record)
        size += more
    if batch:
        yield batch
