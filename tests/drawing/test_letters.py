"""Texts that are broken and shortened by their width."""

import pytest

from stepwell.drawing.letters import fitted, in_two_lines, width_of

WIDTH = 164


def test_broad_letters_are_broader():
    assert width_of("iii", 13) < width_of("aaa", 13) < width_of("mmm", 13)
    assert width_of("상태", 10) == 20
    assert width_of("e\u0301", 10) == width_of("e", 10)


@pytest.mark.parametrize(
    "text", ["short", "w" * 80, "주문을 확인하고 재고를 예약한 다음 결제를 요청합니다", "", "🙂" * 30]
)
def test_nothing_is_wider_than_its_room(text):
    assert width_of(fitted(text, WIDTH, 13), 13) <= WIDTH
    lines = in_two_lines(text, WIDTH, 13)
    assert len(lines) <= 2
    assert all(width_of(line, 13) <= WIDTH for line in lines)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("Ask a person for a good word", ["Ask a person for a", "good word"]),
        ("ValidateTheCustomerAddress", ["ValidateThe", "CustomerAddress"]),
        ("reserve-stock-in-warehouse", ["reserve-stock-in-", "warehouse"]),
    ],
)
def test_lines_end_where_words_end(text, lines):
    assert in_two_lines(text, WIDTH - 20, 13) == lines


def test_what_does_not_fit_ends_with_an_ellipsis():
    assert fitted("a" * 100, 50, 10).endswith("a…")
    assert in_two_lines("many words " * 20, WIDTH, 13)[1].endswith("…")
