"""The map of shards and buckets over several databases, simulated: how even it is, and what moves when it grows.

`python -m bench.shard_map` prints the table of docs/explanation/several-databases.md. No database takes part.
"""

import random
import sys
from collections import Counter

from stepwell.store.sql import bucket_of

BUCKETS = 1_024
SHARDS_EACH = 64
NAMES = 1_000_000


def placed(units: int, databases: int) -> list[int]:
    """The database of each unit (a bucket or a shard), dealt out evenly."""
    return [unit * databases // units for unit in range(units)]


def grown(places: list[int], databases: int) -> list[int]:
    """The same with one database more: it gets its share from those that have most, and nothing else moves."""
    after, has = list(places), Counter(places)
    share = len(places) // (databases + 1)
    while has[databases] < share:
        fullest = max(range(databases), key=lambda database: has[database])
        unit = max(unit for unit, place in enumerate(after) if place == fullest)
        after[unit] = databases
        has[fullest] -= 1
        has[databases] += 1
    return after


def unevenness(loads: list[int]) -> float:
    """The fullest against the mean."""
    return max(loads) / (sum(loads) / len(loads))


def names(databases: int, dice: random.Random) -> float:
    """Random names of one state machine over the databases of their buckets."""
    machine = dice.randbytes(16)
    places = placed(BUCKETS, databases)
    loads = Counter(places[bucket_of(machine + dice.randbytes(16), BUCKETS)] for _ in range(NAMES))
    return unevenness([loads[database] for database in range(databases)])


def owners(nodes: int, databases: int) -> float:
    """Shards of all databases over nodes, dealt out in each database by itself."""
    has: Counter[int] = Counter()
    for database in range(databases):
        each, rest = divmod(SHARDS_EACH, nodes)
        for place in range(nodes):
            has[(place + database) % nodes] += each + (place < rest)
    return unevenness([has[node] for node in range(nodes)])


def main() -> None:
    """Print the table."""
    dice = random.Random(1)
    sys.stdout.write("databases | names: fullest/mean | buckets that move to one more | 5 / 24 nodes: fullest/mean\n")
    for databases in (1, 2, 4, 8, 16, 32):
        before = placed(BUCKETS, databases)
        moved = sum(one != other for one, other in zip(before, grown(before, databases), strict=True))
        uneven = f"{owners(5, databases):.3f} / {owners(24, databases):.3f}"
        sys.stdout.write(
            f"{databases:9} | {names(databases, dice):19.4f} | {moved:6} of {BUCKETS} ({moved / BUCKETS:5.1%})"
            f"     | {uneven}\n"
        )


if __name__ == "__main__":
    main()
