"""The database as one node sees it: through a network that delays, cuts and repeats, and maybe paused or dead itself."""

import asyncio
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from stepwell.store.protocol import StoreError
from stepwell.store.records import Commit, Fence, Message
from tests.runtime.faulty_store import FaultyStore

_REMEMBERED = 50


class SharedStore(FaultyStore):
    """One node's connection. `pause` stops the node wherever it next touches the database, as SIGSTOP would.

    `trouble` says whether the network may misbehave now, `rates` how much.
    """

    def __init__(self, inner: Any, dice: Random, rates: dict[str, float], trouble: Callable[[], bool]) -> None:
        super().__init__(inner)
        self._dice = dice
        self._rates = rates
        self._trouble = trouble
        self._going = asyncio.Event()
        self._going.set()
        self._old: list[Message] = []
        self.repeated = 0
        self.lost = 0

    def pause(self) -> None:
        self._going.clear()

    def resume(self) -> None:
        self._going.set()

    def _happens(self, what: str) -> bool:
        return self._trouble() and self._dice.random() < self._rates[what]

    async def _check(self) -> None:
        await self._going.wait()
        if self._happens("slow"):
            await asyncio.sleep(self._dice.choice((0.001, 0.05, 0.5)))
        await super()._check()
        if self._happens("cut"):
            raise StoreError("the connection was lost before the request was sent")

    def __getattr__(self, name: str) -> Any:
        guarded = super().__getattr__(name)

        async def and_back(*arguments: Any, **named: Any) -> Any:
            answer = await guarded(*arguments, **named)
            await self._way_back()
            return answer

        return and_back

    async def _way_back(self) -> None:
        """The work is done; whether its answer arrives, and when, is another matter."""
        if self._happens("slow"):
            await asyncio.sleep(self._dice.choice((0.001, 0.05)))
        await self._going.wait()
        if self.dead:
            await asyncio.get_running_loop().create_future()
        if self._happens("cut"):
            raise StoreError("the connection was lost before the answer came: the outcome is unknown")

    async def exchange_mail(
        self, node_id: bytes, sent: Sequence[Message], read: Sequence[bytes], shards: Sequence[int], limit: int
    ) -> tuple[list[Message], list[tuple[bytes, bytes]]]:
        """Some messages are not seen yet, and some are seen that were consumed long ago."""
        await self._check()
        found, replies = await self.inner.exchange_mail(node_id, sent, read, shards, limit)
        await self._way_back()
        kept = [message for message in found if not self._happens("lose")]
        self.lost += len(found) - len(kept)
        if self._old and self._happens("repeat"):
            again = self._dice.choice(self._old)
            if again.shard in shards and again not in kept:
                self.repeated += 1
                kept.append(again)
        self._old = [*self._old, *kept][-_REMEMBERED:]
        return kept, replies

    async def commit(self, commits: Sequence[Commit], fences: Sequence[Fence] = ()) -> dict[int, bytes]:
        """What becomes of a commit is always found out, sooner or later, or by nobody."""
        answer = await super().commit(commits, fences)
        if self._happens("unknown"):
            await asyncio.sleep(self._dice.choice((0.3, 4.0, 12.0)))
        await self._way_back_of_a_commit()
        return answer

    async def _way_back_of_a_commit(self) -> None:
        await self._going.wait()
        if self.dead:
            await asyncio.get_running_loop().create_future()
