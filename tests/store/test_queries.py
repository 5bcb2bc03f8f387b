"""Named queries: the loader's rules, and that the files keep them."""

import re
from pathlib import Path

import pytest

import stepwell.store
from stepwell.store.queries import load_queries, parse_queries, widen

STORE = Path(stepwell.store.__file__).parent
SOURCES = "".join(path.read_text("utf-8") for path in STORE.rglob("*.py"))
QUERIES = load_queries("stepwell.store.sqlite")


@pytest.mark.parametrize("name", QUERIES)
def test_every_query_is_used(name: str) -> None:
    assert f'"{name}"' in SOURCES


def test_every_query_that_is_called_exists() -> None:
    called = re.findall(r'(?:fetch|many|append)\(\s*"(\w+)"', SOURCES)
    called += re.findall(r'_(?:run|change)\(transaction, "(\w+)"', SOURCES)
    called += re.findall(r'\("(\w+)", (?:_revision_row|\(|current|row)', SOURCES)
    assert len(set(called)) > 30
    assert set(called) <= set(QUERIES)


@pytest.mark.parametrize("name", QUERIES)
def test_parameters_are_numbered_without_gaps(name: str) -> None:
    numbers = {int(number) for number in re.findall(r"\?(\d*)", QUERIES[name])}
    assert numbers == set(range(1, len(numbers) + 1))


@pytest.mark.parametrize("name", [name for name in QUERIES if QUERIES[name].startswith("SELECT")])
def test_no_read_scans_a_table_that_grows(name: str) -> None:
    small = re.search("FROM (nodes|shards) ORDER", QUERIES[name])  # a row for each process, and a fixed number
    assert "WHERE" in QUERIES[name] or small


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


def test_widen_repeats_the_row_of_an_insert() -> None:
    assert widen("INSERT INTO t (a, b) VALUES (?1, ?2) ON CONFLICT DO NOTHING", 3) == (
        "INSERT INTO t (a, b) VALUES (?, ?), (?, ?), (?, ?) ON CONFLICT DO NOTHING"
    )
    assert widen("UPDATE t SET a = ?1", 3) is None
    assert widen("INSERT INTO t (a) SELECT ?1", 3) is None
