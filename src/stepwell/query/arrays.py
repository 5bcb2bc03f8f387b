"""The intrinsic functions on arrays and objects. Never texts or numbers alone."""

from typing import Any

from stepwell.limits import Limits
from stepwell.query.arithmetic import round_half_up
from stepwell.query.comparison import fingerprint
from stepwell.query.failures import InvalidArguments
from stepwell.query.registry import intrinsic
from stepwell.query.weight import weigh


@intrinsic("States.Array", "any", more=True)
def array(limits: Limits, *values: Any) -> list[Any]:
    """All arguments as an array; none give `[]`. (recorded)"""
    return list(values)


@intrinsic("States.ArrayPartition", "array", "number")
def array_partition(limits: Limits, items: list[Any], size: float) -> list[list[Any]]:
    """Chunks of `size` items, the last one possibly shorter; `size` is rounded and must be positive. (AWS)"""
    step = round_half_up(size)
    if step <= 0:
        raise InvalidArguments
    return [items[first : first + step] for first in range(0, len(items), step)]


def _check_weight(value: Any, limits: Limits) -> None:
    if weigh(value, limits.query_steps_max) > limits.query_steps_max:
        raise InvalidArguments


@intrinsic("States.ArrayContains", "array", "any", deep=True)
def array_contains(limits: Limits, items: list[Any], wanted: Any) -> bool:
    """Whether an item equals the value, deeply. (AWS)"""
    _check_weight([items, wanted], limits)
    mark = fingerprint(wanted)
    kind = type(wanted)
    return any(type(item) is kind and fingerprint(item) == mark for item in items)


@intrinsic("States.ArrayRange", "number", "number", "number")
def array_range(limits: Limits, first: float, last: float, step: float) -> list[int]:
    """Numbers from `first` to `last`, both included, by `step`; all rounded; at most 1,000. (AWS)"""
    start, end, stride = round_half_up(first), round_half_up(last), round_half_up(step)
    if stride == 0:
        raise InvalidArguments
    numbers = range(start, end + (1 if stride > 0 else -1), stride)
    if (end - start) // stride >= limits.array_range_items_max:
        raise InvalidArguments
    return list(numbers)


@intrinsic("States.ArrayGetItem", "array", "number")
def array_get_item(limits: Limits, items: list[Any], index: float) -> Any:
    """The item at an index counted from 0; an index that is no whole number or out of range fails. (AWS)"""
    if index != int(index) or not 0 <= index < len(items):
        raise InvalidArguments
    return items[int(index)]


@intrinsic("States.ArrayLength", "array")
def array_length(limits: Limits, items: list[Any]) -> int:
    """The number of items. (AWS)"""
    return len(items)


@intrinsic("States.ArrayUnique", "array", deep=True)
def array_unique(limits: Limits, items: list[Any]) -> list[Any]:
    """The items without repetitions, the first of equal ones kept. (AWS; order ours)"""
    _check_weight(items, limits)
    firsts: dict[str, Any] = {}
    for item in items:
        firsts.setdefault(fingerprint(item), item)
    return list(firsts.values())


@intrinsic("States.JsonMerge", "object", "object", "false")
def json_merge(limits: Limits, left: dict[str, Any], right: dict[str, Any], deep: bool) -> dict[str, Any]:
    """The members of both objects, those of the second winning; `deep` must be false. (AWS: only shallow merging)"""
    return {**left, **right}
