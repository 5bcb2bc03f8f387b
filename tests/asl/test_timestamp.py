"""Strict RFC 3339, read and printed, compared with the standard library's calendar."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepwell.asl.timestamp import parse_timestamp_ms, parse_timestamp_ns, print_timestamp

GOOD = [
    ("1970-01-01T00:00:00Z", 0),
    ("1970-01-01T00:00:01.5Z", 1_500_000_000),
    ("1970-01-01T00:00:00.123456789Z", 123_456_789),
    ("1970-01-01T01:00:00+01:00", 0),
    ("1969-12-31T23:30:00-00:30", 0),
    ("2016-02-29T00:00:00Z", 1_456_704_000_000_000_000),
    ("2000-02-29T00:00:00-00:00", 951_782_400_000_000_000),
    ("0000-01-01T00:00:00Z", -62_167_219_200_000_000_000),
    ("1970-01-01T18:00:00+18:00", 0),
]


@pytest.mark.parametrize(("text", "ns"), GOOD)
def test_good(text, ns):
    assert parse_timestamp_ns(text) == ns


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2016",
        "2016-12-05",
        "2016-12-05T21:29:29",
        "2016-12-05 21:29:29Z",
        "2016-12-05t21:29:29Z",
        "2016-12-05T21:29:29z",
        "2016-12-05T21:29Z",
        "2016-13-05T21:29:29Z",
        "2016-00-05T21:29:29Z",
        "2016-12-32T21:29:29Z",
        "2016-12-00T21:29:29Z",
        "2015-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z",
        "2016-04-31T00:00:00Z",
        "2016-12-05T24:00:00Z",
        "2016-12-05T25:29:29Z",
        "2016-12-05T21:60:29Z",
        "2016-12-05T21:29:60Z",
        "05-12-2016T21:29:29Z",
        "2016-12-05T21:29:29.Z",
        "2016-12-05T21:29:29.1234567890Z",
        "2016-12-05T21:29:29,5Z",
        "2016-12-05T21:29:29+0100",
        "2016-12-05T21:29:29+1",
        "2016-12-05T21:29:29+01:60",
        "2016-12-05T21:29:29+18:01",
        "2016-12-05T21:29:29Z\n",
        " 2016-12-05T21:29:29Z",
        "２016-12-05T21:29:29Z",
        "{% '2016-03-14T01:59:00Z' %}",
    ],
)
def test_bad(text):
    assert parse_timestamp_ns(text) is None and parse_timestamp_ms(text) is None


def test_milliseconds_round_up():
    assert parse_timestamp_ms("1970-01-01T00:00:00.000000001Z") == 1
    assert parse_timestamp_ms("1970-01-01T00:00:00.001Z") == 1
    assert parse_timestamp_ms("1969-12-31T23:59:59.9999Z") == 0


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (1, "1970-01-01T00:00:00.001Z"),
        (500, "1970-01-01T00:00:00.5Z"),
        (1_789_180_622_120, "2026-09-12T02:37:02.12Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
    ],
)
def test_print(ms, text):
    assert print_timestamp(ms) == text


@given(st.integers(-62_135_596_800_000, 253_402_300_799_999))
def test_print_and_parse_agree_with_the_calendar(ms):
    text = print_timestamp(ms)
    assert parse_timestamp_ms(text) == ms
    moment = datetime.fromtimestamp(ms // 1000, UTC)
    assert text[:19] == moment.strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0")
