"""What PostgreSQL's errors mean to a store, by SQLSTATE, and so for its relatives too."""

import asyncio
from typing import Final

import asyncpg

from stepwell.store.protocol import CommitRefused, StoreError, StoreGone

_TRY_AGAIN: Final = frozenset(("40001", "40P01"))
_BAD_DATA: Final = frozenset(("21", "22", "23", "54"))
"""Classes: cardinality, data, integrity constraint, limit of the program exceeded."""

_GONE: Final = frozenset(("08", "57P01", "57P02", "57P03", "57P05", "25P03", "53300", "55P04"))
"""The connection failed, the server stops, starts, crashed, or has no room for another connection."""

_READ_ONLY: Final = "25006"

_ADVICE: Final = {
    "28": "PostgreSQL refuses this user: {error}. Look at the user and password of --database.",
    "3D000": "PostgreSQL has no such database: {error}. Make it: CREATE DATABASE ...",
    "42501": "The role may not do this: {error}. See the page on PostgreSQL for what a role needs.",
    "53100": "The disk that holds the database is full; nothing was written.",
    "57014": "The database took too long, so it was told to stop; nothing was written.",
}


class Conflict(Exception):
    """Two transactions were in each other's way: nothing was written, and trying again helps."""


class ConnectionLost(Exception):
    """The connection ended while the database worked: what became of that is not known."""


class Stale(Exception):
    """A fence fell: nothing was written."""


def as_store_error(error: Exception) -> Exception:
    """The store's error, Conflict, ConnectionLost or Stale, for one that came up while the database was asked."""
    if isinstance(error, StoreError | Conflict | ConnectionLost | Stale):
        return error
    state = getattr(error, "sqlstate", None)
    if state is not None:
        return _of_state(state, error)
    if isinstance(error, asyncpg.DataError | asyncpg.UnsupportedClientFeatureError) or _is_of_values(error):
        return CommitRefused(f"The database cannot take this data: {error}")
    if isinstance(error, OSError | asyncio.TimeoutError | asyncpg.InterfaceError | asyncpg.InternalClientError):
        return ConnectionLost(str(error) or type(error).__name__)
    return StoreError(f"The database does not do its work: {type(error).__name__}: {error}")


def _of_state(state: str, error: Exception) -> Exception:
    if state in _TRY_AGAIN:
        return Conflict(str(error))
    if state == _READ_ONLY:
        return StoreGone(f"The database takes no writes; nothing was written: {error}")
    if state in _GONE or state[:2] in _GONE:
        return ConnectionLost(str(error))
    if state[:2] in _BAD_DATA:
        return CommitRefused(f"The database refuses this data: {error}")
    advice = _ADVICE.get(state) or _ADVICE.get(state[:2]) or "The database does not do its work: {error}"
    return StoreError(advice.format(error=str(error).rstrip(".")))


def _is_of_values(error: Exception) -> bool:
    return isinstance(error, ValueError | TypeError | OverflowError) and not isinstance(error, OSError)


def gone(place: str, error: object) -> StoreGone:
    """What to say when there is no connection to be had; nothing was asked of the database."""
    return StoreGone(f"The database {place} cannot be reached: {error}")
