"""`PostgresStore`: the SQL store over PostgreSQL, with its own commit."""

from collections.abc import Sequence
from typing import Any, Final

from stepwell.store.driver import Row
from stepwell.store.kept import KeepsNames
from stepwell.store.nodes import Mail, message_columns, read_mail
from stepwell.store.postgres.commits import Commits
from stepwell.store.postgres.driver import PostgresDriver
from stepwell.store.postgres.statement import compose_exchange
from stepwell.store.records import Commit, Fence, Message, Upgrade

_MESSAGE_COLUMNS: Final = 5

_NAME_S: Final = 1.0
"""How long a name may be taken for what it was, since other nodes may change it. AWS: executions that start within
a few seconds of an update may use the previous definition (UpdateStateMachine)."""


class PostgresStore(KeepsNames):
    """A store in one schema of a PostgreSQL database: `postgresql://user:password@host/name?schema=stepwell`.

    `durable=False` gives up what the last half second wrote when the database's machine loses its power.
    """

    def __init__(self, database: str, *, durable: bool = True, connections: int = 8) -> None:
        self._postgres = PostgresDriver(database, durable=durable, connections=connections)
        self._commits = Commits(self._postgres)
        queries = self._postgres.queries
        self._look_for_mail = compose_exchange(queries, writes=False)
        self._exchange_mail = compose_exchange(queries, writes=True)
        super().__init__(self._postgres, _NAME_S)

    async def open(self) -> None:
        """Connect, migrate. Raises StoreNewer, StoreGone, StoreError."""
        await super().open()
        self._commits.open()

    async def survey(self) -> Upgrade:
        """What `open` would change about the schema; nothing is changed. Raises StoreNewer, StoreGone, StoreError."""
        return await self._postgres.survey()

    async def exchange_mail(
        self, node_id: bytes, sent: Sequence[Message], read: Sequence[bytes], shards: Sequence[int], limit: int
    ) -> Mail:
        """One round of the post in one statement; see `protocol.Store.exchange_mail`."""
        parameters: list[Any] = [list(shards), limit, node_id, list(read)]
        if not sent and not read:
            return _mail(await self._postgres.ask(self._look_for_mail, parameters))
        columns = zip(*map(message_columns, sent), strict=True) if sent else [()] * _MESSAGE_COLUMNS
        parameters.extend(columns)
        parameters.extend(([node_id] * len(read), list(read)))
        return _mail(await self._postgres.change(self._exchange_mail, parameters))

    # What executions write

    async def commit(self, commits: Sequence[Commit], fences: Sequence[Fence] = ()) -> dict[int, bytes]:
        """Write all commits in one statement; see `protocol.Store.commit`."""
        return await self._commits.commit(commits, fences)


def _mail(rows: Sequence[Row]) -> Mail:
    messages, replies = rows[0]
    return read_mail(messages, replies)
