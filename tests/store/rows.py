"""Rows for the tests of this room."""

import os

from stepwell.store import ClosedRow, Commit, ExecutionRow, HistoryRow, OpenRow

MACHINE = b"machine-00000000"


def started(name: str, at_ms: int = 1_700_000_000_000, batch: bytes = b"batch") -> Commit:
    """The first commit of an execution."""
    row = ExecutionRow(
        at_ms.to_bytes(6) + bytes(2) + os.urandom(8), 0, MACHINE, 1, name, "RUNNING", at_ms, None, b"detail"
    )
    opened = OpenRow(None, 0, "S", b"snapshot")
    return Commit(0, row.id, start=row, open=opened, history=[HistoryRow(1, 2, batch)], machine_id=MACHINE)


def stepped(start: Commit, first_event_id: int = 3, batch: bytes = b"batch") -> Commit:
    """A later commit of the same execution."""
    opened = OpenRow(7, 1, "T", batch)
    return Commit(0, start.execution_id, open=opened, history=[HistoryRow(first_event_id, 1, batch)])


def closed(start: Commit, at_ms: int = 1_700_000_000_001) -> Commit:
    """Its end."""
    return Commit(0, start.execution_id, close=ClosedRow("SUCCEEDED", at_ms, b"result"), machine_id=MACHINE)
