"""JSON text and its value, exactly."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepwell.payload import DEPTH_MAX, JsonError, Payload, _print_exactly, parse_json, print_double, print_json

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12345678901234567890123", 12345678901234567890123),
        ("-9223372036854775809", -9223372036854775809),
        ("[1.0,-0.0,1e5]", [1.0, -0.0, 100000.0]),
        ('"\\ud800"', "\ud800"),
        ('"\\ud83d\\ude00"', "😀"),
        ('{"a":1,"a":2}', {"a": 2}),
        (" [ ] ", []),
        ('"[[[[{{{{"', "[[[[{{{{"),
    ],
)
def test_parsed(text: str, value: object) -> None:
    assert parse_json(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[1,]",
        "NaN",
        "[Infinity]",
        "1e400",
        "-1e999",
        "{'a':1}",
        "00",
        "1" * 5_000,
        "[" * 100_000,
        '"\x01"',
        "[1] 2",
    ],
)
def test_refused(text: str) -> None:
    with pytest.raises(JsonError):
        parse_json(text)


def test_bytes_that_are_not_utf_8() -> None:
    with pytest.raises(JsonError, match="UTF-8"):
        parse_json(b'"\xff"')


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_depth_is_bounded(opening: str, closing: str) -> None:
    def nested(depth: int) -> str:
        return opening * depth + "1" + closing * depth

    assert print_json(parse_json(nested(DEPTH_MAX))) == nested(DEPTH_MAX)
    for depth in (DEPTH_MAX + 1, 100_000):
        with pytest.raises(JsonError, match="nest"):
            parse_json(nested(depth))


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1.0, "1.0"),
        (-0.0, "-0.0"),
        (0.001, "0.001"),
        (0.0001, "1.0E-4"),
        (9999999.5, "9999999.5"),
        (1e7, "1.0E7"),
        (12345678.5, "1.23456785E7"),
        (1789180622.0, "1.789180622E9"),
        (-1e300, "-1.0E300"),
        (5e-324, "5.0E-324"),
        (123456789012345680.0, "1.2345678901234568E17"),
    ],
)
def test_doubles_are_printed_as_java_prints_them(number: float, text: str) -> None:
    assert print_double(number) == text
    assert print_json([number]) == f"[{text}]"


def test_printing_keeps_key_order_and_escapes_lone_surrogates() -> None:
    assert print_json({"b": 1, "a": ["é", "\ud800", None, True]}) == '{"b":1,"a":["é","\\ud800",null,true]}'


def test_what_has_grown_too_deep_is_refused_when_printed() -> None:
    value: object = 1
    for _ in range(5_000):
        value = [value]
    with pytest.raises(JsonError, match="nest"):
        print_json(value)


@given(JSON)
def test_printed_and_parsed_again_it_is_the_same(value: object) -> None:
    assert parse_json(print_json(value)) == value


@given(JSON)
def test_python_reads_what_we_print(value: object) -> None:
    assert json.loads(print_json(value)) == value


def test_a_payload_keeps_its_text_and_parses_once() -> None:
    payload = Payload('{"a" : 1.00}')
    assert payload.text == '{"a" : 1.00}'
    assert payload.value is payload.value == {"a": 1.0}


LOOKALIKES = st.sampled_from(["127.0.0.1", "5d41402abc4b2a76b9719d911017c592", '"1.5', "\\", "\\\\1e3", "12.5e7"])


@given(st.recursive(LOOKALIKES | st.floats(allow_nan=False, allow_infinity=False), st.lists, max_leaves=6))
def test_texts_that_look_like_numbers_change_nothing(value: object) -> None:
    assert print_json(value) == _print_exactly(value)
    assert print_json({"1.5e9": value}) == _print_exactly({"1.5e9": value})


def test_a_payload_prints_once_and_measures_utf_8() -> None:
    payload = Payload.of({"a": "é"})
    assert payload.text is payload.text == '{"a":"é"}'
    assert payload.size_bytes == len('{"a":"é"}'.encode())
    assert repr(Payload("x" * 100)).endswith("...)")


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_only_what_can_be_read_again_is_printed(opening: str) -> None:
    value: object = 1.5
    for _ in range(DEPTH_MAX):
        value = [value] if opening == "[" else {"a": value}
    assert parse_json(print_json(value)) == value
    with pytest.raises(JsonError, match="nesting depth"):
        print_json([value])
