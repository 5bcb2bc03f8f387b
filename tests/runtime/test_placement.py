"""Everybody comes to the same answer, and nothing moves that need not."""

from random import Random

import pytest

from stepwell.runtime.placement import plan, quotas
from stepwell.store.records import ShardRow

A, B, C = (name.encode() * 16 for name in "abc")


def rows(owners: list[bytes | None]) -> list[ShardRow]:
    return [ShardRow(shard, 1, owner) for shard, owner in enumerate(owners)]


def settled(owners: list[bytes | None], nodes: list[bytes], dice: Random) -> tuple[list[bytes | None], int]:
    """The owners when nobody wants a change, and how many shards have changed hands; nodes act in any order."""
    moves = 0
    for _ in range(100):
        acted = False
        for node in dice.sample(nodes, len(nodes)):
            wanted = plan(node, nodes, rows(owners))
            for row in wanted.take:
                owners[row.shard] = node
            mine = [shard for shard, owner in enumerate(owners) if owner == node]
            for shard in mine[: wanted.release]:
                owners[shard] = None
            moves += wanted.release
            acted = acted or bool(wanted.take or wanted.release)
        if not acted:
            return owners, moves
    raise AssertionError("shards never come to rest")


def test_quotas_differ_by_one_at_most() -> None:
    assert quotas([B, A, C], 64) == {A: 22, B: 21, C: 21}
    assert quotas([A], 64) == {A: 64}
    assert sum(quotas([bytes([n]) for n in range(100)], 64).values()) == 64


@pytest.mark.parametrize("seed", range(50))
def test_shards_come_to_rest_evenly_with_the_fewest_moves(seed: int) -> None:
    dice = Random(seed)
    nodes = [bytes([n]) * 16 for n in range(dice.randint(1, 7))]
    choices: list[bytes | None] = [None, b"dead" * 4, *nodes]
    before = [dice.choice(choices) for _ in range(64)]
    quota = quotas(nodes, 64)
    surplus = sum(max(0, before.count(node) - quota[node]) for node in nodes)
    after, moves = settled(list(before), nodes, dice)
    assert {node: after.count(node) for node in nodes} == quota
    assert moves == surplus


def test_free_shards_are_taken_from_different_ends() -> None:
    """So that two nodes that see the same free shards seldom want the same ones."""
    free = rows([None] * 64)
    wanted = [{row.shard for row in plan(node, [A, B], free).take} for node in (A, B)]
    assert [len(shards) for shards in wanted] == [32, 32]
    assert not wanted[0] & wanted[1]


def test_nothing_is_released_to_nobody() -> None:
    assert plan(A, [A], rows([A] * 64)) == ([], 0)
    assert plan(A, [A, B], rows([A] * 64)).release == 32
    assert plan(A, [A, B], rows([A] * 33 + [B] * 31)).release == 1


def test_a_node_that_is_not_listed_yet_counts_itself() -> None:
    assert len(plan(B, [A], rows([A] * 32 + [None] * 32)).take) == 32
