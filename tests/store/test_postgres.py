"""What is PostgreSQL's alone: schemas, roles, migrations, plans, and writes that judge."""

import asyncio
import itertools

import asyncpg
import pytest

from stepwell import __version__
from stepwell.store import AliasRow, RevisionRow, StateMachineRow, StoreError, StoreGone, StoreNewer
from stepwell.store.migrations import Migration, load_migrations
from stepwell.store.postgres import schema
from stepwell.store.postgres.driver import SESSION
from stepwell.store.postgres.group import PARTS
from stepwell.store.postgres.statement import compose
from stepwell.store.postgres.store import PostgresStore
from stepwell.store.queries import load_queries
from tests.store.rows import started

MIGRATIONS = load_migrations("stepwell.store.postgres")
QUERIES = load_queries("stepwell.store.postgres")


async def connected(database: str) -> asyncpg.Connection:
    """A connection to the schema of a test, as whoever owns the server."""
    url, _, name = database.partition("schema=")
    return await asyncpg.connect(url.rstrip("?&"), server_settings={"search_path": name})


async def opened(database: str) -> dict[str, bytes | None]:
    """Open and close; answers what the database says about itself."""
    store = PostgresStore(database)
    await store.open()
    try:
        return {key: await store.meta(key) for key in ("schema", "format", "shards", "buckets", "release")}
    finally:
        await store.close()


async def until_gone(store: PostgresStore) -> None:
    """Write until connections that were ended are forgotten, and there are no others."""
    while True:
        try:
            await store.put_meta("tried", b"")
        except StoreGone:
            return
        except StoreError:  # the connection ended while it wrote
            continue


async def test_a_schema_is_made_and_found_again(database: str) -> None:
    wanted = {"schema": str(len(MIGRATIONS)).encode(), "format": b"1", "shards": b"64", "buckets": b"1024"}
    wanted["release"] = __version__.encode()
    assert await opened(database) == wanted
    assert await opened(database) == wanted


async def test_many_may_make_the_same_schema_at_once(database: str) -> None:
    found = await asyncio.gather(*(opened(database) for _ in range(8)))
    assert all(meta == found[0] for meta in found)


