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


def cost(values: list[Any], deep: bool, weight_max: int) -> int:
    """Steps of a call with such arguments: one, and what they weigh; all that is inside of arrays and objects counts
    only for work that goes `deep`. (ours)
    """
    steps = 1
    for value in values:
        kind = type(value)
        if deep and (kind is list or kind is dict):
            steps += weigh(value, weight_max)
        elif kind is str or kind is list or kind is dict:
            steps += len(value) >> 4
    return steps


def size(value: Any) -> int:
    """Steps of making such an answer: its items, or 16 characters of a text each. (ours)"""
    kind = type(value)
    if kind is str:
        return len(value) >> 4
    return len(value) if kind is list or kind is dict else 0
