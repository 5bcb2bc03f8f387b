"""What the SQL for PostgreSQL must not use, so that its relatives can stand below: CockroachDB, YugabyteDB, Citus, Aurora.

Correctness depends on plain tables, keys and transactions only. The pattern of each rule is tried on a piece of SQL
that it must find, so that none can fall asleep.
"""

import re
from pathlib import Path

import pytest

import stepwell.store.postgres
from stepwell.store.migrations import load_migrations
from stepwell.store.queries import load_queries

PACKAGE = "stepwell.store.postgres"
PYTHON = "\n".join(path.read_text("utf-8") for path in Path(stepwell.store.postgres.__file__).parent.glob("*.py"))
SQL = {
    **load_queries(PACKAGE),
    **{step.name: re.sub(r"--.*", "", step.script) for step in load_migrations(PACKAGE)},
    "Python": "\n".join(re.findall(r'"((?:SELECT|INSERT|UPDATE|DELETE|CREATE|LOCK|SET|WITH|ALTER) [^"]*)"', PYTHON)),
}

FORBIDDEN = {
    "notifications": (r"\b(LISTEN|NOTIFY|pg_notify)\b", "NOTIFY shard_1"),
    "advisory locks": (r"advisory", "SELECT pg_try_advisory_lock(1)"),
    "locks of tables": (r"\bLOCK TABLE\b|\bLOCK\s+\w+\s+IN\b", "LOCK TABLE meta IN EXCLUSIVE MODE"),
    "skipped locks": (r"\bSKIP\s+LOCKED\b", "SELECT 1 FROM t FOR UPDATE SKIP LOCKED"),
    "sequences": (
        r"\b(small|big)?serial\d?\b|\bCREATE SEQUENCE\b|\bAS IDENTITY\b|\bnextval\b",
        "CREATE TABLE t (id bigserial)",
    ),
    "clocks": (
        r"\bnow\s*\(|\bCURRENT_(TIME|DATE|TIMESTAMP)\b|\bLOCALTIME|_timestamp\s*\(|\btimeofday\b",
        "SELECT clock_timestamp()",
    ),
    "dice": (r"\brandom\s*\(|\bgen_random_uuid\b", "SELECT gen_random_uuid()"),
    "triggers and procedures": (r"\bTRIGGER\b|\bFUNCTION\b|\bPROCEDURE\b|\bLANGUAGE\b|\bDO \$", "CREATE FUNCTION f()"),
    "extensions and partitions": (r"\bEXTENSION\b|\bPARTITION\b|\bINHERITS\b|\bUNLOGGED\b", "CREATE EXTENSION x"),
    "hidden columns": (r"\bctid\b|\bxmin\b|\bxmax\b", "DELETE FROM t WHERE ctid = $1"),
    "foreign keys": (r"\bREFERENCES\b|\bFOREIGN\s+KEY\b", "a int REFERENCES t"),
}


@pytest.mark.parametrize("rule", FORBIDDEN)
def test_the_sql_does_without(rule: str) -> None:
    pattern, sample = FORBIDDEN[rule]
    assert re.search(pattern, sample, re.IGNORECASE), "the rule does not find its own sample"
    assert [name for name, text in SQL.items() if re.search(pattern, text, re.IGNORECASE)] == []


def test_the_sql_in_python_is_looked_at() -> None:
    assert "INSERT INTO shards" in SQL["Python"]
    assert "FOR UPDATE" in SQL["Python"]


SPREAD = {"shard", "bucket"}
SMALL = {
    "state_machines": "a row for each state machine",
    "revisions": "a row for each form of a state machine",
    "versions": "likewise",
    "aliases": "likewise",
    "activities": "a row for each activity",
    "tags": "a few for each of those",
    "documents": "a thousand of a kind for each user at most",
    "nodes": "a row for each process",
    "replies": "between nodes, read and deleted at once",
}
"""Tables that do not grow with executions: these may be keyed by what they are looked up by."""


def keys(script: str) -> dict[str, list[list[str]]]:
    """Table -> the columns of each of its keys and indexes."""
    found: dict[str, list[list[str]]] = {}
    for table, body in re.findall(r"CREATE TABLE (\w+) \((.*?)\n\)", script, re.DOTALL):
        lists = re.findall(r"(?:PRIMARY KEY|UNIQUE) \(([^)]*)\)", body)
        lists += re.findall(r"^\s*(\w+) [^,]*PRIMARY KEY", body, re.MULTILINE)
        found[table] = [re.split(r",\s*", columns) for columns in lists]
    for table, columns in re.findall(r"CREATE (?:UNIQUE )?INDEX \w+ ON (\w+) \(([^)]*)\)", script):
        found[table].append(re.split(r",\s*", columns))
    return found


def test_shard_or_bucket_leads_every_key_of_what_grows() -> None:
    found: dict[str, list[list[str]]] = {}
    for step in load_migrations(PACKAGE):
        for table, lists in keys(re.sub(r"--.*", "", step.script)).items():
            found.setdefault(table, []).extend(lists)
    assert len(found) > 15
    assert all(found.values()), "a table without a key"
    assert SMALL.keys() <= found.keys()
    wrong = {
        table: columns
        for table, lists in found.items()
        if table not in SMALL
        for columns in lists
        if columns[0] not in SPREAD
    }
    assert wrong == {}


def test_both_backends_have_the_same_tables_with_the_same_columns() -> None:
    """But for how PostgreSQL counts groups."""

    def columns(package: str) -> dict[str, set[str]]:
        text = "\n".join(re.sub(r"--.*", "", step.script) for step in load_migrations(package))
        return {
            table: {line.split()[0] for line in body.strip().splitlines() if line.split()[0].islower()}
            for table, body in re.findall(r"CREATE TABLE (\w+) \((.*?)\n\)", text, re.DOTALL)
        }

    ours, theirs = columns(PACKAGE), columns("stepwell.store.sqlite")
    assert ours.pop("shards") - theirs.pop("shards") == {"last_group"}
    assert ours == theirs
