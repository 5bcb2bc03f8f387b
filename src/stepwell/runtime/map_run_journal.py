"""What a Map Run writes: ends of children in groups, with the pages that they belong to in the same transaction.

Whatever was not written did not happen. A store that fails is asked again until it answers.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from stepwell.engine.map_run import MapRun, Page
from stepwell.runtime.map_run_codec import ChildEnd, Progress, encode_ends, encode_page, encode_progress
from stepwell.runtime.ownership import Ownership
from stepwell.runtime.refusals import StoreUnavailable
from stepwell.store.protocol import StoreError
from stepwell.store.records import MapRunPart, MapRunRow, MapRunSave

log = logging.getLogger("stepwell.runtime")

SAVE_S: Final = 0.1
_SAVE_BYTES: Final = 1_048_576
_RETRY_S: Final = 0.2
_T = TypeVar("_T")


class Journal:
    """Of one run. `told` is how many children were ever known, `after` the checkpoint behind the last of them.

    After a crash children are told again, from the first page on that was open: these two never go back.
    """

    def __init__(self, ownership: Ownership, row: MapRunRow, aggregate: MapRun, progress: Progress) -> None:
        self._ownership = ownership
        self._row = row
        self._aggregate = aggregate
        self._ends: dict[int, list[ChildEnd]] = {}
        self._unsaved_bytes = 0
        self._loop = asyncio.get_running_loop()
        self._saved_s = self._loop.time()
        self.changed = False  # something else than an end is to be written
        self.written = progress.written
        self.exported = progress.exported
        self.told = progress.told
        self.after = progress.after

    def advance(self, number: int, after: str) -> None:
        """Child `number` was told, and those before it; reading stands at `after`."""
        if number >= self.told:
            self.told = number + 1
            self.after = after

    def note(self, page: Page, end: ChildEnd) -> None:
        """A child's end that counts."""
        self._ends.setdefault(page.number, []).append(end)
        self._unsaved_bytes += end.size

    @property
    def has_unsaved(self) -> bool:
        """Whether there is something to write."""
        return bool(self._ends) or self.changed

    @property
    def is_due(self) -> bool:
        """Whether it is time to."""
        if not self.has_unsaved:
            return False
        return self._unsaved_bytes > _SAVE_BYTES or self._loop.time() - self._saved_s > SAVE_S

    @property
    def where(self) -> tuple[int, str]:
        """The page at which reading would go on, and the checkpoint before it."""
        first = self._aggregate.first_open
        return (self._aggregate.next_page, self.after) if first is None else (first.number, first.checkpoint)

    async def save(self) -> None:
        """Write what has happened since the last time."""
        aggregate = self._aggregate
        ends, self._ends = self._ends, {}
        self._unsaved_bytes, self.changed = 0, False
        parts = []
        for number, found in sorted(ends.items()):
            page = aggregate.pages[number]
            parts.append(MapRunPart(number, page.parts, encode_ends(found)))
            page.parts += 1
        dirty = [page for page in aggregate.pages.values() if page.dirty]
        pages = [(page.number, encode_page(page)) for page in dirty]
        for page in dirty:
            page.dirty = False
        self._row.progress = self._progress()
        save = MapRunSave(self._row, pages, parts)
        await self.retried(lambda: self._ownership.save_map_run(save))
        aggregate.drop_over()
        self._saved_s = self._loop.time()

    def _progress(self) -> bytes:
        aggregate = self._aggregate
        counts = (aggregate.snapshot(), aggregate.counts, aggregate.items)
        return encode_progress(Progress(*counts, self.written, *self.where, self.told, self.after, self.exported))

    async def close(self) -> None:
        """The parent has heard of the end, or does not want to."""
        self._row.told = 1
        await self.retried(lambda: self._ownership.save_map_run(MapRunSave(self._row)))

    async def retried(self, work: Callable[[], Awaitable[_T]]) -> _T:
        """What the store answers, once it does."""
        while True:
            try:
                return await work()
            except (StoreError, StoreUnavailable) as error:
                log.error("Map Run %s waits for the database: %s", self._row.id.hex(), error)
                await asyncio.sleep(_RETRY_S)
