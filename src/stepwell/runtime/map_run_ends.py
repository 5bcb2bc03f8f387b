"""How the children of a Map Run ended, as it was written down. Of a child that was redriven the last end counts.

Ends are read a few parts at a time, so memory does not depend on their number. Of a run that was redriven each page is
looked through before, for the ends that were superseded.
"""

from collections.abc import AsyncIterator
from typing import Final

from stepwell.engine.map_run import PAGE_CHILDREN
from stepwell.runtime.map_run_codec import ChildEnd, decode_ends
from stepwell.store.protocol import Store

_PARTS: Final = 8

Place = tuple[int, int]  # part, and which end of it
Position = tuple[int, int, int]  # page, part, ends of it that are done, from its last on


class Ends:
    """The ends of one run."""

    def __init__(self, store: Store, run_id: bytes, *, redriven: bool) -> None:
        self._store = store
        self._run_id = run_id
        self._redriven = redriven
        self._page = -1
        self._last: dict[int, Place] = {}

    async def forward(self) -> AsyncIterator[ChildEnd]:
        """Page by page."""
        after: tuple[int, int] | None = None
        while parts := await self._store.load_map_run_parts(self._run_id, after, _PARTS):
            for part in parts:
                await self._look_through(part.page)
                for place, end in enumerate(decode_ends(part.results)):
                    if self._counts((part.part, place), end):
                        yield end
            after = (parts[-1].page, parts[-1].part)

    async def back(self, position: Position | None) -> AsyncIterator[tuple[ChildEnd, Position]]:
        """The newest first by page, each with the position after it."""
        before = None if position is None else (position[0], position[1] + 1)
        while parts := await self._store.load_map_run_parts_back(self._run_id, before, _PARTS):
            for part in parts:
                await self._look_through(part.page)
                ends = decode_ends(part.results)
                done = position[2] if position is not None and (part.page, part.part) == tuple(position[:2]) else 0
                for place in reversed(range(len(ends) - done)):
                    if self._counts((part.part, place), ends[place]):
                        yield ends[place], (part.page, part.part, len(ends) - place)
            before = (parts[-1].page, parts[-1].part)

    async def of(self, number: int) -> ChildEnd | None:
        """The last end of one child."""
        found = None
        for part in await self._store.load_map_run_parts_of(self._run_id, number // PAGE_CHILDREN):
            for end in decode_ends(part.results):
                if end.number == number:
                    found = end
        return found

    def _counts(self, place: Place, end: ChildEnd) -> bool:
        return self._last.get(end.number, place) == place

    async def _look_through(self, page: int) -> None:
        """Learn which ends of a page are the last of their children."""
        if not self._redriven or page == self._page:
            return
        self._page, self._last = page, {}
        after = (page, -1)
        while parts := await self._store.load_map_run_parts(self._run_id, after, _PARTS):
            for part in parts:
                if part.page != page:
                    return
                ends = enumerate(decode_ends(part.results))
                self._last.update((end.number, (part.part, place)) for place, end in ends)
            after = (page, parts[-1].part)
