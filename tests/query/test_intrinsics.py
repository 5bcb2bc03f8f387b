"""The intrinsic functions: recorded answers, Java's oddities, refusals, syntax."""

import contextlib
import re
from random import Random
from typing import Any

import pytest

from stepwell.limits import Limits
from stepwell.query.arithmetic import java_random, round_half_up
from stepwell.query.intrinsics import INTRINSICS, compile_expression
from stepwell.query.jsonpath import Path, PathNotFound, PathSyntaxError, QueryError
from stepwell.query.scope import Scope

INPUT: dict[str, Any] = {
    "arr": [1, 2, 2, 3, 3, 4],
    "obj": {"Arg1": 1, "Arg2": []},
    "text": "a,b",
    "template": "It's {}!",
    "zero": 0,
    "half": 1.5,
    "nul": None,
    "mixed": [1, 1.0, True, "1", None, [1], [1], {"a": 1, "b": 2}, {"b": 2, "a": 1}],
    "[": {"x,)": 5},
}


def scope(value: Any = INPUT, seed: int = 1) -> Scope:
    return Scope(value, lambda: {"StateMachine": {"Name": "one-two-three"}}, {"v": {"w": "var"}}, Random(seed))


def evaluate(text: str, value: Any = INPUT) -> Any:
    return compile_expression(text).read(scope(value))


@pytest.mark.parametrize(
    "text, expected",
    [
        ("States.Array()", []),
        ("States.Array('a', 'b', 'c')", ["a", "b", "c"]),
        ("States.Array(1, -2.5, 1e3, true, false, null, 'x')", [1, -2.5, 1000.0, True, False, None, "x"]),
        ("States.Array( $.zero ,$v.w,$$.StateMachine.Name )", [0, "var", "one-two-three"]),
        ("States.Array($['[']['x,)'], $.arr[0,1], $.arr[?(@ > 3)])", [5, [1, 2], [4]]),
        ("States.ArrayPartition($.arr, 4)", [[1, 2, 2, 3], [3, 4]]),
        ("States.ArrayPartition($.arr, 1.5)", [[1, 2], [2, 3], [3, 4]]),
        ("States.ArrayPartition(States.Array(), 2)", []),
        ("States.ArrayContains($.arr, 3)", True),
        ("States.ArrayContains($.arr, 5)", False),
        ("States.ArrayContains($.arr, '3')", False),
        ("States.ArrayContains(States.Array(true), 1)", False),
        ('States.ArrayContains($.mixed, States.StringToJson(\'{"b":2,"a":1}\'))', True),
        ("States.ArrayRange(1, 9, 2)", [1, 3, 5, 7, 9]),
        ("States.ArrayRange(1, 10, 2)", [1, 3, 5, 7, 9]),
        ("States.ArrayRange(0, 3, 1)", [0, 1, 2, 3]),
        ("States.ArrayRange(3, -3, -3)", [3, 0, -3]),
        ("States.ArrayRange(3, 1, 1)", []),
        ("States.ArrayRange(0.5, 2.4, 1)", [1, 2]),
        ("States.ArrayGetItem($.arr, 5)", 4),
        ("States.ArrayGetItem(States.Array(null), 0)", None),
        ("States.ArrayLength($.arr)", 6),
        ("States.ArrayUnique($.arr)", [1, 2, 3, 4]),
        (
            'States.JsonMerge($.obj, States.StringToJson(\'{"Arg1": 2, "z": 3}\'), false)',
            {"Arg1": 2, "Arg2": [], "z": 3},
        ),
        ("States.StringToJson('')", None),
        ("States.StringToJson(' ')", None),
        ("States.StringToJson('[1, {\"a\": null}]')", [1, {"a": None}]),
        ("States.JsonToString($.obj)", '{"Arg1":1,"Arg2":[]}'),
        ("States.JsonToString($.half)", "1.5"),
        ("States.JsonToString('x')", '"x"'),
        ("States.Base64Encode('Hello World')", "SGVsbG8gV29ybGQ="),
        ("States.Base64Decode('SGVsbG8gV29ybGQ=')", "Hello World"),
        ("States.Base64Decode('SGVsbG8gV29ybGQ')", "Hello World"),
        ("States.Base64Encode('')", ""),
        (
            "States.Hash('Hash this string', 'SHA-256')",
            "1cac63f39fd68d8c531f27b807610fb3d50f0fc3f186995767fb6316e7200a3e",
        ),
        ("States.Hash('input', 'SHA-1')", "140f86aae51ab9e1cda9b4254fe98a74eb54c1a1"),
        ("States.Hash($.obj, 'MD5')", "d363f405018d47b782e29dc1e6861a5d"),
        ("States.MathAdd(-9, 3)", -6),
        ("States.MathAdd(1.49, 1.5)", 3),
        ("States.MathAdd(-1.5, -1.51)", -3),
        ("States.MathAdd(2.5, 0)", 3),
        ("States.MathAdd(-2.5, 0)", -2),
        ("States.MathAdd(-0.5, 0.5)", 1),
        ("States.StringSplit(' ', ',')", [" "]),
        ("States.StringSplit(', , ,', ',')", [" ", " "]),
        ("States.StringSplit(',,,,', ',')", []),
        ("States.StringSplit('1,2,3', ',')", ["1", "2", "3"]),
        ("States.StringSplit('This.is+a,test=string', '.+,=')", ["This", "is", "a", "test", "string"]),
        ("States.StringSplit('a]b^c-d', ']^-')", ["a", "b", "c", "d"]),
        ("States.StringSplit('split on T and \nnew line', 'T\n')", ["split on ", " and ", "new line"]),
        ("States.StringSplit('abc', '')", ["abc"]),
        ("States.StringSplit('', ',')", []),
    ],
)
def test_answers(text, expected):
    found = evaluate(text)
    assert found == expected
    assert type(found) is type(expected)


