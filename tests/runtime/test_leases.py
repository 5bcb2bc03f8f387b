"""When a node is given up for dead, and when it is not."""

import math

from stepwell.runtime.leases import Watch
from stepwell.store.records import NodeRow

LEASE_MS = 5_000


def node(name: str, beats: int) -> NodeRow:
    return NodeRow(name.encode() * 16, name, "", 0, beats)


def dead(watch: Watch, at_ms: int, *nodes: NodeRow) -> list[str]:
    return [row.name for row in watch.look(at_ms, at_ms, nodes)]


def test_a_node_that_beats_lives() -> None:
    watch = Watch(LEASE_MS)
    for beats in range(20):
        assert dead(watch, beats * 1_000, node("a", beats)) == []


def test_a_node_that_does_not_is_dead_after_one_lease() -> None:
    watch = Watch(LEASE_MS)
    for at_ms in range(0, LEASE_MS, 250):
        assert dead(watch, at_ms, node("a", 1), node("b", at_ms)) == []
    assert dead(watch, LEASE_MS, node("a", 1), node("b", LEASE_MS)) == ["a"]


def test_time_in_which_nobody_watched_does_not_count() -> None:
    """The watcher was paused, or saw no database: the others may have been, too."""
    watch = Watch(LEASE_MS)
    assert dead(watch, 0, node("a", 1)) == []
    assert dead(watch, 60_000, node("a", 1)) == []
    for at_ms in range(60_000, 60_000 + LEASE_MS, 250):
        assert dead(watch, at_ms, node("a", 1)) == []
    assert dead(watch, 60_000 + LEASE_MS, node("a", 1)) == ["a"]


def test_a_slow_look_counts_for_the_node() -> None:
    """Its beat may have come at the end of the look that shows it, and the next look began before it could be late."""
    watch = Watch(LEASE_MS)
    assert watch.look(0, 2_000, [node("a", 1)]) == []
    assert watch.look(4_000, 4_010, [node("a", 1)]) == []
    assert watch.look(6_000, 9_000, [node("a", 1)]) == []
    assert [row.name for row in watch.look(9_010, 9_020, [node("a", 1)])] == ["a"]


def test_the_next_look_comes_when_somebody_could_be_dead() -> None:
    watch = Watch(LEASE_MS)
    dead(watch, 1_000, node("a", 1), node("b", 1))
    dead(watch, 2_000, node("a", 2), node("b", 1))
    assert watch.next_end_ms() == 1_000 + LEASE_MS


def test_a_node_that_is_alone_has_nobody_to_wait_for() -> None:
    watch = Watch(LEASE_MS)
    dead(watch, 1_000)
    assert watch.next_end_ms() == math.inf


def test_a_node_that_left_is_forgotten() -> None:
    watch = Watch(LEASE_MS)
    dead(watch, 0, node("a", 1))
    dead(watch, 1_000)
    assert dead(watch, 2_000, node("a", 1)) == []
    assert watch.next_end_ms() == 2_000 + LEASE_MS
