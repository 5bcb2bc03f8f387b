"""Orders in which few links cross."""

from stepwell.drawing.crossings import count_crossings, order_rows
from stepwell.drawing.layers import Place


def rows(*links):
    """Two rows of four places, linked by their positions."""
    above, below = ([Place(layer, position=position) for position in range(4)] for layer in range(2))
    for upper, lower in links:
        above[upper].below.append(below[lower])
        below[lower].above.append(above[upper])
    return [above, below]


def test_crossings_are_counted():
    assert count_crossings(rows((0, 0), (1, 1))) == 0
    assert count_crossings(rows((0, 1), (1, 0))) == 1
    assert count_crossings(rows((0, 3), (1, 2), (2, 1), (3, 0))) == 6
    assert count_crossings(rows((0, 1), (1, 1))) == 0  # they meet


def test_crossings_are_undone():
    tangled = rows((0, 3), (1, 2), (2, 1), (3, 0))
    order_rows(tangled)
    assert count_crossings(tangled) == 0


def test_what_does_not_cross_stays_in_its_order():
    straight = rows((0, 0), (0, 1), (1, 2), (3, 3))
    before = [list(row) for row in straight]
    order_rows(straight)
    assert straight == before
