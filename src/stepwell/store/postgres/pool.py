"""Connections: a few that are kept, made when they are needed, and thrown away when anything is odd about them.

A database that is gone is not asked by everybody: for a moment after a failed try all others hear of it at once.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

from stepwell.store.postgres.failures import ConnectionLost, as_store_error, gone
from stepwell.store.protocol import CommitRefused, StoreError, StoreGone

Connection = Any
"""An asyncpg connection; the library ships no types."""

REST_S: Final = 0.25
"""How long nobody tries to connect after that failed: so long a database may be back before it is noticed."""


class Pool:
    """At most `size` connections; the one that was used last is used next."""

    def __init__(self, place: str, connect: Callable[[], Awaitable[Connection]], size: int) -> None:
        self._place = place
        self._connect = connect
        self._free: list[Connection] = []
        self._room = asyncio.Semaphore(size)
        self.is_closed = True
        self._rests_until_s = 0.0
        self._refusal: StoreGone | None = None

    def open(self) -> None:
        """Lend from now on."""
        self.is_closed = False

    async def close(self) -> None:
        """Lend no more; connections that are lent are closed as they come back."""
        self.is_closed = True
        free, self._free = self._free, []
        for connection in free:
            try:
                await connection.close(timeout=1)
            except Exception:
                connection.terminate()

    @asynccontextmanager
    async def lend(self) -> AsyncIterator[Connection]:
        """A connection for the time of a `with`. What it raises becomes the store's error.

        Raises StoreGone when there is none to be had (nothing was asked of the database then), ConnectionLost when it
        ended, Conflict, CommitRefused, StoreError.
        """
        async with self._room:
            connection = await self._take()
            try:
                yield connection
            except Exception as error:
                known = as_store_error(error)
                self._give_back(connection, sound=not isinstance(known, ConnectionLost | StoreGone))
                if known is error:
                    raise
                raise known from error
            except BaseException:
                connection.terminate()  # cancelled: whatever it does at this moment, nobody waits for it
                raise
            self._give_back(connection, sound=True)

    def _give_back(self, connection: Connection, *, sound: bool) -> None:
        if not sound or self.is_closed or connection.is_closed() or connection.is_in_transaction():
            connection.terminate()
        else:
            self._free.append(connection)

    async def _take(self) -> Connection:
        if self.is_closed:
            raise StoreError(f"The database {self._place} is not open.")
        while self._free:
            connection = self._free.pop()
            if not connection.is_closed():
                return connection
        if self._refusal is not None and time.monotonic() < self._rests_until_s:
            raise StoreGone(str(self._refusal))
        try:
            connection = await self._connect()
        except Exception as error:
            raise self._refused(error) from error
        self._refusal = None
        return connection

    def _refused(self, error: Exception) -> StoreError:
        known = as_store_error(error)
        if isinstance(known, StoreError) and not isinstance(known, CommitRefused | StoreGone):
            return known  # a wrong password does not mend itself, but the next one is told the same
        self._rests_until_s = time.monotonic() + REST_S
        self._refusal = gone(self._place, error)
        self._forget_all()
        return self._refusal

    def _forget_all(self) -> None:
        free, self._free = self._free, []
        for connection in free:
            connection.terminate()
