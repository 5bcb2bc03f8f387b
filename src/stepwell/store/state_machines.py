"""The verbs of state machines, for every SQL database: their revisions, versions and aliases."""

from typing import Final

from stepwell.store.driver import Driver, Row, decode, encode
from stepwell.store.protocol import CommitRefused
from stepwell.store.records import AliasRow, RevisionRow, StateMachineRow, VersionRow

_AFTER_ALL: Final = (1 << 63) - 1


class SqlStateMachines:
    """The part of a store (see `protocol.Store`) that keeps state machines."""

    _driver: Driver

    async def create_state_machine(self, machine: StateMachineRow, revision: RevisionRow) -> bool:
        """False, and nothing written, when (account, region, name) is taken."""
        name = (machine.id, machine.account, machine.region, machine.name)
        row = (*name, machine.type, machine.status, machine.created_ms, machine.revision)
        steps = [("insert_state_machine", row), ("insert_revision", _revision_row(revision))]
        inserted = await self._driver.write(steps)
        return inserted[0] == 1

    async def find_state_machine(self, account: str, region: str, name: str) -> StateMachineRow | None:
        """A state machine by its name."""
        rows = await self._driver.fetch("find_state_machine", account, region, name)
        return StateMachineRow(*rows[0]) if rows else None

    async def load_state_machine(self, machine_id: bytes) -> StateMachineRow | None:
        """A state machine by its id."""
        rows = await self._driver.fetch("load_state_machine", machine_id)
        return StateMachineRow(*rows[0]) if rows else None

    async def load_revision(self, machine_id: bytes, revision: int) -> RevisionRow | None:
        """One revision of a state machine."""
        rows = await self._driver.fetch("load_revision", machine_id, revision)
        if not rows:
            return None
        row = RevisionRow(*rows[0])
        row.role_arn = decode(rows[0][4])
        return row

    async def put_revision(self, revision: RevisionRow) -> None:
        """Add a revision and make it the current one. Raises CommitRefused: number taken, or no such machine."""
        current = (revision.machine_id, revision.revision)
        steps = [("insert_revision", _revision_row(revision)), ("set_current_revision", current)]
        if (await self._driver.write(steps))[0] == 0:
            raise CommitRefused("There is no such state machine: it was deleted meanwhile.")

    async def mark_deleting(self, machine_id: bytes) -> None:
        """Set the machine's status to DELETING."""
        await self._driver.write([("mark_deleting", (machine_id,))])

    async def list_deleting(self) -> list[StateMachineRow]:
        """All state machines whose deletion has begun, of every account and region."""
        return [StateMachineRow(*row) for row in await self._driver.fetch("list_deleting")]

    async def delete_state_machine(self, machine_id: bytes) -> None:
        """Remove the machine, its revisions, versions and aliases; rows of its executions stay until retention."""
        parts = ("delete_state_machine", "delete_revisions", "delete_versions", "delete_aliases")
        await self._driver.write([(part, (machine_id,)) for part in parts])

    async def list_state_machines(
        self, account: str, region: str, after: str | None, limit: int
    ) -> list[StateMachineRow]:
        """In order of name, those after the given name."""
        rows = await self._driver.fetch("list_state_machines", account, region, after or "", limit)
        return [StateMachineRow(*row) for row in rows]

    # Versions and aliases

    async def publish_version(
        self, machine_id: bytes, revision: int, description: str | None, created_ms: int
    ) -> VersionRow | None:
        """Publish a revision, or find that it is; None when there is no such revision."""
        row = (machine_id, revision, None if description is None else encode(description), created_ms)
        await self._driver.write([("insert_version", row), ("count_version", (machine_id,))])
        rows = await self._driver.fetch("find_version_of_revision", machine_id, revision)
        return _version(rows[0]) if rows else None

    async def find_version(self, machine_id: bytes, number: int) -> VersionRow | None:
        """A version by its number."""
        rows = await self._driver.fetch("find_version", machine_id, number)
        return _version(rows[0]) if rows else None

    async def list_versions(self, machine_id: bytes, before: int | None, limit: int) -> list[VersionRow]:
        """Newest first, those below the given number."""
        rows = await self._driver.fetch("list_versions", machine_id, _AFTER_ALL if before is None else before, limit)
        return [_version(row) for row in rows]

    async def count_versions(self, machine_id: bytes) -> int:
        """How many versions a machine has."""
        count: int = (await self._driver.fetch("count_versions", machine_id))[0][0]
        return count

    async def delete_version(self, machine_id: bytes, number: int) -> bool:
        """Remove a version; False when there is none or an alias leads to it."""
        return (await self._driver.write([("delete_version", (machine_id, number))]))[0] == 1

    async def create_alias(self, alias: AliasRow) -> bool:
        """Create an alias; False when its name is taken or a version is missing."""
        row = (*_alias_row(alias), alias.created_ms, alias.updated_ms)
        return (await self._driver.write([("insert_alias", row)]))[0] == 1

    async def update_alias(self, alias: AliasRow) -> bool:
        """Write an alias anew; False when it or a version is missing."""
        return (await self._driver.write([("update_alias", (*_alias_row(alias), alias.updated_ms))]))[0] == 1

    async def find_alias(self, machine_id: bytes, name: str) -> AliasRow | None:
        """An alias by its name."""
        rows = await self._driver.fetch("find_alias", machine_id, name)
        return _alias(rows[0]) if rows else None

    async def list_aliases(
        self, machine_id: bytes, version: int | None, after: tuple[int, str] | None, limit: int
    ) -> list[AliasRow]:
        """In order of creation, those after the given place; those that lead to a version, if one is given."""
        rows = await self._driver.fetch("list_aliases", machine_id, *(after or (-1, "")), limit, version)
        return [_alias(row) for row in rows]

    async def delete_alias(self, machine_id: bytes, name: str) -> None:
        """Remove an alias; one that is not there is no error."""
        await self._driver.write([("delete_alias", (machine_id, name))])


def _revision_row(revision: RevisionRow) -> Row:
    row = (revision.machine_id, revision.revision, revision.revision_id, revision.definition)
    return (*row, encode(revision.role_arn), revision.settings, revision.created_ms)


def _version(row: Row) -> VersionRow:
    machine_id, number, revision, description, created_ms = row
    return VersionRow(machine_id, number, revision, None if description is None else decode(description), created_ms)


def _alias_row(alias: AliasRow) -> Row:
    description = None if alias.description is None else encode(alias.description)
    first, second = (alias.first_version, alias.first_weight), (alias.second_version, alias.second_weight)
    return (alias.machine_id, alias.name, description, *first, *second)


def _alias(row: Row) -> AliasRow:
    machine_id, name, description, *rest = row
    return AliasRow(machine_id, name, None if description is None else decode(description), *rest)
