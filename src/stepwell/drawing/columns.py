"""The third step of a layout: how far right each place is.

After Brandes and Köpf, "Fast and simple horizontal coordinate assignment" (2001): places are aligned with the median of
what they are linked to, in four ways (from above and below, leaning left and right), each as narrow as it can be; the
mean of the two middle answers is taken. The bends of one edge are always in line, so long edges are straight.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final

from stepwell.drawing.layers import Place, Role

BOX_GAP: Final = 36.0
BEND_GAP: Final = 18.0

_Rows = Sequence[Sequence[Place]]
_Pair = tuple[Place, Place]


def place_columns(rows: _Rows) -> None:
    """Give every place its `x`; the leftmost edge is at 0."""
    crossed = _crossed_by_bends(rows)
    answers = [
        _align(rows, crossed, from_above=from_above, leans_left=leans_left)
        for from_above in (True, False)
        for leans_left in (True, False)
    ]
    _bring_together(answers)
    for row in rows:
        for place in row:
            middle = sorted(answer[place] for answer in answers)[1:3]
            place.x = sum(middle) / 2
    left = min((place.x - place.width / 2 for row in rows for place in row), default=0.0)
    for row in rows:
        for place in row:
            place.x -= left


def _crossed_by_bends(rows: _Rows) -> set[_Pair]:
    """Links that cross a link between two bends: they must not be made straight at its cost."""
    crossed: set[_Pair] = set()
    for row in rows[1:]:
        inner = [
            (other.position, place.position)
            for place in row
            if _is_bend(place)
            for other in place.above
            if _is_bend(other)
        ]
        if not inner:
            continue
        inner.sort()
        for place in row:
            for other in place.above:
                if not (_is_bend(place) and _is_bend(other)) and _crosses(inner, other.position, place.position):
                    crossed.add((other, place))
    return crossed


def _crosses(inner: list[tuple[int, int]], upper: int, lower: int) -> bool:
    return any((upper - one) * (lower - two) < 0 for one, two in inner)


def _align(rows: _Rows, crossed: set[_Pair], *, from_above: bool, leans_left: bool) -> dict[Place, float]:
    ordered = [list(row if leans_left else reversed(row)) for row in (rows if from_above else reversed(rows))]
    roots = _blocks(ordered, crossed, from_above=from_above)
    xs = _compact(ordered, roots)
    return xs if leans_left else {place: -x for place, x in xs.items()}


def _blocks(rows: _Rows, crossed: set[_Pair], *, from_above: bool) -> dict[Place, Place]:
    """Which places stand below each other: for each the first one of its block."""
    roots = {place: place for row in rows for place in row}
    taken: set[Place] = set()
    order = {place: position for row in rows for position, place in enumerate(row)}
    for row in rows:
        reached = -1
        for place in row:
            linked = [other for other in _friends(place, from_above) if place in _friends(other, not from_above)]
            linked.sort(key=order.__getitem__)
            for other in _medians(linked):
                pair = (other, place) if from_above else (place, other)
                if place not in taken and order[other] > reached and pair not in crossed:
                    roots[place] = roots[other]
                    reached = order[other]
                    taken.add(place)
    return roots


def _friends(place: Place, above: bool) -> list[Place]:
    """What a place likes to be in line with; it must be liked back.

    A bend follows the other bends of its edge, whatever else joins it; a box follows its neighbours before the labels
    and bends, so that the main way is straight.
    """
    linked = place.above if above else place.below
    return [other for other in linked if other.role is place.role] or linked


def _is_bend(place: Place) -> bool:
    return place.role is Role.BEND


def _medians(linked: Sequence[Place]) -> Sequence[Place]:
    middle, odd = divmod(len(linked), 2)
    return linked[middle : middle + 1] if odd else linked[max(middle - 1, 0) : middle + 1]


def _compact(rows: _Rows, roots: Mapping[Place, Place]) -> dict[Place, float]:
    """Every block as far left as its left neighbours allow, then as far right as its right ones do.

    A block's neighbours are a graph without loops, since blocks never cross.
    """
    before: dict[Place, dict[Place, float]] = {root: {} for root in roots.values()}
    after: dict[Place, dict[Place, float]] = {root: {} for root in roots.values()}
    for row in rows:
        for left, right in pairwise(row):
            one, two = roots[left], roots[right]
            gap = max(separation(left, right), before[two].get(one, 0.0))
            before[two][one] = after[one][two] = gap
    order = _in_order(before, after)
    xs: dict[Place, float] = {}
    for root in order:
        xs[root] = max((xs[other] + gap for other, gap in before[root].items()), default=0.0)
    for root in reversed(order):
        if after[root]:
            xs[root] = max(xs[root], min(xs[other] - gap for other, gap in after[root].items()))
    return {place: xs[root] for place, root in roots.items()}


def _in_order(
    before: Mapping[Place, Mapping[Place, float]], after: Mapping[Place, Mapping[Place, float]]
) -> list[Place]:
    waits = {root: len(others) for root, others in before.items()}
    order = [root for root, count in waits.items() if count == 0]
    for root in order:  # grows as it is walked
        for other in after[root]:
            waits[other] -= 1
            if waits[other] == 0:
                order.append(other)
    return order


def separation(left: Place, right: Place) -> float:
    """The least distance between the middles of two neighbours."""
    gap = BEND_GAP if _is_bend(left) or _is_bend(right) else BOX_GAP
    return (left.width + right.width) / 2 + gap


def _bring_together(answers: list[dict[Place, float]]) -> None:
    """Move the four answers over the narrowest: left-leaning ones to its left side, the others to its right side."""
    spans = [(min(xs.values()), max(xs.values())) if xs else (0.0, 0.0) for xs in answers]
    low, high = min(spans, key=lambda span: span[1] - span[0])
    for number, (xs, (left, right)) in enumerate(zip(answers, spans, strict=True)):
        shift = low - left if number % 2 == 0 else high - right
        for place in xs:
            xs[place] += shift
