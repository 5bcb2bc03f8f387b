"""`stepwell migrate`, on SQLite and PostgreSQL, with roles that may do as much as the page on PostgreSQL says."""

import re
import secrets
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import boto3
import pytest
from click.testing import CliRunner

from stepwell.cli.program import program
from stepwell.store.migrations import load_migrations
from stepwell.store.postgres.store import PostgresStore

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "postgresql.md").read_text("utf-8")
NEWEST = len(load_migrations("stepwell.store.postgres"))


def migrate(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(program, ["migrate", *arguments])
    return done.exit_code, done.output


def test_a_dry_run_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    status, said = migrate("--dry-run", "--database", str(path))
    assert status == 0
    assert "nothing there yet" in said and "would run 0001_first.sql" in said
    assert not path.exists()


def test_a_database_is_migrated_once(tmp_path: Path) -> None:
    path = str(tmp_path / "new.db")
    assert "ran 0001_first.sql" in migrate("--database", path)[1]
    assert "nothing to do" in migrate("--database", path)[1]
    assert "nothing to do" in migrate("--database", path, "--dry-run")[1]
    assert "format 1, this release's" in migrate("--database", path, "--commit")[1]


def test_committing_a_dry_run_is_wrong_use(tmp_path: Path) -> None:
    assert migrate("--dry-run", "--commit", "--database", str(tmp_path / "a.db"))[0] == 2


def test_a_newer_format_is_raised_on_demand_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = str(tmp_path / "a.db")
    migrate("--database", path)
    monkeypatch.setattr("stepwell.store.migrations.WRITE_FORMAT", 2)
    assert "--commit raises it to 2" in migrate("--database", path)[1]
    assert "format 2, was 1" in migrate("--database", path, "--commit")[1]
    assert "format 2, this release's" in migrate("--database", path)[1]
    monkeypatch.undo()
    status, said = migrate("--database", path)
    assert status == 1
    assert "has format 2" in said


def test_a_postgresql_database_is_migrated(database: str) -> None:
    assert f"would become schema {NEWEST}" in migrate("--dry-run", "--database", database)[1]
    assert "nothing there yet" in migrate("--dry-run", "--database", database)[1]
    assert "ran 0001_first.sql" in migrate("--database", database)[1]
    assert "nothing to do" in migrate("--database", database)[1]


def test_an_address_that_is_none_is_said_so() -> None:
    status, said = migrate("--database", "postgresql://me:secret@127.0.0.1:1/none")
    assert status == 1
    assert "cannot be reached" in said
    assert "secret" not in said


@pytest.fixture
async def roles(postgres_url: str):
    """The statements of the page, with names of this test's own: addresses of the owner and of the server's role."""
    word = f"t{secrets.token_hex(4)}"
    [sql] = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
    sql = re.sub(r"\bstepwell(_owner)?\b", rf"{word}\1", sql)
    first, second = sql.split(f"\\c {word}\n")
    administrator = await asyncpg.connect(postgres_url)
    for statement in filter(str.strip, first.split(";")):
        await administrator.execute(statement)
    inside = await asyncpg.connect(address(postgres_url, "", word))
    await inside.execute(second)
    await inside.close()
    yield (
        f"{address(postgres_url, f'{word}_owner', word)}&schema={word}",
        f"{address(postgres_url, word, word)}&schema={word}",
    )
    await administrator.execute(f"DROP DATABASE {word} WITH (FORCE)")
    await administrator.execute(f"DROP ROLE {word}; DROP ROLE {word}_owner")
    await administrator.close()


def address(url: str, user: str, database: str) -> str:
    """The same server, as another user and with another database."""
    parts = urlsplit(url)
    hosts = parts.netloc.rpartition("@")[2]
    netloc = f"{user}@{hosts}" if user else parts.netloc
    return urlunsplit((parts.scheme, netloc, f"/{database}", parts.query, ""))


def test_the_roles_of_the_page_are_enough_and_not_more(roles: tuple[str, str], program) -> None:
    owner, server = roles
    status, said = migrate("--database", server)
    assert status == 1
    assert "The role may not do this" in said
    assert migrate("--database", owner)[0] == 0
    assert "nothing to do" in migrate("--database", server)[1]
    _, reached, said = program.serve("--database", server)
    assert server in said
    sfn = boto3.client(
        "stepfunctions", endpoint_url=reached, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    definition = '{"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}'
    role = "arn:aws:iam::000000000000:role/any"
    machine = sfn.create_state_machine(name="m", definition=definition, roleArn=role)["stateMachineArn"]
    run = sfn.start_execution(stateMachineArn=machine, input="[1]")["executionArn"]
    assert sfn.describe_execution(executionArn=run)["output"] == "[1]"


async def test_the_servers_role_cannot_change_tables(roles: tuple[str, str]) -> None:
    owner, server = roles
    store = PostgresStore(owner)
    await store.open()
    await store.close()
    connection = await asyncpg.connect(server.partition("&schema=")[0])
    for statement in ("DROP TABLE {}.meta", "CREATE TABLE {}.mine (a int)", "ALTER TABLE {}.meta ADD a int"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement.format(server.partition("&schema=")[2]))
    await connection.close()