def test_unique_keeps_what_java_tells_apart():
    found = evaluate("States.ArrayUnique($.mixed)")
    expected = [1, 1.0, True, "1", None, [1], {"a": 1, "b": 2}]
    assert [(type(item), item) for item in found] == [(type(item), item) for item in expected]


@pytest.mark.parametrize(
    "text, expected",
    [
        ("States.Format('')", ""),
        ("States.Format('fst={} and snd={}.', '', ' ')", "fst= and snd= ."),
        ("States.Format('{}|{}', $.nul, $.half)", "null|1.5"),
        ("States.Format('{}', $.obj)", "{Arg1=1, Arg2=[]}"),
        ("States.Format('{}', $.mixed[5:8])", "[[1], [1], {a=1, b=2}]"),
        ("States.Format('{}{}', true, -1)", "true-1"),
        ("States.Format('{}', 1e10)", "1.0E10"),
        ("States.Format('it\\'s \\{\\} \\\\ {}', 1)", "it's {} \\ 1"),
        ('States.Format(\'{"a": {}, "b": \\{\\}}\', 1)', '{"a": 1, "b": {}}'),
        ("States.Format($.template, 'me')", "It's me!"),
        ("States.Format('\n', 1)", None),
        ("States.Format('a\n{}', 1)", "a\n1"),
        ("States.Format('{}', '{}')", "{}"),
        ("States.Format('ünï{}', 'ç')", "ünïç"),
    ],
)
def test_format(text, expected):
    if expected is None:
        with pytest.raises(QueryError):
            evaluate(text)
    else:
        assert evaluate(text) == expected


def test_nested_calls():
    """Recorded: the last piece of a name."""
    split = "States.StringSplit($$.StateMachine.Name, '-')"
    text = f"States.ArrayGetItem({split}, States.MathAdd(States.ArrayLength({split}), -1))"
    expression = compile_expression(text)
    assert expression.read(scope()) == "three"
    assert [path.text for path in expression.paths] == ["$$.StateMachine.Name"] * 2


@pytest.mark.parametrize(
    "text, function",
    [
        ("States.ArrayLength($.text)", "States.ArrayLength"),
        ("States.ArrayPartition($.arr, 0)", "States.ArrayPartition"),
        ("States.ArrayPartition($.arr, 0.4)", "States.ArrayPartition"),
        ("States.ArrayPartition($.text, 1)", "States.ArrayPartition"),
        ("States.ArrayContains($.obj, 1)", "States.ArrayContains"),
        ("States.ArrayRange(0, 1, 0)", "States.ArrayRange"),
        ("States.ArrayRange(1, 1001, 0.5e-1)", "States.ArrayRange"),
        ("States.ArrayRange(1, 1001, 1)", "States.ArrayRange"),
        ("States.ArrayRange(0, 1e300, 1)", "States.ArrayRange"),
        ("States.ArrayRange(0, '1', 1)", "States.ArrayRange"),
        ("States.ArrayRange(0, true, 1)", "States.ArrayRange"),
        ("States.ArrayGetItem($.arr, 6)", "States.ArrayGetItem"),
        ("States.ArrayGetItem($.arr, -1)", "States.ArrayGetItem"),
        ("States.ArrayGetItem($.arr, 0.5)", "States.ArrayGetItem"),
        ("States.ArrayUnique($.nul)", "States.ArrayUnique"),
        ("States.JsonMerge($.obj, $.obj, true)", "States.JsonMerge"),
        ("States.JsonMerge($.obj, $.obj, 'false')", "States.JsonMerge"),
        ("States.JsonMerge($.obj, $.obj, 0)", "States.JsonMerge"),
        ("States.JsonMerge($.arr, $.obj, false)", "States.JsonMerge"),
        ("States.StringToJson('{')", "States.StringToJson"),
        ("States.StringToJson('NaN')", "States.StringToJson"),
        ("States.StringToJson($.obj)", "States.StringToJson"),
        ("States.Base64Encode($.zero)", "States.Base64Encode"),
        ("States.Base64Decode('a')", "States.Base64Decode"),
        ("States.Base64Decode('ä===')", "States.Base64Decode"),
        ("States.Hash('x', 'SHA-3')", "States.Hash"),
        ("States.Hash('x', 'sha-1')", "States.Hash"),
        ("States.MathAdd('1', 1)", "States.MathAdd"),
        ("States.MathAdd(99999999999999999999, 1)", "States.MathAdd"),
        ("States.MathRandom(1, 1)", "States.MathRandom"),
        ("States.MathRandom(2, 1)", "States.MathRandom"),
        ("States.MathRandom(1, 2, 'x')", "States.MathRandom"),
        ("States.StringSplit($.arr, ',')", "States.StringSplit"),
        ("States.Format('{}')", "States.Format"),
        ("States.Format('{}', 1, 2)", "States.Format"),
        ("States.Format($.zero)", "States.Format"),
        ("States.Array(1, States.ArrayLength('x'))", "States.ArrayLength"),
    ],
)
def test_wrong_arguments(text, function):
    expression = compile_expression(text)
    with pytest.raises(QueryError) as caught:
        expression.read(scope())
    assert caught.value.error == "States.Runtime"
    assert caught.value.cause == (
        f"There was an error while evaluating the intrinsic function: {text}. Invalid arguments in {function}"
    )


def test_missing_argument_is_the_path_error():
    with pytest.raises(PathNotFound) as caught:
        evaluate("States.Format('{}', $.no.such)")
    assert (caught.value.text, caught.value.detail) == ("$.no.such", "Missing property in path $['no']")


@pytest.mark.parametrize(
    "text, position",
    [
        ("", 0),
        ("x", 0),
        ("states.UUID()", 0),
        ("States.", 0),
        ("States.Nope()", 0),
        ("States.UUID", 11),
        ("States.UUID(", 12),
        ("States.UUID() x", 14),
        ("States.UUID(1)", 0),
        ("States.ArrayLength()", 0),
        ("States.ArrayLength($, $)", 0),
        ("States.MathRandom(1)", 0),
        ("States.MathRandom(1, 2, 3, 4)", 0),
        ("States.Format()", 0),
        ("States.JsonMerge($, $)", 0),
        ("States.Array(1 2)", 15),
        ("States.Array(1,)", 15),
        ("States.Array(,)", 13),
        ("States.Array('x)", 13),
        ("States.Array('x\\')", 13),
        ("States.Array('x\\n')", 15),
        ("States.StringToJson('\\\"')", 21),
        ("States.Format('\\\\\\{}\\u0041')", 20),
        ('States.Array("x")', 13),
        ("States.Array(x)", 13),
        ("States.Array(01x)", 13),
        ("States.Array(1_0)", 13),
        ("States.Array($.)", 15),
        ("States.Array($.a.length())", 23),
        ("States.Array(States.Nope())", 13),
        ("States.Array(States.ArrayLength())", 13),
    ],
)
def test_syntax_errors_say_where(text, position):
    with pytest.raises(PathSyntaxError) as caught:
        compile_expression(text)
    assert caught.value.position == position


def test_nesting_is_bounded():
    def nested(depth: int) -> str:
        return "States.Array(" * depth + ")" * depth

    assert compile_expression(nested(10)).read(scope()) == [[[[[[[[[[]]]]]]]]]]
    with pytest.raises(PathSyntaxError, match="nested too deeply"):
        compile_expression(nested(11))


def test_paths_of_expressions():
    path = compile_expression("$.a")
    assert isinstance(path, Path)
    assert path.paths == (path,)
    call = compile_expression("States.Array($.a, States.Array($v.b, 1), 'x', $$.c)")
    assert [(path.text, path.root, path.variable) for path in call.paths] == [
        ("$.a", "input", None),
        ("$v.b", "variable", "v"),
        ("$$.c", "context", None),
    ]


def test_calls_of_constants_are_evaluated_once():
    expression = compile_expression("States.Array(States.MathAdd(1, 2), States.Format('{}', 'x'))")
    assert expression.read(scope()) is expression.read(scope())
    assert compile_expression("States.UUID()").read(scope(seed=1)) != compile_expression("States.UUID()").read(
        scope(seed=2)
    )


def test_uuid_comes_from_the_dice():
    expression = compile_expression("States.UUID()")
    where = scope()
    first, second = expression.read(where), expression.read(where)
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", first)
    assert first != second
    assert expression.read(scope()) == first


def test_random_is_in_range_and_seeded():
    expression = compile_expression("States.MathRandom(12.5, 15.4)")
    where = scope()
    assert {expression.read(where) for _ in range(200)} == {13, 14}
    seeded = compile_expression("States.MathRandom(0, 999, 3)")
    assert seeded.read(scope(seed=1)) == seeded.read(scope(seed=2))
    assert {evaluate(f"States.MathRandom(-9, -6, {seed})") for seed in range(50)} == {-9, -8, -7}


@pytest.mark.parametrize(
    "seed, size, expected",
    [(0, 10, 0), (0, 999, 672), (0, 1024, 748), (0, 2147483647, 1569741360), (42, 10, 0), (42, 1, 0)],
)
def test_java_random(seed, size, expected):
    """Values of `new java.util.Random(seed).nextInt(size)`, taken from Java 17."""
    assert java_random(seed, size) == expected


@pytest.mark.parametrize(
    "number, expected",
    [
        (0.49999999999999994, 0),
        (-0.5, 0),
        (0.5, 1),
        (2.5, 3),
        (-1.5, -1),
        (-1.51, -2),
        (1e300, 2**63 - 1),
        (-1e300, -(2**63)),
        (7, 7),
    ],
)
def test_rounding(number, expected):
    """Values of `java.lang.Math.round`, taken from Java 17."""
    assert round_half_up(number) == expected


@pytest.mark.parametrize("text", ["States.Base64Encode($)", "States.Base64Decode($)", "States.Hash($, 'MD5')"])
def test_texts_are_bounded(text):
    assert evaluate(text, "A" * 10_000)
    with pytest.raises(QueryError):
        evaluate(text, "A" * 10_001)


@pytest.mark.parametrize(
    "text",
    [
        "States.JsonToString(States.Array($, $, $, $))",
        "States.Format('{}{}{}{}', $, $, $, $)",
        "States.ArrayUnique(States.Array($, $, $, $))",
        "States.ArrayContains(States.Array($, $, $, $), 1)",
        "States.Hash(States.Array($, $, $, $), 'MD5')",
    ],
)
def test_work_is_bounded(text):
    limits = Limits(query_steps_max=3_000)
    with pytest.raises(QueryError):
        compile_expression(text, limits).read(scope(list(range(1_000))))


@pytest.mark.parametrize(
    "text",
    [
        "States.Format('{}', $)",
        "States.JsonToString($)",
        "States.ArrayUnique($)",
        "States.ArrayContains($, $)",
        "States.Hash($, 'MD5')",
    ],
)
def test_deep_data_costs_no_stack(text):
    value: Any = []
    for _ in range(5_000):
        value = [value]
    with contextlib.suppress(QueryError):  # too much to print is a refusal, never a crash
        compile_expression(text).read(scope(value))


def test_all_functions_are_there():
    assert len(INTRINSICS) == 18
    for name, function in INTRINSICS.items():
        assert name == function.name
        assert function.function.__doc__
