"""A layout as an SVG document: text as text, a title and a description, and colours for light and dark.

With the theme `auto` the document follows the reader's preference. It loads nothing, and runs nothing.
"""

import re
from collections.abc import Iterator, Sequence
from html import escape
from typing import Final

from stepwell.drawing.channels import Point
from stepwell.drawing.graph import Edge, Flow, Mark, Node, Way
from stepwell.drawing.layout import HEADER, LABEL_FONT, LABEL_HEIGHT, Box, Drawn, Frame
from stepwell.drawing.letters import fitted, in_two_lines, width_of
from stepwell.drawing.outcome import Outcome, StateOutcome, Transition
from stepwell.drawing.style import ThemeName, style_sheet
from stepwell.drawing.theme import GLYPHS, STATUS_GLYPHS, UNKNOWN_GLYPH

MARGIN: Final = 24.0
_BEND: Final = 6.0
_NAME_FONT: Final = 13.0
_DETAIL_FONT: Final = 11.0
_BOLD_FONT: Final = 11.7  # what bold letters of the detail's size are as wide as
_TEXT_LEFT: Final = 42.0
_BADGE_HEIGHT: Final = 18.0
_ILLEGAL: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def draw(frame: Frame, title: str, *, outcome: Outcome | None = None, theme: ThemeName = "auto") -> str:
    """The document, which ends with a newline."""
    outcome = outcome or Outcome()
    width, height = frame.width + 2 * MARGIN, frame.height + 2 * MARGIN
    view = f"{_n(-MARGIN)} {_n(-MARGIN)} {_n(width)} {_n(height)}"
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_n(width)}" height="{_n(height)}" viewBox="{view}" '
        'role="img" aria-labelledby="title description">',
        f'<title id="title">{_text(title)}</title>',
        f'<desc id="description">{_text(description(frame.flow, outcome))}</desc>',
        f"<style>{style_sheet(theme)}</style>",
        f'<rect class="page" x="{_n(-MARGIN)}" y="{_n(-MARGIN)}" width="{_n(width)}" height="{_n(height)}"/>',
        *_frame(frame, outcome),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def description(flow: Flow, outcome: Outcome) -> str:
    """The drawing in words: every state with where it leads."""
    return " ".join(_sentences(flow, outcome))


def _sentences(flow: Flow, outcome: Outcome) -> Iterator[str]:
    ways: dict[Node, list[str]] = {}
    for edge in flow.edges:
        why = f" ({edge.label})" if edge.label else ""
        ways.setdefault(edge.source, []).append(f"{edge.target.name}{why}")
    for node in flow.nodes:
        if node.mark is not Mark.END:
            leads = f"leads to {', '.join(ways[node])}" if node in ways else ""
            yield ", ".join(part for part in (_tooltip(node, _known(node, outcome)), leads) if part) + "."
        for number, lane in enumerate(node.lanes, 1):
            yield f"Inside {node.name}, flow {number}:"
            yield from _sentences(lane, outcome)


def _frame(frame: Frame, outcome: Outcome) -> Iterator[str]:
    """Lanes below edges below nodes; ways that were taken lie on top of the others."""
    drawn = sorted(frame.edges, key=lambda one: _was_taken(one.edge, outcome))
    containers = [box for box in frame.boxes if box.lanes]
    for box in containers:
        yield _container(box, outcome)
    for one in drawn:
        yield _edge(one, _was_taken(one.edge, outcome))
    yield from (_label(one) for one in drawn if one.label is not None)
    for box in frame.boxes:
        if box.lanes:
            for lane in box.lanes:
                yield from _frame(lane, outcome)
            yield from _badge(box, outcome.states.get(box.node.name))
        else:
            yield from _node(box, outcome)


def _was_taken(edge: Edge, outcome: Outcome) -> bool:
    source = "" if edge.source.mark is Mark.START else edge.source.name
    target = "" if edge.target.mark is Mark.END else edge.target.name
    return Transition(source, target, edge.way is Way.CATCH) in outcome.taken


# Nodes


def _node(box: Box, outcome: Outcome) -> Iterator[str]:
    node = box.node
    known = _known(node, outcome)
    yield f'<g class="{_classes(node, known)}" data-id="{_text(node.id)}">'
    yield f"<title>{_text(_tooltip(node, known))}</title>"
    if node.mark in (Mark.START, Mark.END):
        yield _rect(box, box.height / 2)
        yield _line_of_text("name", box.x + box.width / 2, box.y + box.height / 2, node.name, "middle")
    else:
        yield _rect(box, 8)
        yield _glyph(node, box.x + 10, box.y + (box.height - 24) / 2)
        yield from _words(box)
        yield from _badge(box, known)
    yield "</g>"


def _container(box: Box, outcome: Outcome) -> str:
    node = box.node
    known = _known(node, outcome)
    head = Box(node, box.x, box.y, box.width, HEADER)
    lanes = "".join(_rect(lane, 6, "lane") for lane in box.lanes)
    parts = [
        f'<g class="container {_classes(node, known)}" data-id="{_text(node.id)}">',
        f"<title>{_text(_tooltip(node, known))}</title>",
        _rect(box, 10),
        _glyph(node, box.x + 10, box.y + (HEADER - 24) / 2),
        *_words(head),
        lanes,
        "</g>",
    ]
    return "\n".join(parts)


def _known(node: Node, outcome: Outcome) -> StateOutcome | None:
    return outcome.states.get(node.name) if node.mark is None else None


def _classes(node: Node, known: StateOutcome | None) -> str:
    names = ["node"]
    if node.mark is not None:
        names.append(node.mark.value)
    if not node.reached:
        names.append("unreached")
    if known is not None:
        names.append(known.status)
    return " ".join(names)


