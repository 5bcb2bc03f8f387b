"""`PostgresStore`: the SQL store over PostgreSQL, with its own commit."""

from collections.abc import Sequence
from typing import Final

from stepwell.store.kept import KeepsNames
from stepwell.store.nodes import Mail
from stepwell.store.postgres.commits import Commits
from stepwell.store.postgres.driver import PostgresDriver
from stepwell.store.postgres.mail import MailStatements
from stepwell.store.records import Commit, Fence, Message, Upgrade

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
        self._mail = MailStatements(self._postgres)
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
        """One round of the post; see `protocol.Store.exchange_mail`."""
        return await self._mail.exchange(node_id, sent, read, shards, limit)

    # What executions write

    async def commit(self, commits: Sequence[Commit], fences: Sequence[Fence] = ()) -> dict[int, bytes]:
        """Write all commits in one statement; see `protocol.Store.commit`."""
        return await self._commits.commit(commits, fences)
