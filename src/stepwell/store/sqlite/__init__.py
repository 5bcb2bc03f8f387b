"""The store in one SQLite file, for one server: no other service to run."""

from stepwell.store.sqlite.store import SqliteStore

__all__ = ["SqliteStore"]