def _tooltip(node: Node, known: StateOutcome | None) -> str:
    words = [node.name, node.detail]
    if node.mark is Mark.MISSING:
        words.append("there is no such state")
    elif not node.reached:
        words.append("no way leads here")
    if known is not None:
        words.append(known.words)
    return ", ".join(word for word in words if word)


def _glyph(node: Node, x: float, y: float) -> str:
    path = GLYPHS.get(node.type, UNKNOWN_GLYPH)
    return (
        f'<rect class="tile" x="{_n(x)}" y="{_n(y)}" width="24" height="24" rx="6"/>'
        f'<path class="glyph" transform="translate({_n(x + 4)} {_n(y + 4)})" d="{path}"/>'
    )


def _words(box: Box) -> Iterator[str]:
    """The name in one line or two, and what the state does."""
    width = box.width - _TEXT_LEFT - 10
    names = in_two_lines(box.node.name, width, _NAME_FONT)
    detail = _remark(box.node)
    x, middle = box.x + _TEXT_LEFT, box.y + box.height / 2
    heights = [15.0] * len(names) + ([13.0] if detail else [])
    y = middle - sum(heights) / 2
    for name in names:
        yield _line_of_text("name", x, y + 7.5, name)
        y += 15
    if detail:
        yield _line_of_text("detail", x, y + 6.5, fitted(detail, width, _DETAIL_FONT))


def _remark(node: Node) -> str:
    if node.mark is Mark.MISSING:
        return "no such state"
    return node.detail if node.reached else f"⚠ not reached · {node.detail}".rstrip(" ·")


def _badge(box: Box, known: StateOutcome | None) -> Iterator[str]:
    """The status on the upper side of a box: glyph and words, to the right of where edges come in."""
    if known is None:
        return
    words = known.words
    width = width_of(words, _BOLD_FONT) + 28
    x, y = max(box.x + box.width - width - 8, box.x + box.width / 2 + 10), box.y - _BADGE_HEIGHT / 2
    place, path = f"translate({_n(x + 7)} {_n(y + 3.5)}) scale(.68)", STATUS_GLYPHS[known.status]
    yield (
        f'<g class="badge {known.status}">'
        f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(_BADGE_HEIGHT)}" rx="9"/>'
        f'<path class="glyph" transform="{place}" d="{path}"/>'
        f"{_line_of_text('status', x + 22, y + _BADGE_HEIGHT / 2, words)}</g>"
    )


# Edges


def _edge(drawn: Drawn, taken: bool) -> str:
    """From its target back to its source, so that the dashes of joined edges fall together."""
    edge = drawn.edge
    end = drawn.points[-1]
    points = [*drawn.points[:-1], Point(end.x, end.y - 7)]
    return (
        f'<g class="edge {edge.way.value}{" taken" if taken else ""}" data-id="{_text(edge.id)}">'
        f'<path class="way" d="{_rounded(points[::-1])}"/>'
        f'<path class="head" d="M{_n(end.x - 4.5)} {_n(end.y - 8)}h9L{_n(end.x)} {_n(end.y - 0.5)}Z"/></g>'
    )


def _rounded(points: Sequence[Point]) -> str:
    """A path at right angles, its corners rounded."""
    parts = [f"M{_n(points[0].x)} {_n(points[0].y)}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        radius = min(_BEND, _distance(before, corner) / 2, _distance(corner, after) / 2)
        entry, leave = _towards(corner, before, radius), _towards(corner, after, radius)
        parts.append(f"L{_n(entry.x)} {_n(entry.y)}Q{_n(corner.x)} {_n(corner.y)} {_n(leave.x)} {_n(leave.y)}")
    parts.append(f"L{_n(points[-1].x)} {_n(points[-1].y)}")
    return "".join(parts)


def _distance(one: Point, two: Point) -> float:
    return abs(one.x - two.x) + abs(one.y - two.y)


def _towards(start: Point, goal: Point, length: float) -> Point:
    whole = _distance(start, goal) or 1.0
    return Point(start.x + (goal.x - start.x) * length / whole, start.y + (goal.y - start.y) * length / whole)


def _label(drawn: Drawn) -> str:
    x, y = drawn.label or Point(0.0, 0.0)
    width = width_of(drawn.edge.label, LABEL_FONT) + 8
    return (
        f'<g class="label {drawn.edge.way.value}"><rect x="{_n(x - width / 2)}" y="{_n(y - LABEL_HEIGHT / 2)}" '
        f'width="{_n(width)}" height="{_n(LABEL_HEIGHT)}" rx="4"/>'
        f"{_line_of_text('words', x, y, drawn.edge.label, 'middle')}</g>"
    )


# Letters and numbers


def _rect(box: Box | Frame, radius: float, name: str = "body") -> str:
    return (
        f'<rect class="{name}" x="{_n(box.x)}" y="{_n(box.y)}" width="{_n(box.width)}" height="{_n(box.height)}" '
        f'rx="{_n(radius)}"/>'
    )


def _line_of_text(name: str, x: float, middle: float, text: str, anchor: str = "") -> str:
    """A line whose letters stand around `middle`: not every program knows dominant-baseline."""
    where = f' text-anchor="{anchor}"' if anchor else ""
    drop = 4.5 if name == "name" else 4.0
    return f'<text class="{name}" x="{_n(x)}" y="{_n(middle + drop)}"{where}>{_text(text)}</text>'


def _text(text: str) -> str:
    """Text for XML, which has no place for most control characters and for halves of surrogate pairs."""
    return escape(_ILLEGAL.sub("\ufffd", text))


def _n(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
