"""What every store must do, as a list of small checks: a backend is right when all of them pass.

A check is handed `make_store`, which makes a store that is not open yet; all that one `make_store` makes are of one
database, so that a check can close it and open it again. Checks use ids of their own and may share a database.

    @pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
    async def test_my_store(check): await check(lambda: MyStore("somewhere"))
"""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

from stepwell.store import (
    ActivityRow,
    ActivityTaskRow,
    ClosedRow,
    Commit,
    CommitRefused,
    ExecutionRow,
    HistoryRow,
    ListingRow,
    OpenRow,
    RevisionRow,
    StateMachineRow,
    Store,
    StoreError,
)

MakeStore = Callable[[], Store]
Check = Callable[[MakeStore], Awaitable[None]]

_NOW_MS = 1_700_000_000_000
_SHARD = 0
_AWKWARD = bytes(range(256)) + b"\x00\x00" + "\ud800 é 語".encode("utf-8", "surrogatepass")
_BIG = os.urandom(1024) * 1024

CHECKS: list[Check] = []
"""All checks, in the order in which they are best read."""


async def check_store(make_store: MakeStore) -> None:
    """Run all checks against one database. Raises AssertionError at the first promise that is not kept."""
    for check in CHECKS:
        await check(make_store)


def _listed(check: Check) -> Check:
    CHECKS.append(check)
    return check


# Samples


@asynccontextmanager
async def _opened(make_store: MakeStore) -> AsyncIterator[Store]:
    store = make_store()
    await store.open()
    try:
        yield store
    finally:
        await store.close()


def _id(made_ms: int = _NOW_MS) -> bytes:
    return made_ms.to_bytes(6) + _SHARD.to_bytes(2) + os.urandom(8)


def _word() -> str:
    return os.urandom(8).hex()


def _execution(machine_id: bytes, name: str | None = None, started_ms: int = _NOW_MS) -> ExecutionRow:
    row = ExecutionRow(_id(started_ms), _SHARD, machine_id, 3, name or _word(), "RUNNING", started_ms, None, _AWKWARD)
    return row


def _start(execution: ExecutionRow) -> Commit:
    opened = OpenRow(_NOW_MS + 5, 1, "Greet \ud800\x00", b"snapshot 1")
    history = [HistoryRow(1, 3, b"batch 1")]
    ids = {"shard": execution.shard, "execution_id": execution.id, "machine_id": execution.machine_id}
    return Commit(**ids, start=execution, open=opened, history=history)  # type: ignore[arg-type]


def _next(execution: ExecutionRow) -> Commit:
    """An empty commit of an execution, to be filled."""
    return Commit(execution.shard, execution.id, machine_id=execution.machine_id)


def _close(execution: ExecutionRow, stopped_ms: int, status: str = "SUCCEEDED") -> Commit:
    return replace(_next(execution), close=ClosedRow(status, stopped_ms, b"result"))


def _machine(account: str, name: str) -> tuple[StateMachineRow, RevisionRow]:
    machine = StateMachineRow(_id(), account, "eu-west-1", name, "STANDARD", "ACTIVE", _NOW_MS)
    role = "arn:aws:iam::123456789012:role/\x00\ud800é"
    return machine, RevisionRow(machine.id, 1, None, _AWKWARD, role, b"{}", _NOW_MS)


# State machines


@_listed
async def state_machines_are_found_by_name_and_id(make_store: MakeStore) -> None:
    """What was created is found again, also after the store was opened anew."""
    account = _word()
    machine, revision = _machine(account, "orders")
    async with _opened(make_store) as store:
        assert await store.create_state_machine(machine, revision)
    async with _opened(make_store) as store:
        assert await store.find_state_machine(account, "eu-west-1", "orders") == machine
        assert await store.find_state_machine(account, "eu-west-2", "orders") is None
        assert await store.load_state_machine(machine.id) == machine
        assert await store.load_revision(machine.id, 1) == revision
        assert await store.load_revision(machine.id, 2) is None


@_listed
async def a_taken_machine_name_creates_nothing(make_store: MakeStore) -> None:
    """The second machine of a name leaves no row behind."""
    account = _word()
    first, second = _machine(account, "orders"), _machine(account, "orders")
    async with _opened(make_store) as store:
        assert await store.create_state_machine(*first)
        assert not await store.create_state_machine(*second)
        assert await store.find_state_machine(account, "eu-west-1", "orders") == first[0]
        assert await store.load_state_machine(second[0].id) is None
        assert await store.load_revision(second[0].id, 1) is None


