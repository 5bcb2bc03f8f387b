"""What every store must do, as a list of small checks: a backend is right when all of them pass.

A check is handed `make_store`, which makes a store that is not open yet; all that one `make_store` makes are of one
database, so that a check can close it and open it again. Checks use ids of their own and may share a database.

    @pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
    async def test_my_store(check): await check(lambda: MyStore("somewhere"))
"""

from msgspec.structs import replace

from stepwell.store import (
    ActivityRow,
    ActivityTaskRow,
    ExpressRow,
    HistoryRow,
    ListingRow,
    OpenRow,
    RevisionRow,
    StateMachineRow,
    Store,
)
from stepwell.testing.check_commits import CHECKS as COMMIT_CHECKS
from stepwell.testing.check_documents import CHECKS as DOCUMENT_CHECKS
from stepwell.testing.check_map_runs import CHECKS as MAP_RUN_CHECKS
from stepwell.testing.check_nodes import CHECKS as NODE_CHECKS
from stepwell.testing.check_retention import CHECKS as RETENTION_CHECKS
from stepwell.testing.check_versions import CHECKS as VERSION_CHECKS
from stepwell.testing.store_samples import (
    AWKWARD,
    BIG,
    NOW_MS,
    SHARD,
    Checks,
    MakeStore,
    close_of,
    execution_of,
    new_id,
    new_word,
    opened_store,
    refused,
    start_of,
    step_of,
)

CHECKS = Checks(
    [
        *COMMIT_CHECKS,
        *VERSION_CHECKS,
        *MAP_RUN_CHECKS,
        *RETENTION_CHECKS,
        *NODE_CHECKS,
        *DOCUMENT_CHECKS,
    ]
)
"""All checks; they depend on nothing but a store that can be made."""


async def check_store(make_store: MakeStore) -> None:
    """Run all checks against one database. Raises AssertionError at the first promise that is not kept."""
    for check in CHECKS:
        await check(make_store)


def _machine(account: str, name: str) -> tuple[StateMachineRow, RevisionRow]:
    machine = StateMachineRow(new_id(), account, "eu-west-1", name, "STANDARD", "ACTIVE", NOW_MS)
    role = "arn:aws:iam::123456789012:role/\x00\ud800é"
    return machine, RevisionRow(machine.id, 1, None, AWKWARD, role, b"{}", NOW_MS)


# State machines


@CHECKS.listed
async def state_machines_are_found_by_name_and_id(make_store: MakeStore) -> None:
    """What was created is found again, also after the store was opened anew."""
    account = new_word()
    machine, revision = _machine(account, "orders")
    async with opened_store(make_store) as store:
        assert await store.create_state_machine(machine, revision)
    async with opened_store(make_store) as store:
        assert await store.find_state_machine(account, "eu-west-1", "orders") == machine
        assert await store.find_state_machine(account, "eu-west-2", "orders") is None
        assert await store.load_state_machine(machine.id) == machine
        assert await store.load_revision(machine.id, 1) == revision
        assert await store.load_revision(machine.id, 2) is None


@CHECKS.listed
async def a_taken_machine_name_creates_nothing(make_store: MakeStore) -> None:
    """The second machine of a name leaves no row behind."""
    account = new_word()
    first, second = _machine(account, "orders"), _machine(account, "orders")
    async with opened_store(make_store) as store:
        assert await store.create_state_machine(*first)
        assert not await store.create_state_machine(*second)
        assert await store.find_state_machine(account, "eu-west-1", "orders") == first[0]
        assert await store.load_state_machine(second[0].id) is None
        assert await store.load_revision(second[0].id, 1) is None


