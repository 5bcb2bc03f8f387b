"""Rows and transactions: what is kept, and that what was answered is kept for good. Knows nothing of workflows."""

from stepwell.store.protocol import CommitRefused, Store, StoreBroken, StoreBusy, StoreError, StoreNewer
from stepwell.store.records import (
    STATUSES,
    ActivityRow,
    ActivityTaskRow,
    ClosedRow,
    Commit,
    ExecutionRow,
    HistoryRow,
    ListingRow,
    OpenExecution,
    OpenIndexRow,
    OpenRow,
    RevisionRow,
    StateMachineRow,
    shard_of,
)

__all__ = [
    "STATUSES",
    "ActivityRow",
    "ActivityTaskRow",
    "ClosedRow",
    "Commit",
    "CommitRefused",
    "ExecutionRow",
    "HistoryRow",
    "ListingRow",
    "OpenExecution",
    "OpenIndexRow",
    "OpenRow",
    "RevisionRow",
    "StateMachineRow",
    "Store",
    "StoreBroken",
    "StoreBusy",
    "StoreError",
    "StoreNewer",
    "shard_of",
]