@_listed
async def a_new_revision_becomes_the_current_one(make_store: MakeStore) -> None:
    """Executions of the old revision still find it; a number is used once."""
    machine, first = _machine(_word(), "orders")
    second = replace(first, revision=2, revision_id="r2", definition=b"{}")
    async with _opened(make_store) as store:
        await store.create_state_machine(machine, first)
        await store.put_revision(second)
        assert await store.load_state_machine(machine.id) == replace(machine, revision=2)
        assert await store.load_revision(machine.id, 1) == first
        assert await store.load_revision(machine.id, 2) == second
        await _refused(store.put_revision(replace(second, definition=b"other")))
        assert await store.load_revision(machine.id, 2) == second


@_listed
async def a_revision_of_no_machine_is_refused(make_store: MakeStore) -> None:
    """A machine may be deleted while it is updated."""
    machine, revision = _machine(_word(), "orders")
    async with _opened(make_store) as store:
        await _refused(store.put_revision(revision))
        assert await store.load_revision(machine.id, 1) is None


@_listed
async def a_deleted_machine_frees_its_name(make_store: MakeStore) -> None:
    """First its status says so, then it is gone."""
    account = _word()
    machine, revision = _machine(account, "orders")
    async with _opened(make_store) as store:
        await store.create_state_machine(machine, revision)
        await store.mark_deleting(machine.id)
        assert await store.load_state_machine(machine.id) == replace(machine, status="DELETING")
        await store.delete_state_machine(machine.id)
        assert await store.find_state_machine(account, "eu-west-1", "orders") is None
        assert await store.load_state_machine(machine.id) is None
        assert await store.create_state_machine(*_machine(account, "orders"))


@_listed
async def state_machines_are_listed_by_name(make_store: MakeStore) -> None:
    """In pages, of one account and region."""
    account = _word()
    async with _opened(make_store) as store:
        for name in ("beta", "alpha", "gamma", "Zeta"):
            await store.create_state_machine(*_machine(account, name))
        await store.create_state_machine(*_machine(_word(), "delta"))
        first = await store.list_state_machines(account, "eu-west-1", None, 3)
        assert [machine.name for machine in first] == ["Zeta", "alpha", "beta"]
        assert [row.name for row in await store.list_state_machines(account, "eu-west-1", "beta", 3)] == ["gamma"]
        assert await store.list_state_machines(account, "us-east-1", None, 3) == []


# Commits


@_listed
async def a_started_execution_is_found(make_store: MakeStore) -> None:
    """By its name and id, with all that it needs to go on, also after the store was opened anew."""
    execution = _execution(_id())
    start = replace(_start(execution), branches={0: b"page 0", 7: _AWKWARD}, blobs=[(1, _BIG)])
    async with _opened(make_store) as store:
        assert await store.commit([start]) == {}
    async with _opened(make_store) as store:
        assert await store.find_execution(execution.machine_id, execution.name) == execution.id
        assert await store.find_execution(_id(), execution.name) is None
        assert await store.load_execution(execution.id) == execution
        opened = await store.load_open(execution.id)
        assert opened is not None
        assert (opened.execution, opened.open, opened.branches) == (execution, start.open, start.branches)
        assert opened.next_event_id == 4
        assert await store.load_blob(execution.id, 1) == _BIG
        assert await store.load_blob(execution.id, 2) is None


@_listed
async def nothing_is_found_of_an_unknown_execution(make_store: MakeStore) -> None:
    """Absent rows are None or empty, never an error."""
    async with _opened(make_store) as store:
        assert await store.commit([]) == {}
        assert await store.load_execution(_id()) is None
        assert await store.load_open(_id()) is None
        assert await store.load_history(_id(), 1, 10) == []
        assert await store.load_history_back(_id(), None, 10) == []
        assert await store.list_executions(_id(), None, None, 10) == []
        assert await store.list_executions(_id(), "NO_STATUS", None, 10) == []


