"""Where everything is: nothing lies on anything else, every way is there, and lanes stand in written order."""

from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings

from stepwell.drawing.channels import STRAIGHT
from stepwell.drawing.graph import Mark, read_graph
from stepwell.drawing.layers import BENDS_MAX, TooLarge
from stepwell.drawing.layout import LABEL_FONT, LABEL_HEIGHT, lay_out
from stepwell.drawing.letters import width_of
from tests.drawing.definitions import NAMES, definition, flows

NEAR = 0.01


def frames(frame):
    yield frame
    for box in frame.boxes:
        for lane in box.lanes:
            yield from frames(lane)


def overlap(one, other):
    (x, y, width, height), (u, v, broad, high) = one, other
    return x + width > u + NEAR and u + broad > x + NEAR and y + height > v + NEAR and v + high > y + NEAR


def area(box):
    return box.x, box.y, box.width, box.height


def label_area(drawn):
    width = width_of(drawn.edge.label, LABEL_FONT)
    return drawn.label.x - width / 2, drawn.label.y - LABEL_HEIGHT / 2, width, LABEL_HEIGHT


def check(frame):
    for one in frames(frame):
        check_boxes(one)
        check_ways(one)
        check_labels(one)


def check_boxes(frame):
    for one, other in combinations(frame.boxes, 2):
        assert not overlap(area(one), area(other)), (one.node.name, other.node.name)
    for box in frame.boxes:
        assert box.x >= frame.x - NEAR
        assert box.x + box.width <= frame.x + frame.width + NEAR
        assert box.y >= frame.y - NEAR
        assert box.y + box.height <= frame.y + frame.height + NEAR
        for left, right in pairwise(box.lanes):
            assert left.x + left.width < right.x
            assert left.y == right.y
        for lane in box.lanes:
            assert box.x < lane.x
            assert lane.x + lane.width < box.x + box.width
            assert lane.y + lane.height < box.y + box.height


def check_ways(frame):
    boxes = {box.node: box for box in frame.boxes}
    assert [drawn.edge for drawn in frame.edges] == frame.flow.edges
    for drawn in frame.edges:
        source, target = boxes[drawn.edge.source], boxes[drawn.edge.target]
        first, last = drawn.points[0], drawn.points[-1]
        assert source.x <= first.x <= source.x + source.width
        assert first.y == pytest.approx(source.y + source.height)
        assert last == pytest.approx((target.x + target.width / 2, target.y), abs=STRAIGHT)
        assert drawn.points[-2].y < last.y, "it does not come from above"
        for one, two in pairwise(drawn.points):
            assert one.x == two.x or one.y == two.y, "not at right angles"
            low, high = sorted((one.y, two.y))
            leg = min(one.x, two.x), low, abs(one.x - two.x), high - low
            for box in frame.boxes:
                assert not crosses(leg, area(box)), (drawn.edge.id, box.node.name)


def crosses(leg, box):
    """Whether a leg, which may have no breadth, goes through the inside of a box."""
    (x, y, width, height), (u, v, broad, high) = leg, box
    return x + width > u + NEAR and u + broad - NEAR > x and y + height > v + NEAR and v + high - NEAR > y


def check_labels(frame):
    labelled = [drawn for drawn in frame.edges if drawn.edge.label]
    assert all(drawn.label is not None for drawn in labelled)
    for one, other in combinations(labelled, 2):
        assert not overlap(label_area(one), label_area(other)), (one.edge.id, other.edge.id)
    for drawn in labelled:
        for box in frame.boxes:
            assert not overlap(label_area(drawn), area(box)), (drawn.edge.id, box.node.name)


@pytest.mark.parametrize("name", NAMES)
def test_definitions(name):
    check(lay_out(read_graph(definition(name))))


@settings(max_examples=150, deadline=None)
@given(flows())
def test_any_graph(value):
    check(lay_out(read_graph(value)))


def test_the_main_way_is_straight():
    frame = lay_out(read_graph(definition("saga")))
    middles = {box.node.name: box.x + box.width / 2 for box in frame.boxes}
    assert middles["Start"] == middles["Book flight"] == middles["Book car"] == middles["Take payment"]


def test_one_line_leads_to_one_handler():
    frame = lay_out(read_graph(definition("one-handler")))
    ways = [drawn.points for drawn in frame.edges if drawn.edge.target.name == "Tell somebody"]
    assert len(ways) == 8
    assert len({points[-3].x for points in ways[:-1]}) <= 2


def test_the_end_is_lowest_and_the_start_highest():
    frame = lay_out(read_graph(definition("itself")))
    by_mark = {box.node.mark: box for box in frame.boxes if box.node.mark}
    assert by_mark[Mark.START].y == min(box.y for box in frame.boxes)
    assert by_mark[Mark.END].y == max(box.y for box in frame.boxes)


def test_an_empty_lane_has_room():
    frame = lay_out(
        read_graph({"StartAt": "P", "States": {"P": {"Type": "Parallel", "Branches": [{}, 7], "End": True}}})
    )
    lanes = next(box.lanes for box in frame.boxes if box.node.name == "P")
    assert all(lane.width > 100 and lane.height > 40 for lane in lanes)


def test_a_drawing_has_its_limit():
    """Each state leads far on, by rules and by catchers of its own: the bends grow with the square of the states."""
    count = 1_200
    states = {
        f"S{number}": {
            "Type": "Choice",
            "Choices": [{"Next": f"S{min(number + 600, count - 1)}"}],
            "Default": f"S{number + 1}",
        }
        for number in range(count)
    }
    assert count * 600 > BENDS_MAX
    with pytest.raises(TooLarge):
        lay_out(read_graph({"StartAt": "S0", "States": states}))
