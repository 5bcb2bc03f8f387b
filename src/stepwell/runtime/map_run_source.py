"""The children of a Map Run, one after the other: items from state data or a reader, selected, put into batches.

Reading goes on from any checkpoint at which a page began: the same items then make the same children. Nothing is held
but what was asked for: a block of items at a time.
"""

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import aclosing
from itertools import islice
from typing import Any, NamedTuple

from stepwell.asl.states.distributed import ItemReader
from stepwell.asl.states.map import Map
from stepwell.engine.commands import MapPlan, Question
from stepwell.engine.events import Answer
from stepwell.engine.item_inputs import STATE_DATA, ItemInputs
from stepwell.integrations.items import (
    BatchConfig,
    Batcher,
    Block,
    Buckets,
    Checkpoint,
    ItemReaderFailed,
    ItemTooLarge,
    ReaderConfig,
    read_blocks,
)
from stepwell.limits import Limits

log = logging.getLogger("stepwell.runtime")

_CHUNK_ITEMS = 256
_ASKED_ITEMS = 16  # whose questions are put together: each may hold the whole input of the Map

WorkOut = Callable[[tuple[Question, ...]], Awaitable[tuple[Answer, ...]]]
"""Works expressions out that may take long (see `runtime.evaluator`)."""
Place = tuple[int, Any, str | None, str | None]
"""An item and where it stands: its index, value and source, and its key if it is an object's member."""


class Child(NamedTuple):
    """A child that may be started: its input, how many items it has, where reading stood before and after them."""

    number: int
    text: str
    items: int
    before: Checkpoint
    after: Checkpoint


class _Item(NamedTuple):
    value: Any
    key: str | None
    source: str
    after: Checkpoint


class Source:
    """Where the children of one run come from."""

    def __init__(
        self,
        state: Map,
        plan: MapPlan,
        inputs: ItemInputs,
        work_out: WorkOut,
        buckets: Buckets | None,
        limits: Limits,
    ) -> None:
        self._work_out = work_out
        self._state = state
        self._plan = plan
        self._inputs = inputs
        self._buckets = buckets
        self._limits = limits

    @property
    def items_known(self) -> int | None:
        """How many items there are, where that is known beforehand."""
        return None if self._plan.items is None else len(self._plan.items.value)

    async def children(self, index: int, checkpoint: str) -> AsyncGenerator[list[Child], None]:
        """Children from number `index` on, whose items begin at the checkpoint ("" is the outset).

        Raises ItemReaderFailed, and QueryError for an item that the selector cannot take.
        """
        start = Checkpoint.parse(checkpoint) if checkpoint else Checkpoint("")
        maker = _Batches(self._plan, self._limits, index, start) if self._state.item_batcher else None
        blocks = self._blocks(start)
        async with aclosing(blocks):
            async for items in blocks:
                texts = await self._texts(items)
                if maker is None:
                    made, index, start = _singles(items, texts, index, start, self._limits)
                else:
                    made = maker.take(items, texts)
                if made:
                    yield made
        if maker is not None and (last := maker.flush()):
            yield last

    async def _texts(self, items: list[_Item]) -> list[str]:
        if not self._inputs.is_dear:
            text = self._inputs.text
            return [text(item.after.delivered - 1, item.value, item.source, item.key) for item in items]
        places = [(item.after.delivered - 1, item.value, item.source, item.key) for item in items]
        return await dear_texts(self._inputs, places, self._work_out)

    def _blocks(self, start: Checkpoint) -> AsyncGenerator[list[_Item], None]:
        return self._read(start) if self._plan.items is None else self._state_data(start)

    async def _state_data(self, start: Checkpoint) -> AsyncGenerator[list[_Item], None]:
        assert self._plan.items is not None
        items = self._plan.items.value
        pairs: list[tuple[str | None, Any]]
        pairs = list(items.items()) if isinstance(items, dict) else [(None, item) for item in items]
        for at in range(start.delivered, len(pairs), _CHUNK_ITEMS):
            chunk = enumerate(pairs[at : at + _CHUNK_ITEMS], at + 1)
            yield [_Item(value, key, STATE_DATA, start._replace(delivered=done)) for done, (key, value) in chunk]

    async def _read(self, start: Checkpoint) -> AsyncGenerator[list[_Item], None]:
        if self._buckets is None:
            raise ItemReaderFailed("This server has no buckets to read from.")
        parameters = self._plan.reader.value if self._plan.reader is not None else {}
        if not isinstance(parameters, dict):
            raise ItemReaderFailed("The parameters of the item reader must be an object.")
        resume = start if start.delivered else None
        blocks = read_blocks(self._config(), parameters, self._buckets, resume=resume, limits=self._limits)
        async with aclosing(blocks):
            while (items := await _next_items(blocks)) is not None:
                for at in range(0, len(items), _CHUNK_ITEMS):
                    yield items[at : at + _CHUNK_ITEMS]

    def _config(self) -> ReaderConfig:
        reader = self._state.item_reader
        assert reader is not None
        return reader_config(reader, self._plan.max_items)


