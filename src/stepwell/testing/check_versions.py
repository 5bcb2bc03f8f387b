"""What every store must do with versions and aliases, and with the lists of executions that belong to them."""

from msgspec.structs import replace

from stepwell.store import AliasRow, RevisionRow, StateMachineRow, Store
from stepwell.testing.store_samples import (
    NOW_MS,
    Checks,
    MakeStore,
    close_of,
    execution_of,
    new_id,
    new_word,
    opened_store,
    start_of,
)

CHECKS = Checks()


async def _machine(store: Store, revisions: int = 1) -> bytes:
    """A machine with so many revisions."""
    machine = StateMachineRow(new_id(), new_word(), "eu-west-1", "orders", "STANDARD", "ACTIVE", NOW_MS)
    first = RevisionRow(machine.id, 1, None, b"{}", "role", b"{}", NOW_MS)
    assert await store.create_state_machine(machine, first)
    for number in range(2, revisions + 1):
        await store.put_revision(replace(first, revision=number, revision_id=f"r{number}"))
    return machine.id


def _alias(machine_id: bytes, name: str, first: int, second: int | None = None) -> AliasRow:
    weights = (100, None) if second is None else (60, 40)
    return AliasRow(machine_id, name, "\ud800\x00 text", first, weights[0], second, weights[1], NOW_MS)


@CHECKS.listed
async def a_revision_is_published_once(make_store: MakeStore) -> None:
    """Published again it is the same version, whatever else is said about it."""
    async with opened_store(make_store) as store:
        machine_id = await _machine(store, 2)
        first = await store.publish_version(machine_id, 1, "one \ud800", NOW_MS)
        assert first is not None and (first.number, first.revision, first.description) == (1, 1, "one \ud800")
        assert await store.publish_version(machine_id, 1, "other", NOW_MS + 1) == first
        second = await store.publish_version(machine_id, 2, None, NOW_MS + 2)
        assert second is not None and (second.number, second.description) == (2, None)
        assert await store.publish_version(machine_id, 3, None, NOW_MS) is None
        assert await store.publish_version(new_id(), 1, None, NOW_MS) is None
    async with opened_store(make_store) as store:
        assert await store.find_version(machine_id, 1) == first
        assert await store.find_version(machine_id, 3) is None
        assert await store.list_versions(machine_id, None, 9) == [second, first]
        assert await store.list_versions(machine_id, 2, 9) == [first]
        assert await store.list_versions(machine_id, None, 1) == [second]
        assert await store.count_versions(machine_id) == 2


@CHECKS.listed
async def a_version_number_is_never_used_again(make_store: MakeStore) -> None:
    """Neither that of the newest version nor, when all are gone, any."""
    async with opened_store(make_store) as store:
        machine_id = await _machine(store, 2)
        await store.publish_version(machine_id, 1, None, NOW_MS)
        await store.publish_version(machine_id, 2, None, NOW_MS)
        assert await store.delete_version(machine_id, 2)
        assert not await store.delete_version(machine_id, 2)
        assert await store.delete_version(machine_id, 1)
    async with opened_store(make_store) as store:
        third = await store.publish_version(machine_id, 2, None, NOW_MS)
        assert third is not None and third.number == 3


@CHECKS.listed
async def a_version_that_an_alias_leads_to_stays(make_store: MakeStore) -> None:
    """By whichever of its two routes."""
    async with opened_store(make_store) as store:
        machine_id = await _machine(store, 3)
        for revision in (1, 2, 3):
            await store.publish_version(machine_id, revision, None, NOW_MS)
        await store.create_alias(_alias(machine_id, "live", 1, 2))
        assert not await store.delete_version(machine_id, 1)
        assert not await store.delete_version(machine_id, 2)
        assert await store.update_alias(_alias(machine_id, "live", 3))
        assert await store.delete_version(machine_id, 1)
        assert await store.delete_version(machine_id, 2)
        await store.delete_alias(machine_id, "live")
        assert await store.delete_version(machine_id, 3)


