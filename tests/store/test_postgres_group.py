"""Groups as columns: cut into waves, put into parts, and the statement of the parts that there are."""

import re

import pytest
from msgspec.structs import replace

from stepwell.store import CommitRefused, ReopenedRow
from stepwell.store.postgres.group import COUNTED, PARTS, Wave, waves
from stepwell.store.postgres.statement import compose
from stepwell.store.queries import load_queries
from stepwell.store.records import Commit
from stepwell.store.sql import bucket_of
from tests.store.rows import MACHINE, closed, started, stepped

QUERIES = load_queries("stepwell.store.postgres")
FENCE = [(0, 3, 17)]


def bucket(key: bytes) -> int:
    return bucket_of(key, 1024)


def wave_of(*commits: Commit) -> Wave:
    wave = Wave(frozenset({0}), bucket)
    for commit in commits:
        wave.add(commit)
    return wave


def test_an_execution_occurs_once_in_a_wave() -> None:
    first, second = started("a"), started("b")
    group = [first, second, stepped(first), closed(first), stepped(second)]
    cut = waves(group)
    assert [[commit.execution_id for commit in wave] for wave in cut] == [
        [first.execution_id, second.execution_id],
        [first.execution_id, second.execution_id],
        [first.execution_id],
    ]
    assert [commit for wave in cut for commit in wave if commit.execution_id == first.execution_id] == [
        group[0],
        group[2],
        group[3],
    ]


def test_a_redrive_that_ends_at_once_is_two_steps() -> None:
    start = started("a")
    again = replace(closed(start), reopen=ReopenedRow(1, 5, b""))
    [[opened], [ended]] = waves([again])
    assert opened.reopen is not None and opened.close is None and opened.open is not None
    assert ended.reopen is None and ended.close == again.close and ended.machine_id == MACHINE


def test_only_the_parts_that_there_are_are_in_the_statement() -> None:
    start = started("a")
    parts, parameters = wave_of(stepped(start)).columns(FENCE)
    assert parts == ("fence", "nobody_lost", "update_open", "insert_history")
    assert parameters[:3] == [(0,), (3,), (17,)]
    assert parameters[-2:] == [1, 1]
    parts, _ = wave_of(start).columns(FENCE)
    assert parts == (
        "fence",
        "insert_name",
        "lost",
        "insert_execution",
        "insert_listing",
        "insert_open",
        "insert_history",
    )
    parts, _ = wave_of(closed(start)).columns([])
    assert parts == ("nobody_lost", "delete_branches", "close_execution", "close_listing", "delete_open")


def test_a_group_of_many_has_one_array_for_each_column() -> None:
    starts = [started(f"n{number}") for number in range(50)]
    parts, parameters = wave_of(*starts).columns(FENCE)
    text = compose(QUERIES, parts)
    assert {int(number) for number in re.findall(r"\$(\d+)", text)} == set(range(1, len(parameters) + 1))
    assert {len(column) for column in parameters[3:] if isinstance(column, tuple)} == {50}


def test_the_first_of_equal_names_asks_for_it() -> None:
    first, rival = started("a"), started("a")
    wave = wave_of(first, rival)
    name = (bucket(MACHINE + b"a"), MACHINE, "a")
    assert wave.claims == {name: first.execution_id}
    assert wave.rivals == {rival.execution_id: name}
    assert len(wave.parts["insert_execution"]) == 1


@pytest.mark.parametrize("shard", [-1, 1, 64])
def test_a_commit_of_another_shard_is_refused(shard: int) -> None:
    with pytest.raises(CommitRefused, match="not among those"):
        wave_of(replace(started("a"), shard=shard))


def test_all_parts_together_are_one_statement() -> None:
    parts = [part for part in PARTS if part != "nobody_lost"]
    text = compose(QUERIES, parts)
    numbers = [int(number) for number in re.findall(r"\$(\d+)", text)]
    assert set(numbers) == set(range(1, max(numbers) + 1))
    assert text.count("THEN 'not open'") == len(COUNTED) - 1
    assert text.count("THEN 'stale'") == 1
    assert text.startswith("WITH fence AS (UPDATE shards")
