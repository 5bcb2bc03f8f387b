"""Groups of commits on their way into the database: one statement each, whose outcome is always found out.

Every shard counts the groups that were written to it. The statement of a group raises that count, and does nothing at
all unless it finds the owner's epoch and the count that the owner knows. So a group is written once, whatever becomes
of the connection: who lost it settles the shard, which waits for a transaction that is under way and counts on by two.
Then an odd difference says that the group was written. An even one says that it was not, and never will be: a statement
that is still on its way finds a count that has moved on.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar

from stepwell.store.driver import Row
from stepwell.store.postgres.driver import TRIES, PostgresDriver, pause
from stepwell.store.postgres.failures import Conflict, ConnectionLost, Stale
from stepwell.store.postgres.group import NameKey, Wave, waves
from stepwell.store.postgres.pool import REST_S, Connection
from stepwell.store.postgres.statement import CHECK_FAILED, STALE, compose
from stepwell.store.protocol import CommitRefused, StaleOwner, StoreError
from stepwell.store.records import Commit, Fence
from stepwell.store.sql import bucket_of

T = TypeVar("T")

Place = tuple[int, int]
"""What a shard is at: the epoch of its owner, and its count."""

Holders = dict[bytes, bytes]
"""Executions that did not get their names, and who has them."""

_SETTLED: Final = 2
"""By how much a shard that is settled counts on; a group counts one."""

_STATEMENTS_MAX: Final = 400


class Commits:
    """Writes groups; at most one at a time to a shard."""

    def __init__(self, driver: PostgresDriver) -> None:
        self._driver = driver
        self._places: dict[int, Place] = {}
        self._turns: dict[int, asyncio.Lock] = {}
        self._statements: dict[tuple[str, ...], str] = {}

    def open(self) -> None:
        """Know nothing of any shard."""
        self._places.clear()
        self._turns.clear()

    async def commit(self, commits: Sequence[Commit], fences: Sequence[Fence]) -> dict[int, bytes]:
        """Write a group; see `protocol.Store.commit`."""
        if not commits:
            return {}
        owned = {fence.shard: fence.epoch for fence in fences}
        written = owned.keys() if owned else {commit.shard for commit in commits}
        if not all(0 <= shard < self._driver.shards for shard in written):
            raise CommitRefused(f"this database has the shards 0 to {self._driver.shards - 1}")
        group = Group(self, commits, frozenset(written))
        async with self._alone(sorted(written)):
            try:
                holders = await self._write(group, owned)
            except BaseException:
                for shard in written:
                    self._places.pop(shard, None)
                raise
        return {at: holders[commit.execution_id] for at, commit in enumerate(commits) if commit.execution_id in holders}

    @asynccontextmanager
    async def _alone(self, shards: Sequence[int]) -> AsyncIterator[None]:
        turns = [self._turns.setdefault(shard, asyncio.Lock()) for shard in shards]
        taken = 0
        try:
            for turn in turns:
                await turn.acquire()
                taken += 1
            yield
        finally:
            for turn in turns[:taken]:
                turn.release()

    async def _write(self, group: "Group", owned: Mapping[int, int]) -> Holders:
        """Write it. Raises StaleOwner, CommitRefused, StoreGone, StoreError; then nothing is on its way any more."""
        for number in range(TRIES):
            places = await self._known_places(group.shards, owned)
            try:
                async with self._driver.pool.lend() as connection:
                    lost = await group.write(connection, places)
            except Conflict:
                await pause(number)
            except Stale:
                await self._look_who_is_stale(places, owned)
            except ConnectionLost:
                if await self._was_written(places, owned):
                    return await group.find_holders(None)
            else:
                self._places.update((shard, (epoch, count + 1)) for shard, (epoch, count) in places.items())
                return await group.find_holders(lost)
        raise StoreError(f"The database {self._driver.address.place} is too busy: {TRIES} tries were in vain.")

    async def _known_places(self, shards: frozenset[int], owned: Mapping[int, int]) -> dict[int, Place]:
        """What each shard is at; settled where that is not known. Raises StaleOwner, StoreGone."""
        known = self._places
        unknown = [
            shard for shard in shards if shard not in known or known[shard][0] != owned.get(shard, known[shard][0])
        ]
        if unknown:
            found = await self._settle(unknown, owned)
            _check_owner(found, {shard: owned[shard] for shard in unknown if shard in owned})
        return {shard: known[shard] for shard in sorted(shards)}

    async def _settle(self, shards: Iterable[int], owned: Mapping[int, int]) -> dict[int, Place]:
        """What shards are at now that nothing is on its way to them which this owner has sent. Raises StoreGone."""
        asked = sorted(shards)
        rows = await self._driver.fetch("settle_shards", asked, [owned.get(shard) for shard in asked])
        found = {shard: (epoch, count) for shard, epoch, count in rows}
        self._places.update(found)
        return found

    async def _look_who_is_stale(self, before: Mapping[int, Place], owned: Mapping[int, int]) -> None:
        """A fence fell. Raises StaleOwner; returns if nobody claims to own these shards, and so may try again."""
        found = await self._settle(before, owned)
        _check_owner(found, owned)
        if owned:  # the epochs stand, but the count does not: the database is not the one that this owner knew
            raise StaleOwner([shard for shard in before if found[shard][1] != before[shard][1] + _SETTLED])

    async def _was_written(self, before: Mapping[int, Place], owned: Mapping[int, int]) -> bool:
        """Find out what became of a group. Takes as long as the database is gone. Raises StaleOwner.

        It was written to all of its shards or to none, so any that nobody took over can tell. One may have been settled
        more than once, when an answer was lost.
        """
        found = await self.insist(lambda: self._settle(before, owned))
        grown = [found[shard][1] - count for shard, (epoch, count) in before.items() if found[shard][0] == epoch]
        told = {growth % _SETTLED for growth in grown}
        if len(told) != 1 or min(grown) < _SETTLED:
            raise StaleOwner(list(before))
        if told == {1}:
            return True
        _check_owner(found, owned)
        return False

    def statement(self, parts: tuple[str, ...]) -> str:
        """The text of the statement of these parts. There are few combinations in practice."""
        text = self._statements.get(parts)
        if text is None:
            if len(self._statements) >= _STATEMENTS_MAX:
                self._statements.clear()
            text = self._statements[parts] = compose(self._driver.queries, parts)
        return text

    def bucket(self, key: bytes) -> int:
        """The bucket of a name's or a list's key."""
        return bucket_of(key, self._driver.buckets)

    async def find_execution(self, name: NameKey) -> bytes | None:
        """Who has a name. Takes as long as the database is gone: the group is written, and that has to be said."""
        rows = await self.insist(lambda: self._driver.fetch("find_execution", *name))
        return rows[0][0] if rows else None

    async def insist(self, read: Callable[[], Awaitable[T]]) -> T:
        """Read, as often as it takes. Raises StoreError when this store is closed meanwhile."""
        while True:
            try:
                return await read()
            except StoreError:
                if self._driver.pool.is_closed:
                    raise
                await asyncio.sleep(REST_S)


def _check_owner(found: Mapping[int, Place], owned: Mapping[int, int]) -> None:
    lost = sorted(shard for shard, epoch in owned.items() if shard not in found or found[shard][0] != epoch)
    if lost:
        raise StaleOwner(lost)


class Group:
    """The commits of one group, cut into waves."""

    def __init__(self, commits: Commits, group: Sequence[Commit], shards: frozenset[int]) -> None:
        self._commits = commits
        self.shards = shards
        self._waves = waves(group)
        self._first = self._wave(self._waves[0], {})

    def _wave(self, commits: Sequence[Commit], holders: Holders) -> Wave:
        wave = Wave(self.shards, self._commits.bucket)
        for commit in commits:
            if commit.execution_id not in holders:
                wave.add(commit)
        return wave

    async def write(self, connection: Connection, places: Mapping[int, Place]) -> list[bytes]:
        """Write the group in one statement, or in a transaction of several; answers who did not get their names.

        Raises Stale, CommitRefused, and what asyncpg raises.
        """
        fence = [(shard, epoch, last_group) for shard, (epoch, last_group) in places.items()]
        if len(self._waves) == 1:
            return await self._run(connection, self._first, fence)
        async with connection.transaction():
            lost = await self._run(connection, self._first, fence)
            gone = dict.fromkeys((*lost, *self._first.rivals), b"")
            for commits in self._waves[1:]:
                await self._run(connection, self._wave(commits, gone), [])
        return lost

    async def _run(self, connection: Connection, wave: Wave, fence: Sequence[tuple[int, int, int]]) -> list[bytes]:
        return _lost_in(await self._fetch(connection, *wave.columns(fence)))

    async def _fetch(self, connection: Connection, parts: tuple[str, ...], parameters: Sequence[Any]) -> Row:
        try:
            row: Any = await connection.fetchrow(self._commits.statement(parts), *parameters)
        except Exception as error:
            if getattr(error, "sqlstate", None) == CHECK_FAILED:
                if STALE in str(error):
                    raise Stale from error
                raise CommitRefused("an execution of this group is not open") from error
            raise
        return tuple(row)

    async def find_holders(self, lost: Sequence[bytes] | None) -> Holders:
        """After the group was written: who has the names that its executions did not get. None: find out which."""
        holders: Holders = {}
        if lost is None or lost:
            for name, execution_id in self._first.claims.items():
                if lost is None or execution_id in lost:
                    holder = await self._commits.find_execution(name)
                    if holder != execution_id:
                        holders[execution_id] = holder or execution_id
        for execution_id, name in self._first.rivals.items():
            claimant = self._first.claims[name]
            holders[execution_id] = holders.get(claimant, claimant)
        return holders


def _lost_in(row: Row) -> list[bytes]:
    """The executions that did not get their names, as a group's statement answers."""
    lost: list[bytes] = row[0]
    return lost
