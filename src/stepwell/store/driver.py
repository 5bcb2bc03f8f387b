"""What a database does for a store, and how text goes into its columns."""

from collections.abc import Sequence
from typing import Any, Protocol

from stepwell.store.records import Fence

Row = tuple[Any, ...]
Step = tuple[str, Row]
"""A query's name and its parameters."""

Rows = tuple[str, Sequence[Row]]
"""A query's name, and the parameters of each row that it is about."""


class Driver(Protocol):
    """What a database does for the store."""

    shards: int
    buckets: int

    async def open(self) -> None:
        """Open, lock and migrate. Raises StoreBusy, StoreNewer, StoreError."""

    async def close(self) -> None: ...

    async def fetch(self, query: str, *parameters: Any) -> list[Row]:
        """The rows of one query, of committed data. A parameter may be a list of numbers."""

    async def read(self, steps: Sequence[Step]) -> list[list[Row]]:
        """The rows of several queries that see the same moment."""

    async def write(self, steps: Sequence[Step], fences: Sequence[Fence] = ()) -> list[int]:
        """Run writes in one durable transaction; answers how many rows each changed. Raises StaleOwner."""

    async def write_rows(self, steps: Sequence[Rows], fences: Sequence[Fence] = ()) -> list[int]:
        """The same of many rows: each query for all of its rows, which do not depend on each other."""


def encode(text: str) -> bytes:
    """User text as a column holds it: UTF-8, in which lone surrogates (legal in JSON) survive."""
    return text.encode("utf-8", "surrogatepass")


def decode(column: bytes) -> str:
    """The text of such a column."""
    return column.decode("utf-8", "surrogatepass")