@_listed
async def a_step_replaces_the_open_row(make_store: MakeStore) -> None:
    """And writes, replaces and deletes branch pages."""
    execution = _execution(_id())
    start = replace(_start(execution), branches={0: b"a", 1: b"b", 2: b"c"})
    opened = OpenRow(None, 0, "Wait", _AWKWARD)
    step = replace(_next(execution), open=opened, history=[HistoryRow(4, 2, b"")], branches={1: None, 2: b"C", 3: b"d"})
    async with _opened(make_store) as store:
        await store.commit([start])
        await store.commit([step])
        found = await store.load_open(execution.id)
        assert found is not None
        assert (found.open, found.branches, found.next_event_id) == (opened, {0: b"a", 2: b"C", 3: b"d"}, 6)
        assert await store.load_execution(execution.id) == execution


@_listed
async def a_close_ends_an_execution(make_store: MakeStore) -> None:
    """Its row says how, its open row and pages are gone, its history and blobs stay."""
    execution = _execution(_id())
    start = replace(_start(execution), branches={0: b"a"}, blobs=[(1, b"large")])
    close = replace(_close(execution, _NOW_MS + 9, "FAILED"), history=[HistoryRow(4, 1, b"batch 2")])
    async with _opened(make_store) as store:
        await store.commit([start])
        await store.commit([close])
    async with _opened(make_store) as store:
        assert await store.load_execution(execution.id) == replace(
            execution, status="FAILED", stopped_ms=_NOW_MS + 9, result=b"result"
        )
        assert await store.load_open(execution.id) is None
        assert execution.id not in [row.execution_id for row in await store.scan_open(_SHARD)]
        assert [row.batch for row in await store.load_history(execution.id, 1, 100)] == [b"batch 1", b"batch 2"]
        assert await store.load_blob(execution.id, 1) == b"large"
        assert await store.find_execution(execution.machine_id, execution.name) == execution.id


@_listed
async def an_execution_may_start_and_close_in_one_commit(make_store: MakeStore) -> None:
    """It is never open."""
    execution = _execution(_id())
    whole = replace(_start(execution), close=ClosedRow("ABORTED", _NOW_MS + 1, b"result"), branches={0: b"a"})
    async with _opened(make_store) as store:
        await store.commit([whole])
        found = await store.load_execution(execution.id)
        assert found == replace(execution, status="ABORTED", stopped_ms=_NOW_MS + 1, result=b"result")
        assert await store.load_open(execution.id) is None
        assert await store.count_open(execution.machine_id) == 0
        lines = await store.list_executions(execution.machine_id, None, None, 10)
        line = ListingRow(execution.id, _SHARD, execution.name, "ABORTED", _NOW_MS, _NOW_MS + 1)
        assert lines == [(_NOW_MS + 1, line)]


@_listed
async def one_group_may_hold_a_whole_life(make_store: MakeStore) -> None:
    """Several commits of one execution in one group take effect in their order."""
    going, over = _execution(_id()), _execution(_id())
    opened = OpenRow(None, 2, "Last", b"snapshot 3")
    group = []
    for execution in (going, over):
        group.append(replace(_start(execution), branches={0: b"a", 1: b"b"}))
        group.append(replace(_next(execution), open=OpenRow(1, 1, "B", b""), branches={0: None, 1: b"B"}))
        group.append(replace(_next(execution), open=opened, branches={0: b"again"}))
    group.append(_close(over, _NOW_MS + 2))
    async with _opened(make_store) as store:
        assert await store.commit(group) == {}
        found = await store.load_open(going.id)
        assert found is not None
        assert (found.open, found.branches) == (opened, {0: b"again", 1: b"B"})
        closed = await store.load_execution(over.id)
        assert closed is not None
        assert closed.status == "SUCCEEDED"
        assert await store.load_open(over.id) is None


@_listed
async def a_large_group_is_written_whole(make_store: MakeStore) -> None:
    """However many commits it has."""
    machine_id = _id()
    executions = [_execution(machine_id, started_ms=_NOW_MS + at) for at in range(203)]
    async with _opened(make_store) as store:
        await store.commit([_start(execution) for execution in executions])
        assert await store.count_open(machine_id) == 203
        assert await store.list_open_of(machine_id, 5) == [execution.id for execution in executions[:5]]
        await store.commit([_close(execution, _NOW_MS + 500) for execution in executions[:100]])
        assert await store.count_open(machine_id) == 103
        for execution in executions[::50]:
            assert await store.load_history(execution.id, 1, 10) == [HistoryRow(1, 3, b"batch 1")]


