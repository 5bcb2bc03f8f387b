"""Execution logs in local files: one file of JSON lines for each state machine, turned over when it grows large."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from logging import makeLogRecord
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Final

from stepwell.observability.log_records import LogRecord
from stepwell.store.records import StateMachineRow

FILE_BYTES_MAX: Final = 64 * 1_048_576
FILES_KEPT: Final = 5
_OPEN_MAX: Final = 64


class LogFiles:
    """`FOLDER/ACCOUNT/REGION/MACHINE.jsonl`, with up to five older ones (`.1` is the youngest of them)."""

    def __init__(self, folder: Path, *, file_bytes_max: int = FILE_BYTES_MAX) -> None:
        self._folder = folder
        self._file_bytes_max = file_bytes_max
        self._open: OrderedDict[Path, RotatingFileHandler] = OrderedDict()

    async def put(self, machine: StateMachineRow, group: str, records: Sequence[LogRecord]) -> bool:
        """Append records. They are with the operating system when this returns. Raises OSError."""
        await asyncio.to_thread(self._append, machine, records)
        return True

    def _append(self, machine: StateMachineRow, records: Sequence[LogRecord]) -> None:
        file = self._file_of(machine)
        for record in records:
            file.emit(makeLogRecord({"msg": record.text}))

    def _file_of(self, machine: StateMachineRow) -> RotatingFileHandler:
        path = self._folder / machine.account / machine.region / f"{machine.name}.jsonl"
        file = self._open.pop(path, None)
        if file is None:
            path.parent.mkdir(parents=True, exist_ok=True)
            file = _JsonLines(path, maxBytes=self._file_bytes_max, backupCount=FILES_KEPT, encoding="utf-8")
            while len(self._open) >= _OPEN_MAX:
                self._open.popitem(last=False)[1].close()
        self._open[path] = file
        return file

    async def close(self) -> None:
        """Close the files."""
        for file in self._open.values():
            file.close()
        self._open.clear()


class _JsonLines(RotatingFileHandler):
    """Python's own rotation of files, which swallows errors by default: here whoever writes is told."""

    def handleError(self, record: object) -> None:  # noqa: N802 - as logging calls it
        """Raise what emitting raised."""
        raise  # noqa: PLE0704 - it is called while the error is being handled
