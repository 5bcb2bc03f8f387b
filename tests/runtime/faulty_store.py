"""A store between the runtime and the real one that fails when it is told to: the database's troubles, on demand."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from stepwell.store.protocol import CommitRefused, StoreError
from stepwell.store.records import Commit, Fence, MapRunSave

Hook = Callable[[int], Awaitable[None]]


class FaultyStore:
    """Hands everything on to `inner`. Commits are numbered from 1.

    `down`: every verb raises StoreError. `dead`: no verb ever answers, as for a process that is gone. `failing`: numbers
    of commits that fail with StoreError, nothing written. `refused`: executions whose commits are refused, with how many
    times. `look` is shown each group; `before` and `after` are awaited around each commit (to delay it, or to crash).
    """

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.commits = 0
        self.verbs: Counter[str] = Counter()
        self.groups: list[list[Commit]] = []
        self.down = False
        self.dead = False
        self.failing: set[int] = set()
        self.refused: dict[bytes, int] = {}
        self.look: Callable[[Sequence[Commit]], None] | None = None
        self.before: Hook | None = None
        self.after: Hook | None = None

    @property
    def shards(self) -> int:
        shards: int = self.inner.shards
        return shards

    def __getattr__(self, name: str) -> Any:
        verb = getattr(self.inner, name)

        async def guarded(*arguments: Any, **named: Any) -> Any:
            self.verbs[name] += 1
            await self._check()
            return await verb(*arguments, **named)

        return guarded

    async def _check(self) -> None:
        if self.dead:
            await asyncio.get_running_loop().create_future()
        if self.down:
            raise StoreError("the database is down")

    async def commit(self, commits: Sequence[Commit], fences: Sequence[Fence] = ()) -> dict[int, bytes]:
        self.commits += 1
        number = self.commits
        await self._check()
        if self.before is not None:
            await self.before(number)
            await self._check()
        if number in self.failing:
            raise StoreError(f"commit {number} fails")
        if self.look is not None:
            self.look(commits)
        self._refuse(commits)
        answer: dict[int, bytes] = await self.inner.commit(commits, fences)
        self.groups.append(list(commits))
        if self.after is not None:
            await self.after(number)
        return answer

    async def save_map_run(self, save: MapRunSave, fences: Sequence[Fence] = ()) -> None:
        """A commit of another kind: crashes happen around it, too."""
        await self._check()
        if self.before is not None:
            await self.before(self.commits)
            await self._check()
        await self.inner.save_map_run(save, fences)
        if self.after is not None:
            await self.after(self.commits)

    def _refuse(self, commits: Sequence[Commit]) -> None:
        for commit in commits:
            left = self.refused.get(commit.execution_id, 0)
            if left:
                if len(commits) == 1:
                    self.refused[commit.execution_id] = left - 1
                raise CommitRefused(f"the data of {commit.execution_id.hex()} is bad")
