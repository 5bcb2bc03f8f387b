"""The fourth step of a layout: how far down each layer is, and the way of every line between them.

A line leaves a place at its foot, goes across in the channel below its layer, and comes down on the next place. Those
that go across over each other get tracks of their own, in an order in which few cross. Everything is at right angles.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from stepwell.drawing.layers import Layers, Place, Role, Route

TRACK_GAP: Final = 10.0
CHANNEL_GAP: Final = 20.0
ARROW_GAP: Final = 8.0
PORT_GAP: Final = 22.0
STRAIGHT: Final = 1.0  # what is less aside than this goes straight down
_CAREFUL_MAX: Final = 200


class Point(NamedTuple):
    """A point in pixels, from the upper left."""

    x: float
    y: float


@dataclass(slots=True, eq=False)
class _Across:
    """A way across in one channel, shared by the lines that go to the same place from the same side."""

    channel: int
    begin: float
    end: float
    track: int = 0

    @property
    def span(self) -> tuple[float, float]:
        return (self.begin, self.end) if self.begin <= self.end else (self.end, self.begin)


class Routed(NamedTuple):
    """Where everything is: the upper side of each layer and of its channel, the ways, and the whole height."""

    tops: list[float]
    ways: list[list[Point]]
    height: float


def route_lines(layers: Layers) -> Routed:
    """The ways of all routes, in their order, when each place has its column."""
    legs = [_legs(route, port) for route, port in zip(layers.routes, _ports(layers.routes), strict=True)]
    channels: dict[int, list[_Across]] = {}
    shared: dict[tuple[int, float, float], _Across] = {}
    for across in (leg for way in legs for leg in way):
        key = (across.channel, across.begin, across.end)
        if key not in shared and abs(across.begin - across.end) > STRAIGHT:
            shared[key] = across
            channels.setdefault(across.channel, []).append(across)
    tracks = {channel: _assign_tracks(ways) for channel, ways in channels.items()}
    tops, feet, height = _stack(layers.rows, tracks)
    ways = []
    for route, way in zip(layers.routes, legs, strict=True):
        ways.append(_points(route, [shared.get((a.channel, a.begin, a.end), a) for a in way], tops, feet))
    return Routed(tops, ways, height)


def _ports(routes: Iterable[Route]) -> list[float]:
    """Where each line leaves its box: straight down if it can, else to the side it goes to, so that none cross."""
    routes = list(routes)
    leaving: dict[Place, list[int]] = {}
    for number, route in enumerate(routes):
        leaving.setdefault(route.places[0], []).append(number)
    ports = [0.0] * len(routes)
    for box, numbers in leaving.items():
        goals = {number: routes[number].places[1].x - box.x for number in numbers}
        for side in (-1, 1):
            turned = sorted((n for n in numbers if goals[n] * side > STRAIGHT), key=lambda n: abs(goals[n]))
            gap = min(PORT_GAP, box.width / 2 / (len(turned) + 1))
            alone = len(turned) == len(numbers) == 1
            for place, number in enumerate(turned, 0 if alone else 1):
                ports[number] = side * gap * place
    return [route.places[0].x + port for route, port in zip(routes, ports, strict=True)]


def _legs(route: Route, port: float) -> list[_Across]:
    """The ways across, one for each pair of places that follow each other."""
    legs = []
    for number, (one, two) in enumerate(zip(route.places, route.places[1:], strict=False), 1):
        goes_up = route.turn is not None and number > route.turn
        channel = two.layer - 1 if goes_up and two is route.places[-1] else two.layer if goes_up else one.layer
        legs.append(_Across(channel, port if number == 1 else one.x, two.x))
    return legs


def _assign_tracks(ways: list[_Across]) -> int:
    """Give each way across a track, from above; how many tracks there are."""
    order: list[_Across] = []
    for way in ways:
        order.insert(_best_place(order, way), way)
    for number, way in enumerate(order):
        way.track = 1 + max((other.track for other in order[:number] if _meet(other, way)), default=-1)
    return 1 + max((way.track for way in ways), default=-1)


def _best_place(order: Sequence[_Across], way: _Across) -> int:
    """Where in the order from above a way crosses the fewest others."""
    if len(order) > _CAREFUL_MAX:
        return len(order)
    cost = best = sum(_crossings(way, other) for other in order)
    place = 0
    for number, other in enumerate(order, 1):
        cost += _crossings(other, way) - _crossings(way, other)
        if cost < best:
            place, best = number, cost
    return place


def _crossings(upper: _Across, lower: _Across) -> int:
    """Crossings if one lies above the other: the upper one's way down, and the lower one's way from above."""
    low, high = lower.span
    first, last = upper.span
    return (low <= upper.end <= high) + (first <= lower.begin <= last)


def _meet(one: _Across, two: _Across) -> bool:
    if one.end == two.end and (one.begin - one.end) * (two.begin - two.end) > 0:
        return False  # they go to the same place from the same side: one line
    return one.span[0] <= two.span[1] + STRAIGHT and two.span[0] <= one.span[1] + STRAIGHT


def _stack(rows: Sequence[Sequence[Place]], tracks: dict[int, int]) -> tuple[list[float], list[float], float]:
    """The upper side of each layer, where its boxes end, and the height of all."""
    y = CHANNEL_GAP + tracks[-1] * TRACK_GAP + ARROW_GAP if -1 in tracks else 0.0
    tops, feet = [], []
    for number, row in enumerate(rows):
        tops.append(y)
        y += max((place.height for place in row), default=0.0)
        feet.append(y)
        is_last = number == len(rows) - 1
        if not is_last or number in tracks:
            y += CHANNEL_GAP + max(tracks.get(number, 0) - 1, 0) * TRACK_GAP
            if not is_last and any(place.role is Role.BOX for place in rows[number + 1]):
                y += ARROW_GAP
    return tops, feet, y


def _points(route: Route, legs: list[_Across], tops: list[float], feet: list[float]) -> list[Point]:
    first, last = route.places[0], route.places[-1]
    points = [Point(legs[0].begin, tops[first.layer] + first.height)]
    for leg in legs:
        if abs(leg.begin - leg.end) > STRAIGHT:
            foot = feet[leg.channel] if leg.channel >= 0 else 0.0
            y = foot + CHANNEL_GAP / 2 + leg.track * TRACK_GAP
            points += [Point(points[-1].x, y), Point(leg.end, y)]
    points.append(Point(points[-1].x, tops[last.layer]))
    return points
