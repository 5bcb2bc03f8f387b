"""The second step of a layout: an order within each layer in which few links cross.

Places move to the mean position of what they are linked to, layer by layer, down and up; the best order that was seen
stays. The written order is where it begins, and equal means keep it, so that a drawing hardly changes with an edit.
"""

from bisect import bisect_right, insort
from collections.abc import Iterable, Sequence
from typing import Final

from stepwell.drawing.layers import Place

_SWEEPS_MAX: Final = 12


def order_rows(rows: list[list[Place]]) -> None:
    """Put the places of each layer into an order with few crossings, in place."""
    best = [list(row) for row in rows]
    fewest = count_crossings(rows)
    for sweep in range(_SWEEPS_MAX):
        if fewest == 0 and sweep > 1:
            break
        goes_down = sweep % 2 == 0
        for row in rows if goes_down else reversed(rows):
            _sort(row, goes_down)
        crossings = count_crossings(rows)
        if crossings < fewest or (crossings == fewest and sweep < 2):
            fewest, best = crossings, [list(row) for row in rows]
    for row, order in zip(rows, best, strict=True):
        row[:] = order
        _number(row)


def count_crossings(rows: Sequence[Sequence[Place]]) -> int:
    """How many pairs of links cross."""
    return sum(_crossings_below(row) for row in rows)


def _crossings_below(row: Iterable[Place]) -> int:
    """Links in the order of their upper ends: each crosses the earlier ones whose lower end lies further right."""
    seen: list[int] = []
    crossings = 0
    for place in row:
        ends = sorted(other.position for other in place.below)
        crossings += sum(len(seen) - bisect_right(seen, end) for end in ends)
        for end in ends:
            insort(seen, end)
    return crossings


def _sort(row: list[Place], by_above: bool) -> None:
    keys = {place: _mean(place, place.above if by_above else place.below) for place in row}
    row.sort(key=lambda place: keys[place])
    _number(row)


def _mean(place: Place, linked: Sequence[Place]) -> float:
    """Where a place wants to be; one that is linked to nothing in that direction stays, or goes beside its friend."""
    if linked:
        return sum(other.position for other in linked) / len(linked)
    if place.beside is not None:
        return place.beside.position + 0.5
    return place.position


def _number(row: list[Place]) -> None:
    for position, place in enumerate(row):
        place.position = position