@_listed
async def concurrent_commits_are_all_written(make_store: MakeStore) -> None:
    """Callers need not take turns."""
    machine_id = _id()
    async with _opened(make_store) as store:
        await asyncio.gather(*(store.commit([_start(_execution(machine_id))]) for _ in range(20)))
        assert await store.count_open(machine_id) == 20


# Names


@_listed
async def a_taken_name_drops_only_its_commit(make_store: MakeStore) -> None:
    """The others of the group are written; the answer says who holds the name. A closed execution holds it too."""
    machine_id = _id()
    holder, other = _execution(machine_id, "daily"), _execution(machine_id, "hourly")
    late = replace(_start(_execution(machine_id, "daily")), blobs=[(1, b"x")], branches={0: b"x"})
    later = replace(_next(_execution(machine_id)), execution_id=late.execution_id, open=OpenRow(None, 0, "S", b""))
    async with _opened(make_store) as store:
        await store.commit([_start(holder)])
        assert await store.commit([_start(other), late, later]) == {1: holder.id, 2: holder.id}
        assert await store.load_execution(other.id) == other
        assert await store.load_execution(late.execution_id) is None
        assert await store.load_open(late.execution_id) is None
        assert await store.load_history(late.execution_id, 1, 10) == []
        assert await store.load_blob(late.execution_id, 1) is None
        assert await store.count_open(machine_id) == 2
        await store.commit([_close(holder, _NOW_MS)])
        assert await store.commit([late]) == {0: holder.id}


@_listed
async def equal_names_in_one_group_race(make_store: MakeStore) -> None:
    """The first of the group wins; the same name of another machine is another name."""
    machine_id = _id()
    first, second, third = (_execution(machine_id, "daily") for _ in range(3))
    elsewhere = _execution(_id(), "daily")
    async with _opened(make_store) as store:
        group = [_start(execution) for execution in (first, second, elsewhere, third)]
        assert await store.commit(group) == {1: first.id, 3: first.id}
        assert await store.load_execution(first.id) == first
        assert await store.load_execution(elsewhere.id) == elsewhere
        assert await store.load_execution(second.id) is None


@_listed
async def names_differ_in_case(make_store: MakeStore) -> None:
    """AWS: names are case-sensitive."""
    machine_id = _id()
    async with _opened(make_store) as store:
        assert await store.commit([_start(_execution(machine_id, name)) for name in ("daily", "Daily", "daily ")]) == {}


# Refusals


@_listed
async def a_bad_commit_refuses_its_group(make_store: MakeStore) -> None:
    """Nothing of the group is written, and the group without it is: the caller can search for the bad one."""
    machine_id = _id()
    good = _execution(machine_id)
    bad = [
        _start(_execution(machine_id, "lone \ud800")),
        replace(_start(_execution(machine_id)), open=OpenRow(1 << 70, 0, "S", b"")),
        replace(_start(_execution(machine_id)), history=[HistoryRow(1, 1, None)]),  # type: ignore[arg-type]
        replace(_start(_execution(machine_id)), history=[HistoryRow(1, 1, b"a"), HistoryRow(1, 1, b"b")]),
        replace(_start(_execution(machine_id)), close=ClosedRow("RUNNING", 1, b"")),
        replace(_start(_execution(machine_id)), open=None),
        replace(_start(_execution(machine_id)), shard=1 << 20),
    ]
    async with _opened(make_store) as store:
        for commit in bad:
            await _refused(store.commit([_start(good), commit]))
            assert await store.load_execution(good.id) is None
            assert await store.find_execution(machine_id, good.name) is None
        assert await store.commit([_start(good)]) == {}
        assert await store.load_execution(good.id) == good


@_listed
async def a_closed_execution_takes_no_step(make_store: MakeStore) -> None:
    """A step or a second end that comes late cannot wake it."""
    execution, unknown = _execution(_id()), _execution(_id())
    async with _opened(make_store) as store:
        await store.commit([_start(execution), _close(execution, _NOW_MS + 1)])
        for row in (execution, unknown):
            await _refused(store.commit([replace(_next(row), open=OpenRow(None, 0, "S", b""))]))
            await _refused(store.commit([_close(row, _NOW_MS + 2)]))
        assert await store.load_open(execution.id) is None
        found = await store.load_execution(execution.id)
        assert found is not None
        assert found.stopped_ms == _NOW_MS + 1