async def _next_items(blocks: AsyncGenerator[Block, None]) -> list[_Item] | None:
    """The items of the next block, None behind the last.

    Raises ItemReaderFailed, also where a reader itself is at fault: the same items would bring it there again.
    """
    try:
        block = await anext(blocks, None)
        if block is None:
            return None
        return [_Item(item.value, None, item.source, item.checkpoint) for item in block.items()]
    except ItemReaderFailed:
        raise
    except Exception as error:
        log.exception("reading the items of a Map Run failed")
        raise ItemReaderFailed("Reading the items met an internal error; the server's log has it.") from error


async def dear_texts(inputs: ItemInputs, items: Sequence[Place], work_out: WorkOut) -> list[str]:
    """The inputs of items whose selector may take long, worked out elsewhere. Raises QueryError."""
    texts: list[str] = []
    for at in range(0, len(items), _ASKED_ITEMS):
        asked = [inputs.asked(*item) for item in items[at : at + _ASKED_ITEMS]]
        answers = iter(await work_out(tuple(question for one in asked for question in one.questions)))
        texts += [one.text(islice(answers, len(one.questions))) for one in asked]
    return texts


def reader_config(reader: ItemReader, max_items: int) -> ReaderConfig:
    """What a Map's ItemReader says, in the form that readers take; `max_items` may have been read from a path."""
    fields = reader.config
    if fields is None:
        return ReaderConfig(reader.action, max_items=max_items)
    return ReaderConfig(
        resource=reader.action,
        input_type=fields.input_type,
        transformation=fields.transformation,
        manifest_type=fields.manifest_type,
        csv_header_location=fields.csv_header_location,
        csv_headers=fields.csv_headers,
        csv_delimiter=fields.csv_delimiter,
        items_pointer=fields.items_pointer,
        max_items=max_items,
    )


def _singles(
    items: list[_Item], texts: list[str], index: int, start: Checkpoint, limits: Limits
) -> tuple[list[Child], int, Checkpoint]:
    """A child for each item."""
    made = []
    for item, text in zip(items, texts, strict=True):
        if len(text) > limits.payload_bytes_max // 4 and len(text.encode()) > limits.payload_bytes_max:
            raise too_large(len(text.encode()), limits)
        made.append(Child(index, text, 1, start, item.after))
        index += 1
        start = item.after
    return made, index, start


def too_large(size_bytes: int, limits: Limits) -> ItemReaderFailed:
    """An item that no execution could take (the text is ours)."""
    most = limits.payload_bytes_max
    return ItemReaderFailed(f"An item makes an input of {size_bytes} bytes; an execution takes {most}.")


class _Batches:
    """Puts texts into batches and keeps track of where each begins and ends."""

    def __init__(self, plan: MapPlan, limits: Limits, index: int, start: Checkpoint) -> None:
        batch_input = None if plan.batch_input is None else plan.batch_input.text
        bytes_max = min(plan.batch_bytes or limits.payload_bytes_max, limits.payload_bytes_max)
        self._batcher = Batcher(BatchConfig(plan.batch_items, bytes_max, batch_input))
        self._index = index
        self._before = self._last = start
        self._waiting = 0

    def take(self, items: list[_Item], texts: list[str]) -> list[Child]:
        """The batches that these items complete. Raises ItemReaderFailed."""
        return list(self._take(items, texts))

    def _take(self, items: list[_Item], texts: list[str]) -> Iterator[Child]:
        for item, text in zip(items, texts, strict=True):
            try:
                batch = self._batcher.add(text)
            except ItemTooLarge as error:
                raise ItemReaderFailed(str(error)) from None
            if batch is not None:
                without = batch.items == self._waiting  # the new item did not fit any more
                yield self._child(batch.text, batch.items, self._last if without else item.after)
                self._waiting = 1 if without else 0
            else:
                self._waiting += 1
            self._last = item.after

    def flush(self) -> list[Child]:
        """The last batch."""
        batch = self._batcher.flush()
        return [] if batch is None else [self._child(batch.text, batch.items, self._last)]

    def _child(self, text: str, items: int, after: Checkpoint) -> Child:
        child = Child(self._index, text, items, self._before, after)
        self._index += 1
        self._before = after
        return child


async def every(chunks: AsyncGenerator[list[Child], None]) -> AsyncIterator[Child]:
    """The children one by one."""
    async with aclosing(chunks):
        async for chunk in chunks:
            for child in chunk:
                yield child
