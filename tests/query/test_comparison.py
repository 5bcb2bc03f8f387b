"""Sameness, order, and Java's way to print values."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepwell.query.comparison import MISSING, fingerprint, loosely_equal, order, same
from stepwell.query.java_text import java_type, print_java
from stepwell.query.weight import weigh

SCALARS = (
    st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from([0.0, 1.0, 0.5]) | st.text("a,:'\"[{", max_size=2)
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab:", max_size=2), inner, max_size=3)
)


def plainly_same(left: Any, right: Any) -> bool:
    if type(left) is not type(right):
        return False
    if isinstance(left, list):
        return len(left) == len(right) and all(map(plainly_same, left, right))
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(plainly_same(left[name], right[name]) for name in left)
    return bool(left == right)


@given(VALUES, VALUES)
def test_same(left: Any, right: Any) -> None:
    assert same(left, right) == plainly_same(left, right)
    assert (fingerprint(left) == fingerprint(right)) == plainly_same(left, right)
    assert same(left, copy.deepcopy(left))


def test_same_ignores_the_order_of_members():
    assert same({"a": 1, "b": [{"c": 2, "d": 3}]}, {"b": [{"d": 3, "c": 2}], "a": 1})


@pytest.mark.parametrize(
    "left, right, expected",
    [
        (1, 1.0, True),
        (1, "1", True),
        ("1.0", 1, True),
        ("1e0", 1, True),
        ("x", 1, False),
        (1, True, False),
        (None, None, True),
        (None, MISSING, False),
        (MISSING, MISSING, True),
        ("1" * 500, int("1" * 500), False),  # longer than anybody spells a number
        ([1], [1.0], False),
    ],
)
def test_loosely_equal(left, right, expected):
    assert loosely_equal(left, right) is expected


@pytest.mark.parametrize(
    "left, right, expected",
    [(1, 2, -1), (2, 1.5, 1), (1, 1.0, 0), ("a", "b", -1), ("b", "b", 0), (1, "2", None), (True, False, None)],
)
def test_order(left, right, expected):
    assert order(left, right) == expected


@pytest.mark.parametrize(
    "value, text",
    [
        (None, "null"),
        (True, "true"),
        (False, "false"),
        (1, "1"),
        (1.0, "1.0"),
        (1e10, "1.0E10"),
        ("x", "x"),
        ([], "[]"),
        ({}, "{}"),
        ({"Arg1": 1, "Arg2": []}, "{Arg1=1, Arg2=[]}"),
        ([1, "a", [None, {"b": {"c": "d e"}}]], "[1, a, [null, {b={c=d e}}]]"),
    ],
)
def test_print_java(value, text):
    """Recorded for objects, arrays, numbers and null; nesting as `java.util.AbstractMap.toString` does it."""
    assert print_java(value) == text
    assert print_java(value, len(text)) == text
    assert print_java(value, len(text) - 1) is None


@pytest.mark.parametrize(
    "value, name",
    [
        (2**31 - 1, "java.lang.Integer"),
        (-(2**31) - 1, "java.lang.Long"),
        (2**63, "java.math.BigInteger"),
        (True, "java.lang.Boolean"),
        (0.5, "java.lang.Double"),
        ([], "java.util.ArrayList"),
        ({}, "java.util.LinkedHashMap"),
        (None, "null"),
    ],
)
def test_java_type(value, name):
    assert java_type(value) == name


def test_weight():
    assert weigh(1, 10) == 1
    assert weigh([1, "x" * 32], 10) == 1 + 2 + 1 + 3
    shared = [0] * 100
    assert 1_000 < weigh([shared] * 100, 1_000) < 1_300
