"""Copies of a database file, taken while a server has it open: whole, of one moment, flushed to the disk."""

import os
from typing import Final

import apsw

from stepwell.store.protocol import StoreError
from stepwell.store.sqlite.failures import as_store_error
from stepwell.store.sqlite.schema import read_survey

_PAGES: Final = 4_096
"""Pages copied at once; a server's commits go on meanwhile."""


def copy_database(source: str, target: str) -> int:
    """Copy a database into a file that is not there yet; its size in bytes.

    It is read within one transaction, so it is of one moment; the log of the source grows meanwhile. Raises StoreError
    when the source is none of ours, is damaged, or the target is there.
    """
    if not os.path.exists(source):
        raise StoreError(f"There is no file {source}.")
    refuse_existing(target)
    part = f"{target}.part"
    try:
        read_survey(source)
        _copy(source, part)
        os.replace(part, target)
        _flush_folder(target)
    except (apsw.Error, OSError) as error:
        raise as_store_error(error, source) from error
    finally:
        _remove(part)
    return os.path.getsize(target)


def refuse_existing(target: str) -> None:
    """Raises StoreError when a database is there: nothing is written over."""
    for path in (target, f"{target}-wal"):
        if os.path.exists(path):
            raise StoreError(f"{path} is there already; nothing is written over. Choose another name, or move it away.")


def _copy(source: str, target: str) -> None:
    _remove(target)
    os.close(os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    reader = apsw.Connection(source, flags=apsw.SQLITE_OPEN_READONLY)
    writer = apsw.Connection(target)
    try:
        reader.execute("BEGIN")
        reader.execute("SELECT value FROM meta LIMIT 1").fetchall()  # from here on nothing changes for this reader
        with writer.backup("main", reader, "main") as copying:
            while not copying.done:
                copying.step(_PAGES)
        [(verdict,)] = writer.execute("PRAGMA quick_check(1)").fetchall()
        if verdict != "ok":
            raise StoreError(f"The database {source} is damaged: {verdict}")
        writer.execute("PRAGMA journal_mode = DELETE")  # no log beside the copy; a server makes its own
    finally:
        writer.close()
        reader.close()
    with open(target, "rb") as copied:
        os.fsync(copied.fileno())


def _flush_folder(path: str) -> None:
    folder = os.open(os.path.dirname(os.path.abspath(path)), os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _remove(path: str) -> None:
    for name in (path, f"{path}-journal", f"{path}-wal", f"{path}-shm"):
        if os.path.exists(name):
            os.unlink(name)
