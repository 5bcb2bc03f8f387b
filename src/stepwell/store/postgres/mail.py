"""The post of a node: one statement a round."""

from collections.abc import Sequence
from typing import Final

from stepwell.store.nodes import Mail, message_columns, read_mail
from stepwell.store.postgres.driver import PostgresDriver
from stepwell.store.postgres.statement import compose_exchange
from stepwell.store.records import Message

_MESSAGE_COLUMNS: Final = 5


class MailStatements:
    """The statements of rounds that write something, and of those that only look."""

    def __init__(self, driver: PostgresDriver) -> None:
        self._driver = driver
        self._look = compose_exchange(driver.queries, writes=False)
        self._exchange = compose_exchange(driver.queries, writes=True)

    async def exchange(
        self, node_id: bytes, sent: Sequence[Message], read: Sequence[bytes], shards: Sequence[int], limit: int
    ) -> Mail:
        """See `protocol.Store.exchange_mail`.

        A request whose sender waits is not flushed to the disk: if the database loses its power, the sender asks again.
        """
        look = [list(shards), limit, node_id, list(read)]
        if not sent and not read:
            rows = await self._driver.ask(self._look, look)
        else:
            messages = zip(*map(message_columns, sent), strict=True) if sent else [()] * _MESSAGE_COLUMNS
            gone = ([node_id] * len(read), list(read))
            lasting = any(message.sender is None for message in sent)
            rows = await self._driver.change(self._exchange, [*look, *messages, *gone], lasting=lasting)
        return read_mail(*rows[0])
