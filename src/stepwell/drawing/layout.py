"""The layout of a graph: where each node is, and the way of each edge, flows inside their containers.

A container is laid out before the flow that it stands in, lane beside lane in written order; edges never leave a flow,
so each is a drawing of its own. Pixels, from the upper left of the whole.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from stepwell.drawing.channels import Point, Routed, route_lines
from stepwell.drawing.columns import place_columns
from stepwell.drawing.crossings import order_rows
from stepwell.drawing.graph import Edge, Flow, Mark, Node, Way
from stepwell.drawing.layers import Layers, Line, Size, build_layers
from stepwell.drawing.letters import width_of

NODE: Final = Size(216, 50)
MARK: Final = Size(72, 28)
HEADER: Final = 44.0  # of a container, above its lanes
LANE_GAP: Final = 12.0
LANE_PADDING: Final = 18.0
EMPTY_LANE: Final = Size(120, 40)
LABEL_HEIGHT: Final = 16.0
LABEL_FONT: Final = 11.0


@dataclass(slots=True)
class Box:
    """A node in its place. `lanes` are the frames of its flows."""

    node: Node
    x: float
    y: float
    width: float
    height: float
    lanes: list[Frame] = field(default_factory=list)


@dataclass(slots=True)
class Drawn:
    """An edge in its place: its points from source to target, and the middle of its label."""

    edge: Edge
    points: list[Point]
    label: Point | None


@dataclass(slots=True)
class Frame:
    """A flow in its place."""

    flow: Flow
    x: float
    y: float
    width: float
    height: float
    boxes: list[Box] = field(default_factory=list)
    edges: list[Drawn] = field(default_factory=list)


def lay_out(flow: Flow) -> Frame:
    """A frame around the whole graph, with its upper left at 0, 0. Raises `TooLarge`."""
    frame = _frame_of(flow)
    _move(frame, 0.0, 0.0)
    return frame


def _frame_of(flow: Flow) -> Frame:
    """A flow at 0, 0; what is in it counts from there."""
    boxes = [_box_of(node) for node in flow.nodes]
    numbers = {node: number for number, node in enumerate(flow.nodes)}
    lines = [
        Line(numbers[edge.source], numbers[edge.target], "catch" if edge.way is Way.CATCH else "", _label_size(edge))
        for edge in flow.edges
    ]
    last = next((number for number, node in enumerate(flow.nodes) if node.mark is Mark.END), None)
    layers = build_layers([Size(box.width, box.height) for box in boxes], lines, last)
    order_rows(layers.rows)
    place_columns(layers.rows)
    return _framed(flow, boxes, layers, route_lines(layers))


def _framed(flow: Flow, boxes: list[Box], layers: Layers, routed: Routed) -> Frame:
    for box, place in zip(boxes, layers.boxes, strict=True):
        box.x, box.y = place.x - box.width / 2, routed.tops[place.layer]
    edges = []
    for edge, route, points in zip(flow.edges, layers.routes, routed.ways, strict=True):
        label = route.label
        middle = None if label is None else Point(label.x, routed.tops[label.layer] + LABEL_HEIGHT / 2)
        edges.append(Drawn(edge, points, middle))
    right = max((place.x + place.width / 2 for row in layers.rows for place in row), default=0.0)
    return Frame(flow, 0.0, 0.0, right, routed.height, boxes, edges)


def _box_of(node: Node) -> Box:
    if not node.lanes:
        return Box(node, 0.0, 0.0, *(MARK if node.mark in (Mark.START, Mark.END) else NODE))
    lanes = [_frame_of(flow) for flow in node.lanes]
    x = LANE_GAP
    for lane in lanes:
        width, height = (lane.width, lane.height) if lane.boxes else EMPTY_LANE
        lane.x, lane.y = x, HEADER
        lane.width, lane.height = width + 2 * LANE_PADDING, height + 2 * LANE_PADDING
        x += lane.width + LANE_GAP
    height = max(lane.height for lane in lanes)
    for lane in lanes:
        lane.height = height
    return Box(node, 0.0, 0.0, max(x, NODE.width), HEADER + height + LANE_GAP, lanes)


def _label_size(edge: Edge) -> Size | None:
    return Size(width_of(edge.label, LABEL_FONT) + 12, LABEL_HEIGHT) if edge.label else None


def _move(frame: Frame, x: float, y: float) -> None:
    """From places within each flow to places within the whole."""
    for edge in frame.edges:
        edge.points = [Point(point.x + x, point.y + y) for point in edge.points]
        edge.label = None if edge.label is None else Point(edge.label.x + x, edge.label.y + y)
    for box in frame.boxes:
        box.x, box.y = box.x + x, box.y + y
        for lane in box.lanes:
            lane.x, lane.y = lane.x + box.x, lane.y + box.y
            _move(lane, lane.x + LANE_PADDING, lane.y + LANE_PADDING)
