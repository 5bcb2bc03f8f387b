"""Which shards this node drives, and the fences that prove it with every write.

A database with one shard is driven by whoever has it open: then all of this is a constant. Otherwise shards come and go
(see `leases`). A node that has not renewed its lease for two thirds of it stops to write: whatever it would write next
might meet another owner. That is a courtesy to its callers, who hear it at once; what keeps rows safe is the fence.
"""

import asyncio
import math
from collections.abc import Iterable, Sequence

from stepwell.runtime.clock import Clock
from stepwell.runtime.refusals import StoreUnavailable
from stepwell.store.protocol import StaleOwner, Store
from stepwell.store.records import Commit, ExpressRow, Fence, MapRunSave, shard_of

_PATIENCE_S = 1.0
_STARTS = 32  # in a row that go to one shard: a group that is written to few shards needs few fences


class Ownership:
    """The shards of this node."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self.shards = 1
        self.lease_ends_ms = math.inf
        self._fences: dict[int, Fence] = {}
        self._leaving: set[int] = set()
        self._starting: list[int] = []
        self._starts = 0
        self._changed = asyncio.Event()
        self._stale: list[int] = []

    def open(self) -> None:
        """Learn how many shards there are; the store is open already."""
        self.shards = self._store.shards
        if not self.is_shared:
            self._starting = [0]

    @property
    def is_shared(self) -> bool:
        """Whether other nodes may drive executions of this database."""
        return self.shards > 1

    def shard_of(self, execution_id: bytes) -> int:
        """The shard of an execution."""
        return 0 if self.shards == 1 else shard_of(execution_id, self.shards)

    # Asked all the time

    def drives(self, execution_id: bytes) -> bool:
        """Whether events of this execution are this node's."""
        if self.shards == 1:
            return True
        shard = shard_of(execution_id, self.shards)
        return shard in self._fences and shard not in self._leaving

    def holds(self, shard: int) -> bool:
        """Whether this node may write to the shard: also one that it is about to let go."""
        return self.shards == 1 or shard in self._fences

    def next_shard(self) -> int:
        """The shard of a new execution. Raises StoreUnavailable when this node has none yet."""
        if self.shards == 1:
            return 0
        if not self._starting:
            raise StoreUnavailable("this node drives no shard yet")
        self._starts += 1
        return self._starting[self._starts // _STARTS % len(self._starting)]

    # Changed by leases

    @property
    def driven(self) -> list[int]:
        """The shards whose events are this node's."""
        return self._starting

    @property
    def held(self) -> list[int]:
        """All shards that this node may write to."""
        return list(self._fences)

    @property
    def home(self) -> int | None:
        """The shard that stays longest: what cannot be handed over lives there."""
        if self.shards == 1:
            return 0
        return self._starting[0] if self._starting else None

    def fence(self, shard: int) -> Fence | None:
        """The proof of a shard."""
        return self._fences.get(shard)

    def add(self, fence: Fence) -> None:
        """The shard is this node's."""
        self._fences[fence.shard] = fence
        self._leaving.discard(fence.shard)
        self._starting = [shard for shard in self._fences if shard not in self._leaving]

    def leave(self, shards: Iterable[int]) -> None:
        """New events of these shards go to their next owner; what is under way is still written."""
        self._leaving.update(shards)
        self._starting = [shard for shard in self._fences if shard not in self._leaving]

    def remove(self, shards: Iterable[int]) -> None:
        """The shards are this node's no more."""
        for shard in shards:
            self._fences.pop(shard, None)
            self._leaving.discard(shard)
        self._starting = [shard for shard in self._fences if shard not in self._leaving]
        self._note_change()

    def renew(self, until_ms: float) -> None:
        """The lease was renewed."""
        self.lease_ends_ms = until_ms
        self._note_change()

    def take_stale(self) -> list[int]:
        """The shards that went away since a write has met another owner's epoch. Asked once."""
        stale, self._stale = self._stale, []
        return stale

    def _lose(self, error: StaleOwner) -> StaleOwner:
        self._stale.extend(shard for shard in error.shards if shard in self._fences)
        self.remove(error.shards)
        return error

    def _note_change(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    # Writes

    @property
    def is_current(self) -> bool:
        """Whether the lease is known to last."""
        return self.shards == 1 or self._clock.now_ms() < self.lease_ends_ms

    async def until_known(self) -> None:
        """Return when the lease is known to last, or nothing is this node's any more."""
        while self._fences and not self.is_current:
            await self._changed.wait()

    async def _await_renewal(self) -> None:
        """A machine that is short of breath renews a little late: that is no reason to refuse anybody."""
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await self.until_known()
        except TimeoutError:
            pass

    def fences_of(self, shards: Iterable[int]) -> Sequence[Fence]:
        """The proofs for a write to these shards. Raises StaleOwner, StoreUnavailable."""
        if self.shards == 1:
            return ()
        wanted = sorted(set(shards))
        missing = [shard for shard in wanted if shard not in self._fences]
        if missing:
            raise StaleOwner(missing)
        if not self.is_current:
            raise StoreUnavailable("this node's lease has run out, and the database does not renew it")
        return [self._fences[shard] for shard in wanted]

    async def commit(self, commits: Sequence[Commit]) -> dict[int, bytes]:
        """`Store.commit` with this node's fences. Raises StoreUnavailable besides."""
        if not self.is_current:
            await self._await_renewal()
        fences = self.fences_of(commit.shard for commit in commits)
        try:
            return await self._store.commit(commits, fences)
        except StaleOwner as error:
            raise self._lose(error) from error

    async def write_express(self, begun: Sequence[ExpressRow], ended: Sequence[bytes]) -> None:
        """`Store.write_express` with this node's fences; ends in shards of others are theirs to find out."""
        ended = [execution_id for execution_id in ended if self.holds(self.shard_of(execution_id))]
        shards = [*(row.shard for row in begun), *map(self.shard_of, ended)]
        fences = self.fences_of(shards)
        try:
            await self._store.write_express(begun, ended, fences)
        except StaleOwner as error:
            raise self._lose(error) from error

    async def save_map_run(self, save: MapRunSave) -> None:
        """`Store.save_map_run` with this node's fence. Raises StoreUnavailable besides."""
        fences = self.fences_of((save.row.shard,))
        try:
            await self._store.save_map_run(save, fences)
        except StaleOwner as error:
            raise self._lose(error) from error