@_listed
async def a_closed_store_refuses_work(make_store: MakeStore) -> None:
    """With the store's own error."""
    store = make_store()
    await _fails(store.meta("schema"))
    await store.open()
    await store.close()
    await store.close()
    await _fails(store.commit([_start(_execution(_id()))]))
    await _fails(store.load_execution(_id()))


async def _refused(work: Awaitable[object]) -> None:
    try:
        await work
    except CommitRefused:
        return
    raise AssertionError("the store took what it should refuse")


async def _fails(work: Awaitable[object]) -> None:
    try:
        await work
    except StoreError:
        return
    raise AssertionError("a closed store answered")


# History


async def _with_history(store: Store) -> bytes:
    """An execution whose batches hold the events 1-3, 4-5, 6, 7-16."""
    execution = _execution(_id())
    await store.commit([_start(execution)])
    batches = [HistoryRow(4, 2, b"batch 2"), HistoryRow(6, 1, b"batch 3"), HistoryRow(7, 10, _AWKWARD)]
    await store.commit([replace(_next(execution), history=batches)])
    return execution.id


@_listed
async def history_is_read_forward(make_store: MakeStore) -> None:
    """From any event, in whole batches, no more of them than asked for."""
    async with _opened(make_store) as store:
        execution_id = await _with_history(store)
        wanted = {
            (1, 3): [1], (1, 4): [1, 4], (2, 2): [1], (3, 2): [1, 4], (4, 1): [4], (5, 2): [4, 6], (6, 5): [6, 7],
            (16, 9): [7], (17, 5): [], (1, 1000): [1, 4, 6, 7],
        }  # fmt: skip
        for (first, limit), batches in wanted.items():
            found = await store.load_history(execution_id, first, limit)
            assert [row.first_event_id for row in found] == batches, (first, limit)
        last = (await store.load_history(execution_id, 7, 1))[0]
        assert last == HistoryRow(7, 10, _AWKWARD)


@_listed
async def history_is_read_backward(make_store: MakeStore) -> None:
    """From the end or from any event, newest batch first."""
    async with _opened(make_store) as store:
        execution_id = await _with_history(store)
        wanted = {
            (None, 1): [7], (None, 10): [7], (None, 11): [7, 6], (None, 1000): [7, 6, 4, 1],
            (16, 3): [7], (7, 2): [7, 6], (6, 1): [6], (5, 3): [4, 1], (3, 100): [1], (1, 1): [1],
        }  # fmt: skip
        for (last, limit), batches in wanted.items():
            found = await store.load_history_back(execution_id, last, limit)
            assert [row.first_event_id for row in found] == batches, (last, limit)


# Lists


@_listed
async def executions_are_listed_newest_first(make_store: MakeStore) -> None:
    """In pages without gaps or repeats, in one status and in all, while times are equal and statuses mixed."""
    machine_id = _id()
    async with _opened(make_store) as store:
        lines = await _mixed_list(store, machine_id)
        for status in (None, "RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"):
            wanted = [line for line in lines if status in (None, line[1].status)]
            for limit in (1, 3, 7, 1000):
                assert await _all_pages(store, machine_id, status, limit) == wanted, (status, limit)