@CHECKS.listed
async def a_new_revision_becomes_the_current_one(make_store: MakeStore) -> None:
    """Executions of the old revision still find it; a number is used once."""
    machine, first = _machine(new_word(), "orders")
    second = replace(first, revision=2, revision_id="r2", definition=b"{}")
    async with opened_store(make_store) as store:
        await store.create_state_machine(machine, first)
        await store.put_revision(second)
        assert await store.load_state_machine(machine.id) == replace(machine, revision=2)
        assert await store.load_revision(machine.id, 1) == first
        assert await store.load_revision(machine.id, 2) == second
        await refused(store.put_revision(replace(second, definition=b"other")))
        assert await store.load_revision(machine.id, 2) == second


@CHECKS.listed
async def a_revision_of_no_machine_is_refused(make_store: MakeStore) -> None:
    """A machine may be deleted while it is updated."""
    machine, revision = _machine(new_word(), "orders")
    async with opened_store(make_store) as store:
        await refused(store.put_revision(revision))
        assert await store.load_revision(machine.id, 1) is None


@CHECKS.listed
async def a_deleted_machine_frees_its_name(make_store: MakeStore) -> None:
    """First its status says so, then it is gone."""
    account = new_word()
    machine, revision = _machine(account, "orders")
    async with opened_store(make_store) as store:
        await store.create_state_machine(machine, revision)
        assert machine not in await store.list_deleting()
        await store.mark_deleting(machine.id)
        assert await store.load_state_machine(machine.id) == replace(machine, status="DELETING")
        assert replace(machine, status="DELETING") in await store.list_deleting()
        await store.delete_state_machine(machine.id)
        assert replace(machine, status="DELETING") not in await store.list_deleting()
        assert await store.find_state_machine(account, "eu-west-1", "orders") is None
        assert await store.load_state_machine(machine.id) is None
        assert await store.create_state_machine(*_machine(account, "orders"))


@CHECKS.listed
async def state_machines_are_listed_by_name(make_store: MakeStore) -> None:
    """In pages, of one account and region."""
    account = new_word()
    async with opened_store(make_store) as store:
        for name in ("beta", "alpha", "gamma", "Zeta"):
            await store.create_state_machine(*_machine(account, name))
        await store.create_state_machine(*_machine(new_word(), "delta"))
        first = await store.list_state_machines(account, "eu-west-1", None, 3)
        assert [machine.name for machine in first] == ["Zeta", "alpha", "beta"]
        assert [row.name for row in await store.list_state_machines(account, "eu-west-1", "beta", 3)] == ["gamma"]
        assert await store.list_state_machines(account, "us-east-1", None, 3) == []


# Express executions


@CHECKS.listed
async def open_express_executions_are_kept_until_they_end(make_store: MakeStore) -> None:
    """With all that it takes to begin them again, in order of id, in pages."""
    rows = [ExpressRow(new_id(NOW_MS + n), SHARD, new_id(), 3, "e", NOW_MS, AWKWARD, n or None) for n in range(3)]
    async with opened_store(make_store) as store:
        await store.write_express(rows[1:], [])
        await store.write_express(rows[:1], [new_id()])
    async with opened_store(make_store) as store:

        async def left(after: bytes = b"", limit: int = 1_000) -> list[ExpressRow]:
            return [row for row in await store.scan_express(SHARD, after, limit) if row in rows]

        assert await left() == rows
        assert await left(rows[0].id) == rows[1:]
        assert len(await store.scan_express(SHARD, b"", 2)) == 2
        await store.write_express([], [rows[1].id])
        assert await left() == [rows[0], rows[2]]
        await store.write_express([], [row.id for row in rows])
        assert await left() == []


# History


async def _with_history(store: Store) -> bytes:
    """An execution whose batches hold the events 1-3, 4-5, 6, 7-16."""
    execution = execution_of(new_id())
    await store.commit([start_of(execution)])
    batches = [HistoryRow(4, 2, b"batch 2"), HistoryRow(6, 1, b"batch 3"), HistoryRow(7, 10, AWKWARD)]
    await store.commit([replace(step_of(execution), history=batches)])
    return execution.id