async def test_only_missing_migrations_run(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    await opened(database)
    more = [
        *MIGRATIONS,
        Migration(len(MIGRATIONS) + 1, "more.sql", "CREATE TABLE more (a int);\nCREATE TABLE most (a int);"),
    ]
    monkeypatch.setattr(schema, "load_migrations", lambda _package: more)
    monkeypatch.setattr(schema, "__version__", "9.9")
    meta = await opened(database)
    assert (meta["schema"], meta["release"]) == (str(len(more)).encode(), b"9.9")


async def test_a_migration_that_fails_changes_nothing(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = await opened(database)
    broken = Migration(len(MIGRATIONS) + 1, "broken.sql", "CREATE TABLE more (a int);\nCREATE TABLE meta (a int);")
    with monkeypatch.context() as patched:
        patched.setattr(schema, "load_migrations", lambda _package: [*MIGRATIONS, broken])
        with pytest.raises(StoreError, match="meta"):
            await opened(database)
    assert await opened(database) == before
    connection = await connected(database)
    assert await connection.fetchval("SELECT to_regclass('more')") is None
    await connection.close()


@pytest.mark.parametrize("key", ["schema", "format"])
async def test_a_newer_database_is_left_alone(key: str, database: str) -> None:
    await opened(database)
    connection = await connected(database)
    await connection.execute("UPDATE meta SET value = '99' WHERE key = $1", key)
    with pytest.raises(StoreNewer, match="99"):
        await opened(database)
    assert await connection.fetchval("SELECT value FROM meta WHERE key = $1", key) == b"99"
    await connection.close()


async def test_somebody_elses_tables_are_left_alone(database: str) -> None:
    connection = await connected(database)
    await connection.execute(f"CREATE SCHEMA {database.partition('schema=')[2]}")
    await connection.execute("CREATE TABLE orders (a int)")
    await connection.close()
    with pytest.raises(StoreError, match="orders"):
        await opened(database)


async def test_two_schemas_know_nothing_of_each_other(database: str, postgres_url: str) -> None:
    other_database = f"{database}_b"
    one, other = PostgresStore(database), PostgresStore(other_database)
    await one.open()
    await other.open()
    start = started("a")
    assert await one.commit([start]) == {}
    assert await other.load_execution(start.execution_id) is None
    assert await other.commit([start]) == {}
    await one.close()
    await other.close()
    connection = await asyncpg.connect(postgres_url)
    await connection.execute(f"DROP SCHEMA {other_database.partition('schema=')[2]} CASCADE")
    await connection.close()


async def test_a_database_that_is_not_there_is_said_so() -> None:
    store = PostgresStore("postgresql://me:secret@127.0.0.1:1/stepwell")
    with pytest.raises(StoreGone, match=r"postgresql://me@127\.0\.0\.1:1/stepwell") as caught:
        await store.open()
    assert "secret" not in str(caught.value)


async def test_a_database_that_takes_no_writes_is_gone_until_it_does(database_alone: str) -> None:
    store = PostgresStore(database_alone)
    await store.open()
    start = started("a")
    await store.commit([start])
    connection = await connected(database_alone)
    name = await connection.fetchval("SELECT current_database()")
    await connection.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    try:
        others = "FROM pg_stat_activity WHERE application_name = 'stepwell' AND datname = current_database()"
        await connection.fetch(f"SELECT pg_terminate_backend(pid) {others}")
        await until_gone(store)
        with pytest.raises(StoreGone):
            await store.commit([started("b")])
    finally:
        await connection.execute("SET default_transaction_read_only = off")
        await connection.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")
    while True:
        try:
            await store.commit([started("c")])
            break
        except StoreGone:
            await asyncio.sleep(0.01)
    assert await store.load_execution(start.execution_id) is not None
    await connection.close()
    await store.close()


async def test_an_alias_never_leads_to_a_version_that_goes_away_meanwhile(database: str) -> None:
    one, other = PostgresStore(database), PostgresStore(database)
    await one.open()
    await other.open()
    for number in range(1, 11):
        id = b"machine-%08d" % number
        machine = StateMachineRow(id, "1", "r", f"m{number}", "STANDARD", "ACTIVE", 0)
        await one.create_state_machine(machine, RevisionRow(id, 1, None, b"{}", "", b"", 0))
        await one.publish_version(id, 1, None, 0)
        alias = AliasRow(id, "live", None, 1, 100, None, None, 0)
        made, gone = await asyncio.gather(one.create_alias(alias), other.delete_version(id, 1))
        assert made != gone
    await one.close()
    await other.close()


async def test_an_update_by_another_node_is_seen_soon(database: str) -> None:
    """Within the time for which a machine may be taken for what it was; one's own is seen at once."""
    one, other = PostgresStore(database), PostgresStore(database)
    await one.open()
    await other.open()
    machine = StateMachineRow(b"machine-00000001", "1", "r", "m", "STANDARD", "ACTIVE", 0)
    first = RevisionRow(machine.id, 1, None, b"{}", "", b"", 0)
    await one.create_state_machine(machine, first)
    assert await other.find_state_machine("1", "r", "m") == machine
    first.revision = 2
    await one.put_revision(first)
    found = await one.find_state_machine("1", "r", "m")
    assert found is not None
    assert found.revision == 2
    while True:
        found = await other.find_state_machine("1", "r", "m")
        assert found is not None
        if found.revision == 2:
            break
        await asyncio.sleep(0.02)
    await one.close()
    await other.close()


async def plans_of(database: str, *texts: str) -> list[list[str]]:
    """The plans that a session of ours has for statements, whatever their parameters are; the tables are empty."""
    await opened(database)
    connection = await connected(database)
    plans = []
    for name, value in SESSION.items():
        await connection.execute(f"SET {name} = '{value}'")
    for text in texts:
        count = len((await connection.prepare(text)).get_parameters())
        await connection.execute(f"PREPARE tried AS {text}")
        given = f"({', '.join(['NULL'] * count)})" if count else ""
        plans.append([row[0] for row in await connection.fetch(f"EXPLAIN EXECUTE tried{given}")])
        await connection.execute("DEALLOCATE tried")
    await connection.close()
    return plans


SMALL = {"state_machines", "revisions", "versions", "aliases", "activities", "nodes", "shards", "replies"}


async def test_statements_find_their_rows_by_keys(database: str) -> None:
    alone = {name: text for name, text in QUERIES.items() if name not in PARTS or name in ("insert_name", "fence")}
    for name, plan in zip(alone, await plans_of(database, *alone.values()), strict=True):
        scanned = {line.split("Seq Scan on ")[1].split()[0] for line in plan if "Seq Scan on " in line}
        assert scanned <= SMALL, "\n".join([name, *plan])


async def test_a_commit_finds_its_rows_by_their_whole_keys(database: str) -> None:
    """Also in its first plan, made of empty tables: it may be kept until they are large."""
    parts = [part for part in PARTS if part != "nobody_lost"]
    [plan] = await plans_of(database, compose(QUERIES, parts))
    keys = {
        "executions_pkey": ("shard", "id"),
        "open_executions_pkey": ("shard", "execution_id"),
        "branch_pages_pkey": ("shard", "execution_id"),
        "listing_pkey": ("bucket", "machine_id", "status", "sort_ms", "execution_id"),
        "activity_tasks_pkey": ("shard", "activity_id", "sequence"),
        "inbox_pkey": ("shard", "id"),
        "map_runs_of_executions": ("shard", "execution_id", "id"),
        "shards_pkey": ("shard",),
    }
    used = set()
    for line, following in itertools.pairwise(plan):
        assert not [word for word in ("Seq Scan", "Bitmap", "Hash Join") if word in line], "\n".join(plan)
        if "Index Scan using " in line:
            index = line.split("Index Scan using ")[1].split()[0]
            assert all(f"({column} = " in following for column in keys[index]), "\n".join(plan)
            used.add(index)
    assert used == keys.keys()


@pytest.mark.parametrize(
    "query", ["list_all_executions", "list_executions", "list_version_executions", "list_alias_executions"]
)
async def test_a_page_of_a_list_is_read_in_the_order_of_the_key(query: str, database: str) -> None:
    """No sort of what was found: a page costs the same at any length of the list."""
    [plan] = await plans_of(database, QUERIES[query])
    pages = [line for line in plan if "Index Scan Backward" in line]
    sorts = [
        line for line in plan if "Sort  (" in line and not line.startswith("  ->")
    ]  # of the pages, at the very end
    assert len(pages) == (6 if query == "list_all_executions" else 1) and not sorts, "\n".join(plan)


@pytest.mark.parametrize(("durable", "setting"), [(True, "on"), (False, "off")])
async def test_what_is_acknowledged_is_durable_unless_that_was_given_up(
    durable: bool, setting: str, database_alone: str
) -> None:
    """Also where somebody made the server forgetful."""
    administrator = await connected(database_alone)
    name = await administrator.fetchval("SELECT current_database()")
    await administrator.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
    await administrator.close()
    store = PostgresStore(database_alone, durable=durable)
    await store.open()
    assert await store._postgres._reading(lambda session: session.fetchval("SHOW synchronous_commit")) == setting
    await store.close()