async def _mixed_list(store: Store, machine_id: bytes) -> list[tuple[int, ListingRow]]:
    """Write 24 executions in five statuses; answers the list that they make."""
    statuses = ("RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED")
    lines = []
    await store.commit([_start(_execution(_id()))])
    for at in range(24):
        execution = _execution(machine_id, started_ms=_NOW_MS + at // 3)
        await store.commit([_start(execution)])
        status, stopped_ms = statuses[at % 5], None
        if status != "RUNNING":
            stopped_ms = _NOW_MS + 30 - at // 2
            await store.commit([_close(execution, stopped_ms, status)])
        line = ListingRow(execution.id, _SHARD, execution.name, status, execution.started_ms, stopped_ms)
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


@_listed
async def open_executions_are_scanned(make_store: MakeStore) -> None:
    """With due time and calls, for a recovery."""
    machine_id = _id()
    timed, calling, over = (_execution(machine_id) for _ in range(3))
    async with _opened(make_store) as store:
        await store.commit([_start(timed), _start(calling), _start(over), _close(over, _NOW_MS)])
        await store.commit([replace(_next(calling), open=OpenRow(None, 4, "Call", _BIG))])
    async with _opened(make_store) as store:
        found = {row.execution_id: (row.due_ms, row.calls) for row in await store.scan_open(_SHARD)}
        assert found[timed.id] == (_NOW_MS + 5, 1)
        assert found[calling.id] == (None, 4)
        assert over.id not in found
        assert set(await store.list_open_of(machine_id, 10)) == {timed.id, calling.id}
        assert len(await store.list_open_of(machine_id, 1)) == 1


# Activities


@_listed
async def activities_are_created_listed_and_deleted(make_store: MakeStore) -> None:
    """Like state machines."""
    account = _word()
    rows = [ActivityRow(_id(), account, "eu-west-1", name, _NOW_MS) for name in ("pack", "bill", "send")]
    async with _opened(make_store) as store:
        for row in rows:
            assert await store.create_activity(row)
        assert not await store.create_activity(replace(rows[0], id=_id()))
    async with _opened(make_store) as store:
        assert await store.find_activity(account, "eu-west-1", "pack") == rows[0]
        assert await store.list_activities(account, "eu-west-1", None, 2) == [rows[1], rows[0]]
        assert await store.list_activities(account, "eu-west-1", "pack", 2) == [rows[2]]
        await store.delete_activity(rows[0].id)
        assert await store.find_activity(account, "eu-west-1", "pack") is None


@_listed
async def activity_tasks_wait_until_taken(make_store: MakeStore) -> None:
    """In order of their sequence; they go away with a commit or with their activity."""
    execution, activity_id, other_id = _execution(_id()), _id(), _id()
    tasks = [ActivityTaskRow(activity_id, _SHARD, at, execution.id, at, 0) for at in range(4)]
    foreign = ActivityTaskRow(other_id, _SHARD, 0, execution.id, 9, 1)
    async with _opened(make_store) as store:
        await store.commit([replace(_start(execution), tasks_put=[*reversed(tasks), foreign])])
        await store.commit([replace(_next(execution), tasks_taken=[(activity_id, 0), (activity_id, 2)])])
    async with _opened(make_store) as store:
        assert await _waiting(store, activity_id) == [tasks[1], tasks[3]]
        await store.commit([replace(_next(execution), tasks_taken=[(activity_id, 0)])])
        await store.delete_activity(activity_id)
        assert await _waiting(store, activity_id) == []
        assert await _waiting(store, other_id) == [foreign]


async def _waiting(store: Store, activity_id: bytes) -> list[ActivityTaskRow]:
    return [task for task in await store.scan_activity_tasks(_SHARD) if task.activity_id == activity_id]


# Tags and meta


@_listed
async def tags_are_put_changed_and_deleted(make_store: MakeStore) -> None:
    """Any text that JSON can hold is a tag."""
    arn = f"arn:aws:states:eu-west-1:123456789012:stateMachine:{_word()}"
    async with _opened(make_store) as store:
        await store.put_tags(arn, {"team": "a", "é\x00": "\ud800", "empty": ""})
        await store.put_tags(arn, {"team": "b"})
        await store.put_tags(arn, {})
        await store.delete_tags(arn, ["empty", "absent"])
    async with _opened(make_store) as store:
        assert await store.load_tags(arn) == {"team": "b", "é\x00": "\ud800"}
        assert await store.load_tags(arn + "x") == {}


@_listed
async def meta_says_what_the_database_is(make_store: MakeStore) -> None:
    """Format and number of shards are there from the start; other keys are the server's."""
    key = _word()
    async with _opened(make_store) as store:
        assert int(await store.meta("schema") or 0) >= 1
        assert int(await store.meta("format") or 0) >= 1
        assert int(await store.meta("shards") or 0) >= 1
        assert await store.meta(key) is None
        await store.put_meta(key, b"old")
        await store.put_meta(key, _AWKWARD)
    async with _opened(make_store) as store:
        assert await store.meta(key) == _AWKWARD