@CHECKS.listed
async def history_is_read_forward(make_store: MakeStore) -> None:
    """From any event, in whole batches, no more of them than asked for."""
    async with opened_store(make_store) as store:
        execution_id = await _with_history(store)
        wanted = {
            (1, 3): [1], (1, 4): [1, 4], (2, 2): [1], (3, 2): [1, 4], (4, 1): [4], (5, 2): [4, 6], (6, 5): [6, 7],
            (16, 9): [7], (17, 5): [], (1, 1000): [1, 4, 6, 7],
        }  # fmt: skip
        for (first, limit), batches in wanted.items():
            found = await store.load_history(execution_id, first, limit)
            assert [row.first_event_id for row in found] == batches, (first, limit)
        last = (await store.load_history(execution_id, 7, 1))[0]
        assert last == HistoryRow(7, 10, AWKWARD)


@CHECKS.listed
async def history_is_read_backward(make_store: MakeStore) -> None:
    """From the end or from any event, newest batch first."""
    async with opened_store(make_store) as store:
        execution_id = await _with_history(store)
        wanted = {
            (None, 1): [7], (None, 10): [7], (None, 11): [7, 6], (None, 1000): [7, 6, 4, 1],
            (16, 3): [7], (7, 2): [7, 6], (6, 1): [6], (5, 3): [4, 1], (3, 100): [1], (1, 1): [1],
        }  # fmt: skip
        for (last, limit), batches in wanted.items():
            found = await store.load_history_back(execution_id, last, limit)
            assert [row.first_event_id for row in found] == batches, (last, limit)


# Lists


@CHECKS.listed
async def executions_are_listed_newest_first(make_store: MakeStore) -> None:
    """In pages without gaps or repeats, in one status and in all, while times are equal and statuses mixed."""
    machine_id = new_id()
    async with opened_store(make_store) as store:
        lines = await _mixed_list(store, machine_id)
        for status in (None, "RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"):
            wanted = [line for line in lines if status in (None, line[1].status)]
            for limit in (1, 3, 7, 1000):
                assert await _all_pages(store, machine_id, status, limit) == wanted, (status, limit)


