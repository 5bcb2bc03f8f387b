"""ItemBatcher: items are put together into the inputs of child executions, `{"BatchInput": …, "Items": […]}`.

Pure: texts in, texts out. Sizes are those of the whole input in UTF-8, as payload limits are measured (AWS).
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from msgspec import Struct

from stepwell.limits import AWS


class ItemTooLarge(Exception):
    """One item alone makes an input that is larger than a batch may be."""

    def __init__(self, size_bytes: int, bytes_max: int) -> None:
        super().__init__(f"An item makes an input of {size_bytes} bytes; a batch may have {bytes_max}.")
        self.size_bytes = size_bytes
        self.bytes_max = bytes_max


class Batch(NamedTuple):
    """The input text of one child execution, how many items are in it, and its size."""

    text: str
    items: int
    size_bytes: int


class BatchConfig(Struct, frozen=True):
    """The fields of `ItemBatcher`, their paths read. 0 is no limit of items; `batch_input` is JSON text or None."""

    max_items_per_batch: int = 0
    max_input_bytes_per_batch: int = AWS.payload_bytes_max
    batch_input: str | None = None


class Batcher:
    """Takes items as they come and gives a batch as soon as the next item would not fit.

    Where the items come from pages, one batcher lives over all of them: what is left at the end comes from `flush`.
    """

    def __init__(self, config: BatchConfig) -> None:
        self._head = (
            f'{{"BatchInput":{config.batch_input},"Items":[' if config.batch_input is not None else '{"Items":['
        )
        self._empty_bytes = _size(self._head) + 2
        self._items_max = config.max_items_per_batch
        self._bytes_max = config.max_input_bytes_per_batch
        self._texts: list[str] = []
        self._size_bytes = self._empty_bytes

    def add(self, text: str) -> Batch | None:
        """Take an item (compact JSON); the batch that it completed or no longer fitted into, or None.

        Raises `ItemTooLarge` if it does not even fit alone; the items before it are still there for `flush`.
        """
        size = _size(text)
        full = None
        if self._empty_bytes + size > self._bytes_max:
            raise ItemTooLarge(self._empty_bytes + size, self._bytes_max)
        if self._texts and self._size_bytes + 1 + size > self._bytes_max:
            full = self.flush()
        self._size_bytes += size + (1 if self._texts else 0)
        self._texts.append(text)
        if full is None and len(self._texts) == self._items_max:
            full = self.flush()
        return full

    def flush(self) -> Batch | None:
        """The batch of the items that wait, or None if there are none."""
        if not self._texts:
            return None
        batch = Batch(f"{self._head}{','.join(self._texts)}]}}", len(self._texts), self._size_bytes)
        self._texts = []
        self._size_bytes = self._empty_bytes
        return batch


def batches(texts: Iterable[str], config: BatchConfig) -> Iterator[Batch]:
    """Batches over a run of items, the last one included. Raises `ItemTooLarge`."""
    batcher = Batcher(config)
    for text in texts:
        batch = batcher.add(text)
        if batch is not None:
            yield batch
    last = batcher.flush()
    if last is not None:
        yield last


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())
