"""Committed histories with the places of their events: learnt once, then read from any event on.

A place follows from the events before it, so the first look at a history walks it; later ones walk what was added. The
places of the histories looked at last are kept. Texts are not: a page reads the rows that it shows.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from functools import partial
from typing import Final

from stepwell.engine.history import Entry, Turn, blob_numbers, entries
from stepwell.engine.model import Model
from stepwell.engine.places import HistoryEvent, Places
from stepwell.engine.reducer import apply, fork
from stepwell.runtime.codec import decode_turns
from stepwell.runtime.express import Histories
from stepwell.runtime.reader import Reader
from stepwell.store.protocol import Store

PAGE_EVENTS: Final = 1_000
_SLICE_EVENTS: Final = 250
_KEPT_EVENTS_MAX: Final = 500_000
_KEPT_MAX: Final = 256

Batch = tuple[int, Sequence[Turn]]
LoadBatches = Callable[[int, int], Awaitable[Sequence[Batch]]]
"""The batches that hold so many events from an id on."""


class Track:
    """One execution's history."""

    def __init__(self, load: LoadBatches, text: Callable[[int], Awaitable[str]]) -> None:
        self._load = load
        self._text = text
        self._places = Places()
        self._first = 1
        self._next = 1
        self._learning = asyncio.Lock()
        self._latest = Model()
        self._drawing = asyncio.Lock()

    def __len__(self) -> int:
        return len(self._places)

    @property
    def last(self) -> int:
        """The id of the last event that was learnt."""
        return self._next - 1

    async def learn(self) -> int:
        """Learn what was committed since; answers the id of the last event."""
        async with self._learning:
            async for some in self._walk(self._next):
                if not self._places:
                    self._first = some[0].event_id
                for entry in some:
                    self._places.learn(entry)
                self._next = some[-1].event_id + 1
        return self.last

    async def events(self, first: int, limit: int, *, data: bool = True, whole: bool = False) -> list[HistoryEvent]:
        """Events from an id on that were learnt; with payloads and variables, unless they are not wanted."""
        limit = min(limit, self._next - first)
        found = await self._entries(first, limit) if limit > 0 else []
        texts = {}
        for number in {number for entry in found for number in blob_numbers(entry)} if data else ():
            texts[number] = await self._text(number)
        await asyncio.sleep(0)  # a long history is read page by page, and others get their turn
        return [self._places.event(entry, texts.__getitem__, data=data, whole=whole) for entry in found]

    async def model(self, at: int | None = None) -> Model:
        """The picture after an event, or after the last one that was learnt. It is the asker's own."""
        last = self.last if at is None else min(at, self.last)
        async with self._drawing:
            if last >= self._latest.last:
                await self._take_on(self._latest, last)
                return fork(self._latest)
        model = Model()
        await self._take_on(model, last)
        return model

    async def _take_on(self, model: Model, last: int) -> None:
        """Take a picture on to an event."""
        if model.last >= last:
            return
        async with aclosing(self._walk(max(self._first, model.last + 1))) as found:
            async for some in found:
                for entry in some:
                    if entry.event_id > last:
                        return
                    apply(model, self._places.event(entry, str, data=False))

    async def _walk(self, first: int) -> AsyncGenerator[Sequence[Entry], None]:
        """All that was committed from an event on, a few at a time, so that others get their turn in between."""
        while batches := await self._load(first, PAGE_EVENTS):
            found = [entry for at, turns in batches for entry in entries(turns, at) if entry.event_id >= first]
            for place in range(0, len(found), _SLICE_EVENTS):
                yield found[place : place + _SLICE_EVENTS]
                await asyncio.sleep(0)
            first = found[-1].event_id + 1

    async def _entries(self, first: int, limit: int) -> list[Entry]:
        wanted = range(first, first + limit)
        return [
            entry
            for first_event_id, turns in await self._load(first, limit)
            for entry in entries(turns, first_event_id)
            if entry.event_id in wanted
        ]


class Tracks:
    """The histories that were looked at last."""

    def __init__(self, store: Store, reader: Reader, histories: Histories) -> None:
        self._store = store
        self._reader = reader
        self._histories = histories
        self._kept: OrderedDict[bytes | str, Track] = OrderedDict()

    async def of(self, execution_id: bytes) -> Track:
        """The history of a durable execution, learnt to its end."""
        return await self._learnt(execution_id, self._load_rows, partial(self._reader.text, execution_id))

    async def of_express(self, arn: str) -> Track:
        """What is kept of an Express execution's history."""
        return await self._learnt(arn, self._load_kept, _no_text)

    async def _learnt(
        self,
        key: bytes | str,
        load: Callable[[bytes | str, int, int], Awaitable[Sequence[Batch]]],
        text: Callable[[int], Awaitable[str]],
    ) -> Track:
        track = self._kept.get(key)
        if track is None:
            track = self._kept[key] = Track(partial(load, key), text)
        self._kept.move_to_end(key)
        await track.learn()
        while len(self._kept) > _KEPT_MAX or (len(self._kept) > 1 and self._events > _KEPT_EVENTS_MAX):
            self._kept.popitem(last=False)
        return track

    @property
    def _events(self) -> int:
        return sum(map(len, self._kept.values()))

    async def _load_rows(self, execution_id: bytes | str, first: int, limit: int) -> list[Batch]:
        assert isinstance(execution_id, bytes)
        rows = await self._store.load_history(execution_id, first, limit)
        return [(row.first_event_id, decode_turns(row.batch)) for row in rows]

    async def _load_kept(self, arn: bytes | str, first: int, limit: int) -> list[Batch]:
        assert isinstance(arn, str)
        batches = self._histories.batches(arn)
        return [(at, [turn]) for at, turn in batches if at < first + limit and at + len(turn[1]) > first]


async def _no_text(number: int) -> str:
    raise LookupError(f"Express executions put no text apart, yet there is number {number}")