@CHECKS.listed
async def aliases_lead_to_versions_that_exist(make_store: MakeStore) -> None:
    """An alias with a missing version, or with a name that is taken, is not written."""
    async with opened_store(make_store) as store:
        machine_id = await _machine(store, 2)
        await store.publish_version(machine_id, 1, None, NOW_MS)
        assert not await store.create_alias(_alias(machine_id, "live", 7))
        assert not await store.create_alias(_alias(machine_id, "live", 1, 7))
        assert await store.find_alias(machine_id, "live") is None
        alias = _alias(machine_id, "live", 1)
        assert await store.create_alias(alias)
        assert not await store.create_alias(replace(alias, description=None))
        assert not await store.update_alias(_alias(machine_id, "live", 1, 7))
        assert not await store.update_alias(_alias(machine_id, "test", 1))
        assert await store.find_alias(machine_id, "live") == alias
        await store.publish_version(machine_id, 2, None, NOW_MS)
        changed = replace(_alias(machine_id, "live", 2, 1), description=None, updated_ms=NOW_MS + 5)
        assert await store.update_alias(replace(changed, created_ms=0))
        assert await store.find_alias(machine_id, "live") == changed


@CHECKS.listed
async def aliases_are_listed_as_they_were_made(make_store: MakeStore) -> None:
    """In pages; of a machine, or of one version."""
    async with opened_store(make_store) as store:
        machine_id = await _machine(store, 2)
        await store.publish_version(machine_id, 1, None, NOW_MS)
        await store.publish_version(machine_id, 2, None, NOW_MS)
        made = [_alias(machine_id, "z", 1), _alias(machine_id, "a", 2), replace(_alias(machine_id, "b", 2, 1))]
        made[1].created_ms = made[2].created_ms = NOW_MS + 1
        for alias in reversed(made):
            await store.create_alias(alias)
        assert await store.list_aliases(machine_id, None, None, 2) == made[:2]
        assert await store.list_aliases(machine_id, None, (NOW_MS + 1, "a"), 2) == made[2:]
        assert await store.list_aliases(machine_id, 1, None, 9) == [made[0], made[2]]
        await store.delete_alias(machine_id, "z")
        assert await store.list_aliases(machine_id, None, None, 9) == made[1:]


@CHECKS.listed
async def versions_and_aliases_go_with_their_machine(make_store: MakeStore) -> None:
    """Nothing of them is left."""
    async with opened_store(make_store) as store:
        machine_id = await _machine(store)
        await store.publish_version(machine_id, 1, None, NOW_MS)
        await store.create_alias(_alias(machine_id, "live", 1))
        await store.delete_state_machine(machine_id)
        assert await store.find_version(machine_id, 1) is None
        assert await store.find_alias(machine_id, "live") is None
        assert await store.publish_version(machine_id, 1, None, NOW_MS) is None


@CHECKS.listed
async def executions_are_listed_by_version_and_alias(make_store: MakeStore) -> None:
    """Newest first, in pages and by status, as those of the whole machine are."""
    machine_id = new_id()
    rows = [execution_of(machine_id, started_ms=NOW_MS + step) for step in range(6)]
    for row, (version, alias) in zip(
        rows, [(1, None), (1, "live"), (2, "live"), (None, None), (1, None), (1, "test")], strict=True
    ):
        row.version, row.alias = version, alias
    async with opened_store(make_store) as store:
        await store.commit([start_of(row) for row in rows])
        await store.commit([close_of(rows[0], NOW_MS + 100)])
        assert await store.load_execution(rows[1].id) == rows[1]

        async def names(*arguments: object, **chosen: object) -> list[str]:
            lines = await store.list_executions(machine_id, *arguments, **chosen)  # type: ignore[arg-type]
            return [line.name for _, line in lines]

        def named(*places: int) -> list[str]:
            return [rows[place].name for place in places]

        assert await names(None, None, 9, version=1) == named(0, 5, 4, 1)
        assert await names("RUNNING", None, 9, version=1) == named(5, 4, 1)
        assert await names(None, (NOW_MS + 5, rows[5].id), 1, version=1) == named(4)
        assert await names(None, None, 9, alias="live") == named(2, 1)
        assert await names("SUCCEEDED", None, 9, alias="live") == []
        assert await names(None, None, 9, version=7) == []
        lines = await store.list_executions(machine_id, None, None, 9, alias="live")
        assert [(line.version, line.alias) for _, line in lines] == [(2, "live"), (1, "live")]
