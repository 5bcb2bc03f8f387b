"""Texts that are not JSON, in Jackson's words, and the bounds of those that are."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepwell.asl.definition_json import DefinitionJsonError, read_definition_json, source_location

VALUE = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
FAULTS = [
    ("not a definition", f"Unrecognized token 'not': was expecting {VALUE}", 1, 4),
    ("nul", f"Unrecognized token 'nul': was expecting {VALUE}", 1, 4),
    ("truer", f"Unrecognized token 'truer': was expecting {VALUE}", 1, 6),
    ("x" * 300, f"Unrecognized token '{'x' * 256}...': was expecting {VALUE}", 1, 257),
    ('{"a":NaN}', f"Unrecognized token 'NaN': was expecting {VALUE}", 1, 9),
    ('{"a":1,}', "Unexpected character ('}' (code 125)): was expecting double-quote to start field name", 1, 9),
    ("{a:1}", "Unexpected character ('a' (code 97)): was expecting double-quote to start field name", 1, 3),
    ('{"a":}', f"Unexpected character ('}}' (code 125)): expected a valid value {VALUE}", 1, 7),
    ("[1,]", f"Unexpected character (']' (code 93)): expected a valid value {VALUE}", 1, 5),
    ("\ufeff{}", f"Unexpected character ('\ufeff' (code 65279 / 0xfeff)): expected a valid value {VALUE}", 1, 2),
    ("\x01", f"Unexpected character ((CTRL-CHAR, code 1)): expected a valid value {VALUE}", 1, 2),
    ('{"a" 1}', "Unexpected character ('1' (code 49)): was expecting a colon to separate field name and value", 1, 7),
    ('{"a":1\n "b":2}', "Unexpected character ('\"' (code 34)): was expecting comma to separate Object entries", 2, 3),
    ("[1 2]", "Unexpected character ('2' (code 50)): was expecting comma to separate Array entries", 1, 5),
    ('{"a', "Unexpected end-of-input in field name", 1, 4),
    ('{"a":"x', "Unexpected end-of-input: was expecting closing quote for a string value", 1, 8),
    ('{"a":"x\\', "Unexpected end-of-input in character escape sequence", 1, 9),
    ('{"a":1,"b":2,"a":3}', "Duplicate field 'a'", 1, 17),
    ('{"a":{"b":1,"\\u0062":2}}', "Duplicate field 'b'", 1, 21),
    ('"\\x"', "Unrecognized character escape 'x' (code 120)", 1, 4),
    ('"\\u12"', "Unexpected character: expected a hex-digit for character escape sequence", 1, 2),
    (
        '["\t"]',
        "Illegal unquoted character ((CTRL-CHAR, code 9)): has to be escaped using backslash to be included in "
        "string value",
        1,
        4,
    ),
    ("[01]", "Invalid numeric value: Leading zeroes not allowed", 1, 3),
    ("[-]", "Invalid numeric value: a digit is expected after the minus sign", 1, 3),
    ("[1.]", "Unexpected character ('.' (code 46)): Expected space separating root-level values", 1, 4),
    ("[1e999]", "Numeric value (1e999) out of range", 1, 2),
    ("{} x", f"Unrecognized token 'x': was expecting {VALUE}", 1, 5),
    ("{} {}", "Unexpected character ('{' (code 123)): expected the end of the text", 1, 5),
    ("1 true", "Unexpected character ('t' (code 116)): expected the end of the text", 1, 4),
    ("", "No content to map due to end-of-input", 1, 1),
    ("[" * 6, "Document nesting depth (6) exceeds the maximum allowed (5)", 1, 6),
    ("[[[[[[1]]]]]]", "Document nesting depth (6) exceeds the maximum allowed (5)", 1, 6),
]


@pytest.mark.parametrize(("text", "problem", "line", "column"), FAULTS)
def test_faults(text, problem, line, column):
    with pytest.raises(DefinitionJsonError) as caught:
        read_definition_json(text, 5)
    location = f'[Source: (String)"{text}"; line: {line}, column: {column}]'
    assert str(caught.value) == f"{problem}\n at {location}"
    assert caught.value.location == location


@pytest.mark.parametrize(
    ("text", "name"), [("{", "Object"), ('{"a":1', "Object"), ('{"a":', "Object"), ("[1,", "Array")]
)
def test_unfinished(text, name):
    with pytest.raises(DefinitionJsonError) as caught:
        read_definition_json(text, 5)
    start = source_location(text, 0)
    assert str(caught.value).startswith(
        f"Unexpected end-of-input: expected close marker for {name} (start marker at {start})\n at [Source:"
    )


def test_long_numbers():
    assert read_definition_json("1" * 1000, 5) == int("1" * 1000)
    with pytest.raises(DefinitionJsonError, match=r"Number value length \(1001\) exceeds the maximum allowed \(1000\)"):
        read_definition_json("1" * 1001, 5)


def test_long_texts_are_quoted_in_part():
    location = source_location("x" * 600, 3)
    assert location == f'[Source: (String)"{"x" * 500}"[truncated 100 chars]; line: 1, column: 4]'


@pytest.mark.parametrize("opener", ["[", '{"a":'])
def test_deep_texts_end_in_a_finding(opener):
    with pytest.raises(DefinitionJsonError, match="nesting depth"):
        read_definition_json(opener * 100_000, 512)


def test_a_stack_that_is_nearly_full(monkeypatch):
    def overflow(*args, **kwargs):
        raise RecursionError

    monkeypatch.setattr(json, "loads", overflow)
    with pytest.raises(DefinitionJsonError, match="too deep to be read here"):
        read_definition_json("[[]]", 5)


def test_wide_texts_are_not_deep():
    assert len(read_definition_json("[" + "[]," * 1000 + "{}]", 2)) == 1001
    assert read_definition_json('"[[[[[["', 5) == "[[[[[["
    assert read_definition_json('{"a":[1],"b":[{}]}', 3) == {"a": [1], "b": [{}]}


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(JSON_VALUES, st.booleans())
def test_what_is_right_is_read(value, spaced):
    text = json.dumps(value, indent=1 if spaced else None, ensure_ascii=spaced)
    assert read_definition_json(text, 100) == value


@given(JSON_VALUES, st.integers(0, 200), st.sampled_from(['"', "{", "}", "[", "]", ",", ":", "x", "\\", "0", " ", ""]))
def test_damaged_texts_are_judged_like_the_standard_library(value, position, damage):
    text = json.dumps(value)
    position = min(position, len(text))
    text = text[:position] + damage + text[position + 1 :]
    expected = outcome(lambda: json.loads(text, parse_constant=refuse))
    found = outcome(lambda: read_definition_json(text, 100))
    if isinstance(found, str) and ("Duplicate field" in found or "out of range" in found):
        return
    assert (found if isinstance(found, tuple) else "refused") == expected


def outcome(read):
    """The value in a tuple, or what was said against the text."""
    try:
        return (read(),)
    except DefinitionJsonError as error:
        return str(error)
    except ValueError:
        return "refused"


def refuse(name):
    raise ValueError(name)
