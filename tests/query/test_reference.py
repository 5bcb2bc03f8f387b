"""Writing by reference path: what is made, what is shared, what is refused."""

import copy
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepwell.query.jsonpath import PathSyntaxError, QueryError, compile_path, compile_reference_path
from stepwell.query.scope import Scope

NAMES = st.sampled_from(["a", "b", "c d", "é", "0"])
SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=3)
DOCUMENTS = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3))


@pytest.mark.parametrize(
    "text, document, expected",
    [
        ("$", {"a": 1}, "new"),
        ("$.a", {}, {"a": "new"}),
        ("$.a", {"a": 1, "b": 2}, {"a": "new", "b": 2}),
        ("$.a.b.c", {}, {"a": {"b": {"c": "new"}}}),
        ("$.a.b", {"a": {"x": 1}}, {"a": {"x": 1, "b": "new"}}),
        ("$['a b']['c,d']", {}, {"a b": {"c,d": "new"}}),
        ("$.a[0]", {"a": [1, 2]}, {"a": ["new", 2]}),
        ("$.a[-1]", {"a": [1, 2]}, {"a": [1, "new"]}),
        ("$[1].x", [{}, {}], [{}, {"x": "new"}]),
        ("$.a[0].b.c", {"a": [{}]}, {"a": [{"b": {"c": "new"}}]}),
    ],
)
def test_write(text, document, expected):
    before = copy.deepcopy(document)
    written = compile_reference_path(text).write(document, "new")
    assert written == expected
    assert document == before


def test_order_of_members_is_kept():
    written = compile_reference_path("$.b").write({"a": 1, "b": 2, "c": 3}, 0)
    assert list(written) == ["a", "b", "c"]
    assert list(compile_reference_path("$.z.y").write({"a": 1}, 0)) == ["a", "z"]


@pytest.mark.parametrize(
    "text, document, printed",
    [
        ("$.child", 4, "4"),
        ("$.child", "x", '"x"'),
        ("$.child", [1], "[1]"),
        ("$.child", None, "null"),
        ("$.a.b", {"a": 4}, '{"a":4}'),
        ("$.a.b", {"a": None}, '{"a":null}'),
        ("$.a[0]", {}, "{}"),
        ("$.a[2]", {"a": [1]}, '{"a":[1]}'),
        ("$.a[0]", {"a": {}}, '{"a":{}}'),
        ("$.a[0].b", {"a": [1.5]}, '{"a":[1.5]}'),
        ("$.a.b.c[0]", {}, "{}"),
    ],
)
def test_conflicts(text, document, printed):
    with pytest.raises(QueryError) as caught:
        compile_reference_path(text).write(document, 1)
    assert caught.value.error == "States.ReferencePathConflict"
    assert caught.value.cause == f"Unable to apply ReferencePath {text} to input {printed}"


@pytest.mark.parametrize(
    "text",
    [
        *("$$", "$$.a", "$v", "$v.a", "$.*", "$.a[*]", "$..a", "$.a[0,1]", "$.a[0:1]", "$['a','b']", "$.a[?(@.b)]"),
        *("$.a@b", "$.a:b", "$.a,b", "$.a?", "$.", "a", ""),
    ],
)
def test_what_is_no_reference_path(text):
    with pytest.raises(PathSyntaxError):
        compile_reference_path(text)


@given(DOCUMENTS, st.lists(NAMES | st.integers(-3, 3), max_size=4), DOCUMENTS)
def test_write_then_read(document: Any, steps: list[str | int], value: Any) -> None:
    """What was written is found in its place, nothing else changed, and the first document is as it was."""
    text = "$" + "".join(f"[{step}]" if isinstance(step, int) else f"['{step}']" for step in steps)
    before = copy.deepcopy(document)
    try:
        written = compile_reference_path(text).write(document, value)
    except QueryError:
        assert not _fits(document, steps)
        assert document == before
        return
    assert document == before
    assert _fits(document, steps)
    assert compile_path(text).read(Scope(written, dict, {}, Random())) == value
    _compare_siblings(document, written, steps)


def _fits(node: Any, steps: list[str | int]) -> bool:
    """Whether each step finds a container of its kind, an index that exists, or nothing at all where a name may be made."""
    exists = True
    for step in steps:
        if isinstance(step, int):
            if not exists or not isinstance(node, list) or not -len(node) <= step < len(node):
                return False
            node = node[step]
        elif exists:
            if not isinstance(node, dict):
                return False
            exists = step in node
            node = node.get(step)
    return True


def _compare_siblings(before: Any, after: Any, steps: list[str | int]) -> None:
    for step in steps:
        if isinstance(before, dict):
            assert {**before, step: None} == {**after, step: None}
            if step not in before:
                return
        elif isinstance(before, list):
            assert len(before) == len(after)
            place = range(len(before))[step]
            assert all(before[index] is after[index] for index in range(len(before)) if index != place)
        before, after = before[step], after[step]


def test_deep_document():
    document: Any = {}
    written = compile_reference_path("$" + ".a" * 2_000).write(document, 1)
    for _ in range(2_000):
        written = written["a"]
    assert written == 1
    assert document == {}


def test_conflict_in_a_deep_document():
    document: Any = []
    for _ in range(5_000):
        document = [document]
    with pytest.raises(QueryError, match=r"States\.ReferencePathConflict"):
        compile_reference_path("$.a").write(document, 1)
