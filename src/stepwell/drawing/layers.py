"""The first step of a layout: every node gets a layer, and every edge becomes links from one layer to the next.

Loops are opened where they close, a labelled edge gets a layer for its label, and an edge that passes layers gets a
bend in each. Edges of one kind that lead to the same node share their bends: ten ways to one handler are one line.
The method is Sugiyama's (1981); its other steps are in `crossings`, `columns` and `channels`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, NamedTuple

BENDS_MAX: Final = 200_000


class TooLarge(ValueError):
    """There are more bends to draw than anybody could look at."""


class Role(Enum):
    """What stands at a place."""

    BOX = "box"
    LABEL = "label"
    BEND = "bend"


class Size(NamedTuple):
    """Width and height in pixels."""

    width: float
    height: float


class Line(NamedTuple):
    """An edge between the boxes of two numbers; `label` is the size of its label. Lines of one `kind` may join."""

    source: int
    target: int
    kind: str = ""
    label: Size | None = None


@dataclass(slots=True, eq=False)
class Place:
    """What has a place in a layer.

    `above` and `below` are linked to it in the layers before and after. `beside` is in the same layer, and wants to be
    near: the foot of a loop, or its head. `x` is the middle.
    """

    layer: int
    width: float = 0.0
    height: float = 0.0
    role: Role = Role.BOX
    above: list[Place] = field(default_factory=list)
    below: list[Place] = field(default_factory=list)
    beside: Place | None = None
    position: int = 0
    x: float = 0.0


@dataclass(slots=True)
class Route:
    """The places that a line goes by, from its source to its target. After `turn` places it goes up, in a loop."""

    places: list[Place]
    label: Place | None = None
    turn: int | None = None


@dataclass(slots=True)
class Layers:
    """The boxes' places, the routes of the lines in their order, and the layers from the top."""

    boxes: list[Place]
    routes: list[Route]
    rows: list[list[Place]]


def build_layers(sizes: Sequence[Size], lines: Sequence[Line], last: int | None = None) -> Layers:
    """Layers for boxes, of which the first ones come first; the box `last` gets the lowest layer.

    Raises `TooLarge`.
    """
    forward, order = _open_loops(len(sizes), lines)
    layers = _longest_paths(order, lines, forward)
    if last is not None:
        layers[last] = max(layers)
    boxes = [Place(layer, *size) for layer, size in zip(layers, sizes, strict=True)]
    builder = _Links(boxes)
    routes = [builder.route(line, goes_down) for line, goes_down in zip(lines, forward, strict=True)]
    return Layers(boxes, routes, _rows(boxes, builder.places))


def _open_loops(boxes: int, lines: Sequence[Line]) -> tuple[list[bool], list[int]]:
    """Which lines close no loop, and the boxes in an order in which those lines lead forward (depth first)."""
    out: list[list[int]] = [[] for _ in range(boxes)]
    for number, line in enumerate(lines):
        out[line.source].append(number)
    forward = [True] * len(lines)
    state = [0] * boxes  # 0 not seen, 1 on the way, 2 done
    done: list[int] = []
    for root in range(boxes):
        if state[root]:
            continue
        state[root] = 1
        stack = [(root, iter(out[root]))]
        while stack:
            box, left = stack[-1]
            way = next(left, None)
            if way is None:
                stack.pop()
                state[box] = 2
                done.append(box)
                continue
            target = lines[way].target
            if state[target] == 1:
                forward[way] = False
            elif state[target] == 0:
                state[target] = 1
                stack.append((target, iter(out[target])))
    return forward, done[::-1]


def _longest_paths(order: list[int], lines: Sequence[Line], forward: list[bool]) -> list[int]:
    """A box comes below all boxes that lead to it; a label takes a layer of its own."""
    layers = [0] * len(order)
    out: dict[int, list[Line]] = {}
    for line, goes_down in zip(lines, forward, strict=True):
        if goes_down:
            out.setdefault(line.source, []).append(line)
    for box in order:
        for line in out.get(box, ()):
            layers[line.target] = max(layers[line.target], layers[box] + (1 if line.label is None else 2))
    return layers


class _Links:
    """Makes labels and bends, and links them."""

    def __init__(self, boxes: list[Place]) -> None:
        self._boxes = boxes
        self._shared: dict[tuple[int, str, bool], dict[int, Place]] = {}
        self.places: list[Place] = []

    def route(self, line: Line, goes_down: bool) -> Route:
        source, target = self._boxes[line.source], self._boxes[line.target]
        route = Route([source])
        if line.label is not None:
            route.label = self._add(Place(source.layer + 1, *line.label, Role.LABEL))
            _link(source, route.label)
            route.places.append(route.label)
        shared = self._shared.setdefault((line.target, line.kind, goes_down), {})
        if goes_down:
            self._go_down(route, target, shared)
        else:
            self._go_up(route, target, shared)
        return route

    def _go_down(self, route: Route, target: Place, shared: dict[int, Place]) -> None:
        for layer in range(route.places[-1].layer + 1, target.layer):
            if layer not in shared:
                shared[layer] = self._add(Place(layer, role=Role.BEND))
            _link(route.places[-1], shared[layer])
            route.places.append(shared[layer])
        _link(route.places[-1], target)
        route.places.append(target)

    def _go_up(self, route: Route, target: Place, shared: dict[int, Place]) -> None:
        """Turn below the lowest place, rise beside the boxes, and come down on the target from above."""
        foot = route.places[-1]
        route.turn = len(route.places)
        for layer in range(foot.layer, target.layer - 1, -1):
            if layer not in shared:
                beside = foot if layer == foot.layer else None
                shared[layer] = self._add(Place(layer, role=Role.BEND, beside=beside))
            if layer + 1 in shared:
                _link(shared[layer], shared[layer + 1])
            route.places.append(shared[layer])
        if route.places[-1].beside is None:
            route.places[-1].beside = target
        route.places.append(target)

    def _add(self, place: Place) -> Place:
        self.places.append(place)
        if len(self.places) > BENDS_MAX:
            raise TooLarge("The definition is too large to be drawn")
        return place


def _link(upper: Place, lower: Place) -> None:
    if lower not in upper.below:
        upper.below.append(lower)
        lower.above.append(upper)


def _rows(boxes: list[Place], others: list[Place]) -> list[list[Place]]:
    """The layers, in the order in which a walk down the links, in written order, first comes by."""
    rows: list[list[Place]] = [[] for _ in range(1 + max((place.layer for place in (*boxes, *others)), default=-1))]
    seen: set[Place] = set()
    for root in (*boxes, *others):
        stack = [root]
        while stack:
            place = stack.pop()
            if place not in seen:
                seen.add(place)
                rows[place.layer].append(place)
                stack.extend(reversed(place.below))
    for row in rows:
        for position, place in enumerate(row):
            place.position = position
    return rows
