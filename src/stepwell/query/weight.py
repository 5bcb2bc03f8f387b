"""How much there is of a value. Never what it means."""

from typing import Any


def weigh(value: Any, weight_max: int) -> int:
    """The weight of a value: one for each node, and one for each 16 characters of its texts and names.

    Counting ends soon after `weight_max`, so that a value which holds another many times over is found too heavy before
    anything is done with it. Iterates, so that depth costs no stack. (ours)
    """
    pending, weight = [value], 0
    while pending and weight <= weight_max:
        item = pending.pop()
        weight += 1
        if isinstance(item, str):
            weight += len(item) >> 4
        elif isinstance(item, dict):
            weight += len(item) + (sum(map(len, item)) >> 4)
            pending.extend(item.values())
        elif isinstance(item, list):
            weight += len(item)
            pending.extend(item)
    return weight
