"""Limits as people write them: names, numbers, bounds, and what is said when they are wrong."""

from dataclasses import fields, replace
from pathlib import Path

import pytest

from stepwell.limits import AWS, LimitError, Limits, read_limits

PAGE = (Path(__file__).parents[1] / "docs" / "reference" / "limits.md").read_text()


@pytest.mark.parametrize("text", ["strict", "", " strict , "])
def test_strict_is_aws(text):
    assert read_limits(text) == AWS
    assert str(AWS) == "strict"


def test_changes_to_aws_limits():
    found = read_limits("strict, history_events_max=200_000, activity_poll_s=2.5")
    assert found == replace(AWS, history_events_max=200_000, activity_poll_s=2.5)
    assert read_limits(str(found)) == found


@pytest.mark.parametrize(
    "text, request_bytes_max",
    [
        ("payload_bytes_max=1000", 1_048_576),
        ("payload_bytes_max=1048576", 4_194_304),
        ("payload_bytes_max=1048576,request_bytes_max=2000000", 2_000_000),
    ],
)
def test_a_request_has_room_for_its_payload(text, request_bytes_max):
    assert read_limits(text).request_bytes_max == request_bytes_max


@pytest.mark.parametrize(
    "text, said",
    [
        ("payload_bytes=1", "there is no limit 'payload_bytes'. Did you mean payload_bytes_max?"),
        ("=1", "there is no limit ''. There are request_bytes_max, "),
        ("payload_bytes_max", "payload_bytes_max must be a number, as in payload_bytes_max=262144, not ''"),
        ("history_events_max=1e6", "history_events_max must be a number"),
        ("activity_poll_s=nan", "activity_poll_s must be between 1 and"),
        ("history_events_max=0", "history_events_max must be between 1 and 10000000, not 0"),
        ("json_depth_max=513", "json_depth_max must be between 1 and 512, not 513"),
    ],
)
def test_what_is_wrong_is_said(text, said):
    with pytest.raises(LimitError, match=f"^{said.replace('.', '[.]').replace('?', '[?]')}"):
        read_limits(text)


def test_every_limit_stands_on_the_page_with_its_value():
    rows = [f"| `{row.name}` | {getattr(AWS, row.name):,} |" for row in fields(Limits)]
    assert [row for row in rows if row not in PAGE] == []
