"""The query language: what it takes, what it refuses, and what its tokens hold for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepwell.errors import ValidationException
from stepwell.operations.reads.query import QUERY_CHARACTERS_MAX, TOKENS_MAX, Token, holds, holds_json, parse_query

NOW_MS = 1_800_000_000_000


def one(text: str) -> Token:
    (token,) = parse_query(text, NOW_MS)
    return token


@pytest.mark.parametrize(
    "text, wanted",
    [
        ("status=FAILED,ABORTED", Token("status", "", "=", ("FAILED", "ABORTED"))),
        ("name^Order-", Token("name", "", "^", ("order-",))),
        ("version>=3", Token("version", "", ">=", (3,))),
        ("started>-24h", Token("started", "", ">", (NOW_MS - 86_400_000,))),
        ("started>=2026-11-01T08:00:00Z", Token("started", "", ">=", (1_793_520_000_000,))),
        ("stopped<1793520000000", Token("stopped", "", "<", (1_793_520_000_000,))),
        ("duration>5s", Token("duration", "", ">", (5_000.0,))),
        ("duration<=1.5m", Token("duration", "", "<=", (90_000.0,))),
        ('error="States.Timeout"', Token("error", "", "=", ("states.timeout",))),
        ("input.$.order.id=4711", Token("input", "$.order.id", "=", ("4711",))),
        ('output!:"a, b"', Token("output", "", "!:", ("a, b",))),
        ("tag.team=Pay", Token("tag", "team", "=", ("Pay",))),
        ("mapRun=arn:aws:x", Token("mapRun", "", "=", ("arn:aws:x",))),
        ("4711", Token("text", "", ":", ("4711",))),
        ('"not found"', Token("text", "", ":", ("not found",))),
        ("http://x", Token("text", "", ":", ("http://x",))),
    ],
)
def test_tokens(text: str, wanted: Token) -> None:
    assert one(text) == wanted


def test_several_tokens_and_none() -> None:
    assert [token.property for token in parse_query("  status=RUNNING\tname:a  b ", NOW_MS)] == [
        "status",
        "name",
        "text",
    ]
    assert parse_query("   ", NOW_MS) == []


@pytest.mark.parametrize(
    "text, why",
    [
        ("status=LOST", "a status is one of"),
        ("status>RUNNING", "does not take '>'"),
        ("name=", "a value is missing"),
        ("version=three", "a whole number"),
        ("version=1,x", "a whole number"),
        ("started>yesterday", "a time is"),
        ("duration>long", "a duration is"),
        ("tag=x", "needs path"),
        ("name.x=1", "takes no path"),
        ('name="a', "a value is missing"),
        ('name="a"b', "JSON string"),
        ('name="\\x"', "no JSON string"),
        ("name:a,b", "JSON string"),
        ('"a"b', "neither a word nor a token"),
    ],
)
def test_refusals_say_where_and_why(text: str, why: str) -> None:
    with pytest.raises(ValidationException, match=why) as refused:
        parse_query(f"name:ok {text}", NOW_MS)
    assert "wrong at character" in refused.value.message


def test_queries_are_bounded() -> None:
    with pytest.raises(ValidationException, match="characters"):
        parse_query("x" * (QUERY_CHARACTERS_MAX + 1), NOW_MS)
    with pytest.raises(ValidationException, match="tokens"):
        parse_query("x " * (TOKENS_MAX + 1), NOW_MS)


@given(st.text(max_size=60))
def test_any_text_is_taken_or_refused(text: str) -> None:
    try:
        parse_query(text, NOW_MS)
    except ValidationException:
        pass


@pytest.mark.parametrize(
    "text, value, wanted",
    [
        ("name:RD", "order", True),
        ("name!:rd", "order", False),
        ("name^ord", "Order", True),
        ("name=order,other", "Order", True),
        ("name!=order", "order", False),
        ("alias=live", None, False),
        ("alias!=live", None, True),
        ("version>2", 3, True),
        ("version>2", None, False),
        ("version<=3", 3, True),
        ("redrives<1", 0, True),
        ("error:x", None, False),
        ("error!:x", None, True),
    ],
)
def test_what_holds(text: str, value: object, wanted: bool) -> None:
    assert holds(one(text), value) is wanted


@pytest.mark.parametrize(
    "text, value, wanted",
    [
        ("input.a=4711", 4711, True),
        ("input.a=4711", "4711", True),
        ("input.a=4711.0", 4711, True),
        ("input.a!=4711", 4711, False),
        ("input.a>10", 11, True),
        ("input.a>10", "11", False),
        ("input.a=true", True, True),
        ("input.a:B", {"b": 1}, True),
        ("input.a^[1", [1, 2], True),
        ("input.a<x", 1, False),
    ],
)
def test_what_holds_of_json(text: str, value: object, wanted: bool) -> None:
    assert holds_json(one(text), value) is wanted
