"""The post of a node: one statement a round, or none, where a commit leaves at the same time that it can go with."""

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from stepwell.store.driver import Row
from stepwell.store.nodes import Mail, message_columns, read_mail
from stepwell.store.postgres.driver import PostgresDriver
from stepwell.store.postgres.statement import compose_exchange
from stepwell.store.records import Message

_SOON_S: Final = 0.003
"""How long a round waits for a commit. Fixed: commits wait for clients, and those for rounds, so a wait that followed
the commits would grow by itself."""

_BUSY_S: Final = 0.1
"""Commits that are further apart are not waited for."""


@dataclass(eq=False)
class Round:
    """One round: the columns of what is sent and of what was read, and what is looked for.

    `lasting`: what it writes is to survive the loss of the database's power.
    """

    parts: dict[str, list[Any]]
    look: list[Any]
    lasting: bool = True
    answer: "asyncio.Future[Row | None]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def settle(self, row: Row | None) -> None:
        """What it has found; None when it did not take place."""
        if not self.answer.done():
            self.answer.set_result(row)


class Rides:
    """Where a round waits for a commit to go with."""

    def __init__(self) -> None:
        self._waiting: Round | None = None
        self._last_s = -math.inf

    @property
    def are_frequent(self) -> bool:
        """Whether a commit left lately."""
        return asyncio.get_running_loop().time() - self._last_s < _BUSY_S

    def wait(self, round_: Round) -> None:
        """Go with the next commit."""
        self._waiting = round_

    def withdraw(self) -> bool:
        """Wait no longer; False when a commit has taken it."""
        waiting, self._waiting = self._waiting, None
        return waiting is not None

    def take(self) -> Round | None:
        """A commit leaves: what goes with it, and is settled by it."""
        self._last_s = asyncio.get_running_loop().time()
        waiting, self._waiting = self._waiting, None
        return waiting


class MailStatements:
    """Rounds by themselves, and those that find a commit."""

    def __init__(self, driver: PostgresDriver, rides: Rides) -> None:
        self._driver = driver
        self._rides = rides
        self._look = compose_exchange(driver.queries, writes=False)
        self._exchange = compose_exchange(driver.queries, writes=True)

    async def exchange(
        self, node_id: bytes, sent: Sequence[Message], read: Sequence[bytes], shards: Sequence[int], limit: int
    ) -> Mail:
        """See `protocol.Store.exchange_mail`."""
        parts: dict[str, list[Any]] = {}
        if sent:
            parts["insert_message"] = list(zip(*map(message_columns, sent), strict=True))
        if read:
            parts["delete_reply"] = [[node_id] * len(read), list(read)]
        lasting = any(message.sender is None for message in sent)
        round_ = Round(parts, [list(shards), limit, node_id, list(read)], lasting)
        messages, replies = await self._along(round_) or await self._alone(round_)
        return read_mail(messages, replies)

    async def _along(self, round_: Round) -> Row | None:
        """With a commit that leaves soon; None if there was none, or it did not arrive."""
        if not self._rides.are_frequent:
            return None
        self._rides.wait(round_)
        try:
            await asyncio.wait([round_.answer], timeout=_SOON_S)
        finally:
            left_here = self._rides.withdraw()
        return None if left_here else await round_.answer

    async def _alone(self, round_: Round) -> Row:
        if not round_.parts:
            rows = await self._driver.ask(self._look, round_.look)
        else:
            sent, gone = (round_.parts.get(part, [()] * columns) for part, columns in _COLUMNS.items())
            rows = await self._driver.change(self._exchange, [*round_.look, *sent, *gone], lasting=round_.lasting)
        return rows[0]


_COLUMNS: Final = {"insert_message": 5, "delete_reply": 2}
