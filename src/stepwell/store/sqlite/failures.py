"""What SQLite's errors mean to a store."""

import sqlite3

from stepwell.store.protocol import CommitRefused, StoreError

_BAD_DATA = {sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_RANGE}
_BROKEN = {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def is_fatal(error: BaseException) -> bool:
    """Whether nothing may be trusted to the open database any more: after a failed fsync nobody knows what is on the
    disk, and trying again may answer success for pages that are lost."""
    return _code(error) in _BROKEN


def as_store_error(error: Exception, path: str) -> StoreError:
    """The store's error for one that came up while rows were written or read."""
    if isinstance(error, StoreError):
        return error
    code = _code(error)
    if code in _BAD_DATA or (code is None and not isinstance(error, (MemoryError, OSError, sqlite3.OperationalError))):
        return CommitRefused(f"The database {path} refuses this data: {error}")
    if code == sqlite3.SQLITE_FULL:
        return StoreError(f"The disk that holds the database {path} is full; nothing was written.")
    if code in _BROKEN:
        return StoreError(f"The database {path} cannot be used any more, restart the server: {error}")
    return StoreError(f"The database {path} does not do its work: {error}")


def _code(error: BaseException) -> int | None:
    """SQLite's primary result code, if the error has one."""
    code = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF
