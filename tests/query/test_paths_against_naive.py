"""Paths that hypothesis makes up, against an evaluator that is as plain and slow as the rules' own wording."""

from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from stepwell.query.jsonpath import MISSING, PathNotFound, compile_path
from stepwell.query.scope import Scope

NAMES = st.sampled_from(["a", "b", "c"])
SCALARS = st.sampled_from([0, 1, 2, -1, 1.5, True, False, None, "", "a", "b", "1"])
DOCUMENTS = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=3))

INTEGERS = st.integers(-4, 4)
NAME = st.tuples(st.just("name"), NAMES)
INDEX = st.tuples(st.just("index"), INTEGERS)
SINGLE = NAME | INDEX
OPERAND = st.tuples(st.just("path"), st.lists(SINGLE, max_size=2)) | st.tuples(
    st.just("constant"), st.sampled_from([(0, "0"), (1.5, "1.5"), ("a", "'a'"), (None, "null"), (True, "true")])
)
OPERATORS = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
COMPARISON = st.tuples(st.just("compare"), OPERAND, OPERATORS, OPERAND)
EXISTS = st.tuples(st.just("exists"), st.lists(SINGLE, min_size=1, max_size=2))
TESTS = st.recursive(
    COMPARISON | EXISTS,
    lambda inner: (
        st.tuples(st.just("not"), inner)
        | st.tuples(st.just("and"), inner, inner)
        | st.tuples(st.just("or"), inner, inner)
    ),
    max_leaves=3,
)
MANY = (
    st.just(("all",))
    | st.tuples(st.just("indexes"), st.lists(INTEGERS, min_size=2, max_size=3))
    | st.tuples(st.just("slice"), st.none() | INTEGERS, INTEGERS)
    | st.tuples(st.just("slice"), INTEGERS, st.none())
    | st.tuples(st.just("below"), NAMES)
    | st.tuples(st.just("filter"), TESTS)
)
PATHS = st.lists(SINGLE | MANY, max_size=4)


# Printing


def print_path(start: str, tokens: list[Any]) -> str:
    return start + "".join(map(print_token, tokens))


def print_token(token: Any) -> str:
    match token:
        case ("name", name):
            return f".{name}"
        case ("index", index):
            return f"[{index}]"
        case ("all",):
            return "[*]"
        case ("indexes", indexes):
            return f"[{', '.join(map(str, indexes))}]"
        case ("slice", first, end):
            return f"[{'' if first is None else first}:{'' if end is None else end}]"
        case ("below", name):
            return f"..{name}"
        case ("filter", test):
            return f"[?({print_test(test)})]"
    raise AssertionError(token)


def print_test(test: Any) -> str:
    match test:
        case ("compare", left, operator, right):
            return f"{print_operand(left)} {operator} {print_operand(right)}"
        case ("exists", tokens):
            return print_path("@", tokens)
        case ("not", inner):
            return f"!({print_test(inner)})"
        case ("and", left, right):
            return f"({print_test(left)} && {print_test(right)})"
        case ("or", left, right):
            return f"({print_test(left)} || {print_test(right)})"
    raise AssertionError(test)


def print_operand(operand: Any) -> str:
    kind, content = operand
    return print_path("@", content) if kind == "path" else content[1]


# Evaluating


def naive(node: Any, tokens: list[Any]) -> list[Any]:
    if not tokens:
        return [node]
    return [found for child in naive_step(node, tokens[0]) for found in naive(child, tokens[1:])]


def naive_step(node: Any, token: Any) -> list[Any]:
    items = node if isinstance(node, list) else []
    match token:
        case ("name", name):
            return [node[name]] if isinstance(node, dict) and name in node else []
        case ("index", index):
            return naive_indexes(items, [index])
        case ("all",):
            return list(node.values()) if isinstance(node, dict) else items
        case ("indexes", indexes):
            return naive_indexes(items, indexes)
        case ("slice", None, end):
            return items[:end]
        case ("slice", first, None):
            return items[first:]
        case ("slice", first, end):
            return naive_indexes(items, [index for index in range(first, end) if index < len(items)])
        case ("below", name):
            return naive_below(node, name)
        case ("filter", test):
            return [item for item in (items if isinstance(node, list) else [node]) if naive_fits(node, item, test)]
    raise AssertionError(token)


def naive_fits(node: Any, item: Any, test: Any) -> bool:
    return isinstance(node, dict | list) and naive_test(item, test)


def naive_indexes(items: list[Any], indexes: list[int]) -> list[Any]:
    size = len(items)
    places = [index if index >= 0 else size + index for index in indexes]
    return [items[place] for place in places if 0 <= place < size]


def naive_below(node: Any, name: str) -> list[Any]:
    found = [node[name]] if isinstance(node, dict) and name in node else []
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return found + [below for child in children for below in naive_below(child, name)]


def naive_test(item: Any, test: Any) -> bool:
    match test:
        case ("compare", left, operator, right):
            return naive_compare(naive_operand(item, left), operator, naive_operand(item, right))
        case ("exists", tokens):
            return bool(naive(item, tokens))
        case ("not", inner):
            return not naive_test(item, inner)
        case ("and", left, right):
            return naive_test(item, left) and naive_test(item, right)
        case ("or", left, right):
            return naive_test(item, left) or naive_test(item, right)
    raise AssertionError(test)


def naive_operand(item: Any, operand: Any) -> list[Any]:
    kind, content = operand
    return naive(item, content) if kind == "path" else [content[0]]


def naive_compare(left: list[Any], operator: str, right: list[Any]) -> bool:
    equal = bool(left and right) and naive_equal(left[0], right[0])
    if operator in ("==", "!="):
        return equal == (operator == "==")
    if not left or not right:
        return False
    one, other = left[0], right[0]
    both_texts = isinstance(one, str) and isinstance(other, str)
    if not both_texts and not (naive_number(one) and naive_number(other)):
        return False
    return {"<": one < other, "<=": one <= other, ">": one > other, ">=": one >= other}[operator]


def naive_number(value: Any) -> bool:
    return type(value) in (int, float)


def naive_equal(left: Any, right: Any) -> bool:
    if naive_number(left) and isinstance(right, str):
        left, right = right, left
    if isinstance(left, str) and naive_number(right):
        return left in {"1": [1, 1.0]} and right in {"1": [1, 1.0]}[left]
    if naive_number(left) and naive_number(right):
        return bool(left == right)
    return naive_exactly(left, right)


def naive_exactly(left: Any, right: Any) -> bool:
    if type(left) is not type(right):
        return False
    if isinstance(left, list):
        return len(left) == len(right) and all(map(naive_exactly, left, right))
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(naive_exactly(left[name], right[name]) for name in left)
    return bool(left == right)


@given(DOCUMENTS, PATHS)
def test_against_naive(document: Any, tokens: list[Any]) -> None:
    path = compile_path(print_path("$", tokens))
    expected = naive(document, tokens)
    scope = Scope(document, dict, {}, Random())
    assert path.definite == all(token[0] in ("name", "index") for token in tokens)
    if not path.definite:
        assert repr(path.read(scope)) == repr(expected)
        return
    assert path.find(scope) is (expected[0] if expected else MISSING)
    try:
        found = [path.read(scope)]
    except PathNotFound as miss:
        found = []
        assert miss.detail != ""  # noqa: PT017
    assert repr(found) == repr(expected)


@given(st.text(alphabet="$@.[]*?()'\",:ab01-&|!=<> \\~", max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text makes the compiler fail in another way, and what it accepts can be evaluated."""
    try:
        path = compile_path("$" + text)
    except ValueError as error:
        assert 0 <= getattr(error, "position", -1) <= len(text) + 1  # noqa: PT017
        return
    path.find(Scope({"a": [{"b": 0}]}, dict, {"a": 1}, Random()))
