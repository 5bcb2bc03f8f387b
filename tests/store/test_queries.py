"""Named queries: the loader's rules, and that the files keep them."""

import re
from pathlib import Path

import pytest

import stepwell.store
from stepwell.store.queries import load_queries, parse_queries

STORE = Path(stepwell.store.__file__).parent
SOURCES = "".join(path.read_text("utf-8") for path in STORE.rglob("*.py"))
BACKENDS = {name: load_queries(f"stepwell.store.{name}") for name in ("sqlite", "postgres")}
ALL = [(backend, name) for backend, queries in BACKENDS.items() for name in queries]
ONLY_SQLITE = {"load_epoch"}
ONLY_POSTGRES = {"fence", "hold_shards", "settle_shards", "lost", "nobody_lost"}
"""How each sees to it that a stale owner writes nothing."""


@pytest.mark.parametrize("name", sorted({name for _, name in ALL}))
def test_every_query_is_used(name: str) -> None:
    assert f'"{name}"' in SOURCES


def test_both_backends_have_the_same_queries() -> None:
    sqlite, postgres = BACKENDS["sqlite"].keys(), BACKENDS["postgres"].keys()
    assert (sqlite - postgres, postgres - sqlite) == (ONLY_SQLITE, ONLY_POSTGRES)


def test_every_query_that_is_called_exists() -> None:
    called = re.findall(r'(?:fetch|many|append)\(\s*"(\w+)"', SOURCES)
    called += re.findall(r'_(?:run|change)\(transaction, "(\w+)"', SOURCES)
    called += re.findall(r'\("(\w+)", (?:_revision_row|\(|current|row)', SOURCES)
    assert len(set(called)) > 30
    assert set(called) <= {name for _, name in ALL}


@pytest.mark.parametrize(("backend", "name"), ALL)
def test_parameters_are_numbered_without_gaps(backend: str, name: str) -> None:
    numbers = {int(number) for number in re.findall(r"[?$](\d+)", BACKENDS[backend][name])}
    assert numbers == set(range(1, len(numbers) + 1))


@pytest.mark.parametrize(("backend", "name"), [key for key in ALL if BACKENDS[key[0]][key[1]].startswith("SELECT")])
def test_no_read_scans_a_table_that_grows(backend: str, name: str) -> None:
    query = BACKENDS[backend][name]
    small = re.search("FROM (nodes|shards) ORDER", query)  # a row for each process, and a fixed number
    given = "unnest($1" in query
    assert "WHERE" in query or small or given


def test_a_query_has_name_description_and_statement() -> None:
    text = "-- A file.\n\n-- name: one\n-- First.\nSELECT 1\n  FROM t;\n\n-- name: two\n-- Second.\nSELECT 2;\n"
    assert parse_queries(text) == {"one": "SELECT 1 FROM t", "two": "SELECT 2"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("-- name: one\nSELECT 1;\n", "the query one has no description"),
        ("-- name: one\n-- First.\n", "the query one has no statement"),
        ("-- name: one\n-- First.\nSELECT 1;\n-- name: one\n-- Again.\nSELECT 1;\n", "two queries are named one"),
    ],
)
def test_a_file_that_breaks_the_rules_is_refused(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_queries(text)
