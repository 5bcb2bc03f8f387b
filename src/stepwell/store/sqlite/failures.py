"""What SQLite's errors mean to a store."""

import apsw

from stepwell.store.protocol import CommitRefused, StoreBroken, StoreError

_BAD_DATA = {apsw.SQLITE_TOOBIG, apsw.SQLITE_CONSTRAINT, apsw.SQLITE_MISMATCH, apsw.SQLITE_RANGE}
_BROKEN = {apsw.SQLITE_IOERR, apsw.SQLITE_CORRUPT, apsw.SQLITE_NOTADB}
_NO_FAULT_OF_THE_DATA = (MemoryError, OSError)


def as_store_error(error: Exception, path: str) -> StoreError:
    """The store's error for one that came up while rows were written or read.

    After a failed write or fsync nobody knows what is on the disk, and trying again may answer success for pages that
    are lost: that is StoreBroken. Whatever is not about the disk is taken for bad data of one of the commits.
    """
    code = getattr(error, "result", None)
    if code in _BROKEN:
        return StoreBroken(f"The database {path} cannot be used any more, restart the server: {error}")
    if code == apsw.SQLITE_FULL:
        return StoreError(f"The disk that holds the database {path} is full; nothing was written.")
    if code in _BAD_DATA or (code is None and not isinstance(error, _NO_FAULT_OF_THE_DATA)):
        return CommitRefused(f"The database {path} refuses this data: {error}")
    return StoreError(f"The database {path} does not do its work: {error}")