async def _mixed_list(store: Store, machine_id: bytes) -> list[tuple[int, ListingRow]]:
    """Write 24 executions in five statuses; answers the list that they make."""
    statuses = ("RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED")
    lines = []
    await store.commit([start_of(execution_of(new_id()))])
    for at in range(24):
        execution = execution_of(machine_id, started_ms=NOW_MS + at // 3)
        await store.commit([start_of(execution)])
        status, stopped_ms = statuses[at % 5], None
        if status != "RUNNING":
            stopped_ms = NOW_MS + 30 - at // 2
            await store.commit([close_of(execution, stopped_ms, status)])
        line = ListingRow(execution.id, SHARD, execution.name, status, execution.started_ms, stopped_ms)
        lines.append((stopped_ms or execution.started_ms, line))
    return sorted(lines, key=lambda line: (line[0], line[1].execution_id), reverse=True)


async def _all_pages(store: Store, machine_id: bytes, status: str | None, limit: int) -> list[tuple[int, ListingRow]]:
    lines: list[tuple[int, ListingRow]] = []
    before = None
    while page := await store.list_executions(machine_id, status, before, limit):
        assert len(page) <= limit
        lines += page
        before = (page[-1][0], page[-1][1].execution_id)
    return lines


@CHECKS.listed
async def open_executions_are_scanned(make_store: MakeStore) -> None:
    """With due time and calls, for a recovery."""
    machine_id = new_id()
    timed, calling, over = (execution_of(machine_id) for _ in range(3))
    async with opened_store(make_store) as store:
        await store.commit([start_of(timed), start_of(calling), start_of(over), close_of(over, NOW_MS)])
        await store.commit([replace(step_of(calling), open=OpenRow(None, 4, "Call", BIG))])
    async with opened_store(make_store) as store:
        found = {row.execution_id: (row.due_ms, row.calls) for row in await store.scan_open(SHARD)}
        assert found[timed.id] == (NOW_MS + 5, 1)
        assert found[calling.id] == (None, 4)
        assert over.id not in found
        assert set(await store.list_open_of(machine_id, 10)) == {timed.id, calling.id}
        assert len(await store.list_open_of(machine_id, 1)) == 1


# Activities


@CHECKS.listed
async def activities_are_created_listed_and_deleted(make_store: MakeStore) -> None:
    """Like state machines."""
    account = new_word()
    rows = [ActivityRow(new_id(), account, "eu-west-1", name, NOW_MS) for name in ("pack", "bill", "send")]
    rows[0].settings = b'{"type":"\x00"}'
    async with opened_store(make_store) as store:
        for row in rows:
            assert await store.create_activity(row)
        assert not await store.create_activity(replace(rows[0], id=new_id()))
    async with opened_store(make_store) as store:
        assert await store.find_activity(account, "eu-west-1", "pack") == rows[0]
        assert await store.list_activities(account, "eu-west-1", None, 2) == [rows[1], rows[0]]
        assert await store.list_activities(account, "eu-west-1", "pack", 2) == [rows[2]]
        await store.delete_activity(rows[0].id)
        assert await store.find_activity(account, "eu-west-1", "pack") is None


@CHECKS.listed
async def activity_tasks_wait_until_taken(make_store: MakeStore) -> None:
    """In order of their sequence; they go away with a commit or with their activity."""
    execution, activity_id, other_id = execution_of(new_id()), new_id(), new_id()
    tasks = [ActivityTaskRow(activity_id, SHARD, at, execution.id, at, 0) for at in range(4)]
    foreign = ActivityTaskRow(other_id, SHARD, 0, execution.id, 9, 1)
    async with opened_store(make_store) as store:
        await store.commit([replace(start_of(execution), tasks_put=[*reversed(tasks), foreign])])
        await store.commit([replace(step_of(execution), tasks_taken=[(activity_id, 0), (activity_id, 2)])])
    async with opened_store(make_store) as store:
        assert await _waiting(store, activity_id) == [tasks[1], tasks[3]]
        await store.commit([replace(step_of(execution), tasks_taken=[(activity_id, 0)])])
        await store.delete_activity(activity_id)
        assert await _waiting(store, activity_id) == []
        assert await _waiting(store, other_id) == [foreign]


async def _waiting(store: Store, activity_id: bytes) -> list[ActivityTaskRow]:
    return [task for task in await store.scan_activity_tasks(SHARD) if task.activity_id == activity_id]


# Tags and meta


@CHECKS.listed
async def tags_are_put_changed_and_deleted(make_store: MakeStore) -> None:
    """Any text that JSON can hold is a tag."""
    arn = f"arn:aws:states:eu-west-1:123456789012:stateMachine:{new_word()}"
    async with opened_store(make_store) as store:
        await store.put_tags(arn, {"team": "a", "é\x00": "\ud800", "empty": ""})
        await store.put_tags(arn, {"team": "b"})
        await store.put_tags(arn, {})
        await store.delete_tags(arn, ["empty", "absent"])
    async with opened_store(make_store) as store:
        assert await store.load_tags(arn) == {"team": "b", "é\x00": "\ud800"}
        assert await store.load_tags(arn + "x") == {}


@CHECKS.listed
async def meta_says_what_the_database_is(make_store: MakeStore) -> None:
    """Format and number of shards are there from the start; other keys are the server's."""
    key = new_word()
    async with opened_store(make_store) as store:
        assert int(await store.meta("schema") or 0) >= 1
        assert int(await store.meta("format") or 0) >= 1
        assert int(await store.meta("shards") or 0) >= 1
        assert await store.meta(key) is None
        await store.put_meta(key, b"old")
        await store.put_meta(key, AWKWARD)
    async with opened_store(make_store) as store:
        assert await store.meta(key) == AWKWARD
        assert await store.add_meta(key, b"late") == AWKWARD
        assert await store.add_meta(f"{key}-2", b"first") == b"first"
        assert await store.meta(f"{key}-2") == b"first"
