"""What paths find, and what is said when they find nothing. Tables of one document; the details are Jayway's words."""

import contextlib
from random import Random
from typing import Any

import pytest

from stepwell.limits import Limits
from stepwell.query.jsonpath import MISSING, PathNotFound, PathSyntaxError, QueryError, compile_path
from stepwell.query.scope import Scope

DOCUMENT: dict[str, Any] = {
    "a": {"b": [{"c": 1}, {"c": 2, "d": None}, {"c": "x"}], "n": None, "s": "str"},
    "arr": [10, 20, 30, 40],
    "x": 5,
    "list": [
        {"Name": "Receipt", "p": 1},
        {"Name": "B", "p": 2, "q": [1, 2]},
        {"Name": "C", "p": "2"},
    ],
    "nest": [[1, 2], [3, 4]],
    "mix": [1, "1", 2, None, True, False, [1], {"k": 1}],
    "id": "B",
    "a b": 1,
    "a-b": 7,
    "é": 11,
    "0": 12,
    "it's": 8,
    'q\\""q': 9,
    "e": [],
    "o": {},
    "nul": None,
}
LIST = DOCUMENT["list"]


def scope(value: Any = DOCUMENT) -> Scope:
    return Scope(value, lambda: {"Execution": {"Name": "n"}}, {"v": {"w": [1, 2]}, "größe": 3}, Random(1))


@pytest.mark.parametrize(
    "text, expected",
    [
        ("$", DOCUMENT),
        ("$ ", DOCUMENT),
        ("$.x", 5),
        ("$.a.b[0].c", 1),
        ("$.a.b[-1].c", "x"),
        ("$.a.n", None),
        ("$['a']['s']", "str"),
        ('$["a"]["s"]', "str"),
        ("$[ 'a' ].s", "str"),
        ("$.['a'].s", "str"),
        ("$['a b']", 1),
        ("$.a-b", 7),
        ("$.é", 11),
        ("$.0", 12),
        ("$['it\\'s']", 8),
        ('$["it\'s"]', 8),
        ("$.arr[0]", 10),
        ("$.arr[ 3 ]", 40),
        ("$.arr.[3]", 40),
        ("$.arr[-4]", 10),
        ("$.nest[1][0]", 3),
        ("$['x','id']", {"x": 5, "id": "B"}),
        ("$['x' , 'none']", {"x": 5}),
        ("$['no','none']", {}),
        ("$.list[0]['Name','p']", {"Name": "Receipt", "p": 1}),
        ("$$.Execution.Name", "n"),
        ("$$", {"Execution": {"Name": "n"}}),
        ("$v.w[1]", 2),
        ("$v", {"w": [1, 2]}),
        ("$größe", 3),
    ],
)
def test_definite(text, expected):
    path = compile_path(text)
    assert path.definite
    assert path.read(scope()) == expected
    assert path.find(scope()) == expected


def test_quoted_name_keeps_its_backslashes():
    """Recorded: `$['Test\\""Name"']` finds the member whose name is spelled exactly so."""
    assert compile_path("$['q\\\"\"q']").read(scope()) == 9


@pytest.mark.parametrize(
    "text, expected",
    [
        ("$.arr[1:3]", [20, 30]),
        ("$.arr[:2]", [10, 20]),
        ("$.arr[2:]", [30, 40]),
        ("$.arr[-2:]", [30, 40]),
        ("$.arr[:-1]", [10, 20, 30]),
        ("$.arr[-3:-1]", [20, 30]),
        ("$.arr[1:-1]", []),  # Jayway: with both ends given, a negative end counts from nowhere
        ("$.arr[-9:2]", [10, 20, 30, 40, 10, 20]),
        ("$.arr[3:1]", []),
        ("$.arr[9:]", []),
        ("$.arr[0,2]", [10, 30]),
        ("$.arr[0, 9, -1]", [10, 40]),
        ("$.a.b.*", DOCUMENT["a"]["b"]),
        ("$.a.b[*].c", [1, 2, "x"]),
        ("$.a.b[*].d", [None]),
        ("$.a.*", [DOCUMENT["a"]["b"], None, "str"]),
        ("$['a','o'].s", ["str"]),
        ("$.x.*", []),
        ("$..c", [1, 2, "x"]),
        ("$..b[0].c", [1]),
        ("$.nest..*", [[1, 2], [3, 4], 1, 2, 3, 4]),
        ("$.nest..[0]", [[1, 2], 1, 3]),
        ("$..['c','d']", [{"c": 2, "d": None}]),
        ("$.nest[*][*]", [1, 2, 3, 4]),
        ("$.list[*]['Name','q']", [{"Name": "Receipt"}, {"Name": "B", "q": [1, 2]}, {"Name": "C"}]),
        ("$v.w[*]", [1, 2]),
        ("$$..Name", ["n"]),
    ],
)
def test_indefinite(text, expected):
    path = compile_path(text)
    assert not path.definite
    assert path.read(scope()) == expected
    assert path.find(scope()) == expected


@pytest.mark.parametrize("text", ["$.item.items[1:5]", "$.no[1:5].v", "$.no.b[*]", "$.no..x", "$.x[0,1]", "$.a.s[:1]"])
def test_indefinite_that_breaks_off_is_empty(text):
    """Recorded for a slice of a member that is not there, with and without a name after it."""
    assert compile_path(text).read(scope()) == []


@pytest.mark.parametrize(
    "condition, expected",
    [
        ("@.q", [1]),
        ("!@.q", [0, 2]),
        ("! @.q", [0, 2]),
        ("@.p == 2", [1, 2]),  # Jayway: a number equals the string that spells it
        ("@.p == '2'", [1, 2]),
        ("2 == @.p", [1, 2]),
        ("@.p > 1", [1]),
        ("@.p >= 1", [0, 1]),
        ("@.p < 2", [0]),
        ("@.p <= 1", [0]),
        ("@.p != 2", [0]),
        ("@.none != 2", [0, 1, 2]),
        ("@.none == null", []),
        ("@.none == @.nothing", []),
        ("@.Name == 'B'", [1]),
        ('@.Name == "B"', [1]),
        ("@.Name==Receipt", [0]),  # published definitions leave the quotes out
        ("@['Name'] == 'B'", [1]),
        ("@.Name >= 'C'", [0, 2]),
        ("@.Name == $.id", [1]),
        ("@.Name==$.id&&@.p==2", [1]),
        ("@.Name in ['B', 'C']", [1, 2]),
        ("@.Name IN ['B','C']", [1, 2]),
        ("@.Name nin ['B','C']", [0]),
        ("@.none nin [1]", [0, 1, 2]),
        ("@.none in [1]", []),
        ("@.p nin 1", []),
        ("2 in @.q", [1]),
        ("@.q == [1,2]", [1]),
        ("@.q[0] == 1", [1]),
        ("@.q[*] == [1, 2]", [1]),
        ("@.p == 1 || @.p == 2 && @.Name == 'C'", [0, 2]),
        ("(@.p == 1 || @.p == 2) && @.Name == 'B'", [1]),
        ("!(@.p == 1) && !(@.Name == 'C')", [1]),
        ("@.p == true", []),
        ("1 == 1", [0, 1, 2]),
        ("@.p == -1.5e3", []),
        ("@[?(@.q)]", [0, 1, 2]),  # Jayway: what an indefinite path finds plays no role for existence
    ],
)
def test_filters(condition, expected):
    assert compile_path(f"$.list[?({condition})]").read(scope()) == [LIST[index] for index in expected]


@pytest.mark.parametrize(
    "condition, expected",
    [
        ("@ == 1", [1, "1"]),
        ("@ > 0", [1, 2]),
        ("@ == null", [None]),
        ("@ == true", [True]),
        ("@ != 1", [2, None, True, False, [1], {"k": 1}]),
        ("@", [1, "1", 2, None, True, False, [1], {"k": 1}]),
        ("@ in [1, null, true]", [1, "1", None, True]),
        ("@ == [1]", [[1]]),
        ("@ == [1.0]", []),
        ("@.k == 1", [{"k": 1}]),
        ("@ in $.mix", [1, "1", 2, None, True, False, [1], {"k": 1}]),
    ],
)
def test_filters_of_scalars(condition, expected):
    found = compile_path(f"$.mix[? ({condition}) ]").read(scope())
    assert [(type(item), item) for item in found] == [(type(item), item) for item in expected]


def test_filter_of_an_object_tests_the_object():
    assert compile_path("$.a[?(@.s == 'str')].n").read(scope()) == [None]
    assert compile_path("$..[?(@.c == 1)]").read(scope()) == [{"c": 1}]


FOUND_NO_OBJECT = (
    "Expected to find an object with property [{}] in path {} but found '{}'. This is not a json object according to the "
    "JsonProvider: 'com.jayway.jsonpath.spi.json.JacksonJsonProvider'."
)


@pytest.mark.parametrize(
    "text, detail",
    [
        ("$.NoSuch", "No results for path: $['NoSuch']"),
        ("$.no.such", "Missing property in path $['no']"),
        ("$.a.no", "No results for path: $['a']['no']"),
        ("$.a.no.such.more", "Missing property in path $['a']['no']"),
        ("$.no[0]", "Missing property in path $['no']"),
        ("$.arr[9]", "No results for path: $['arr'][9]"),
        ("$.arr[-9]", "No results for path: $['arr'][-9]"),
        ("$.a.b[7].c", "No results for path: $['a']['b'][7]['c']"),
        ("$.x[0]", "Filter: [0] can only be applied to arrays. Current context is: 5"),
        ("$.a.s[0]", "Filter: [0] can only be applied to arrays. Current context is: str"),
        ("$.a.s[0].c", "Filter: [0]['c'] can only be applied to arrays. Current context is: str"),
        ("$.o[1]", "Filter: [1] can only be applied to arrays. Current context is: {}"),
        ("$.nul[0]", "The path $['nul'] is null"),
        ("$.nul.x", FOUND_NO_OBJECT.format("'x'", "$['nul']", "null")),
        ("$.x.y", FOUND_NO_OBJECT.format("'y'", "$['x']", "java.lang.Integer")),
        ("$.arr.y", FOUND_NO_OBJECT.format("'y'", "$['arr']", "java.util.ArrayList")),
        ("$.a.s.t.u", FOUND_NO_OBJECT.format("'t'", "$['a']['s']", "java.lang.String")),
        ("$.x['y','z']", FOUND_NO_OBJECT.format("'y','z'", "$['x']", "java.lang.Integer")),
        ("$$.No", "No results for path: $['No']"),
        ("$v.no.x", "Missing property in path $['no']"),
        ("$w", "No results for path: $['w']"),
        ("$w.x[*]", "No results for path: $['w']"),
    ],
)
def test_misses(text, detail):
    path = compile_path(text)
    with pytest.raises(PathNotFound) as caught:
        path.read(scope())
    assert caught.value.text == text
    assert caught.value.detail == detail
    assert caught.value.error == "States.Runtime"
    assert caught.value.cause == f"Invalid path '{text}' : {detail}"
    assert path.find(scope()) is MISSING


@pytest.mark.parametrize(
    "text, position",
    [
        ("", 0),
        ("a.b", 0),
        (" $.a", 0),
        ("$.", 2),
        ("$.a.", 4),
        ("$..", 3),
        ("$...a", 3),
        ("$. a", 2),
        ("$.a b", 4),
        ("$*", 1),
        ("$-x", 1),
        ("$1", 1),
        ("$$$", 2),
        ("$$x", 2),
        ("$[]", 2),
        ("$[a]", 2),
        ("$[1.5]", 3),
        ("$[+1]", 2),
        ("$[99999999999]", 2),
        ("$[:]", 3),
        ("$[1:2:3]", 5),
        ("$[1", 3),
        ("$['a", 2),
        ("$['a'", 5),
        ("$['a''b']", 5),
        ("$['a',]", 6),
        ("$['a',\"b\"]", 6),
        ("$[*,0]", 3),
        ("$.*a", 3),
        ("$.a.length()", 10),
        ("$.length()", 8),
        ("$.a[?(@.length() > 1)]", 14),
        ("$.a[?(@.b =~ /x/)]", 10),
        ("$.a[?(@.b)", 10),
        ("$.a[?(@.b]", 9),
        ("$.a[?()]", 6),
        ("$.a[?(@.b ==)]", 12),
        ("$.a[?(true)]", 10),
        ("$.a[?@.b == 1]", 5),
        ("$.a[?(@.b == $v)]", 14),
        ("$.a[?(@.b == $$.c)]", 14),
        ("$.a[?(@.b == [[1]])]", 14),
        ("$.a[?(@.b == {})]", 13),
        ("$.a[?(@.b & @.c)]", 10),
        ("$.a[(@.b)]", 4),
    ],
)
def test_syntax_errors_say_where(text, position):
    with pytest.raises(PathSyntaxError) as caught:
        compile_path(text)
    assert caught.value.position == position
    assert str(caught.value).endswith(f"at position {position}")


def test_root_and_variable():
    assert (compile_path("$.a").root, compile_path("$.a").variable) == ("input", None)
    assert (compile_path("$$.a").root, compile_path("$$.a").variable) == ("context", None)
    assert (compile_path("$a.b").root, compile_path("$a.b").variable) == ("variable", "a")
    path = compile_path("$a.b")
    assert path.paths == (path,)


def test_context_is_not_made_unless_asked_for():
    def refuse() -> dict[str, Any]:
        raise AssertionError

    assert compile_path("$.x").read(Scope(DOCUMENT, refuse, {}, Random())) == 5


def test_path_text_is_bounded():
    with pytest.raises(PathSyntaxError):
        compile_path("$" + ".a" * 20, Limits(path_characters_max=40))


@pytest.mark.parametrize("nesting", ["(" * 40 + "@.a" + ")" * 40, "!" * 40 + "@.a", "@[?(" * 40 + "@.a" + ")]" * 40])
def test_filter_nesting_is_bounded(nesting):
    with pytest.raises(PathSyntaxError, match="nested too deeply"):
        compile_path(f"$[?({nesting})]")


def deep(depth: int) -> Any:
    value: Any = {}
    for _ in range(depth):
        value = {"a": [value]}
    return value


@pytest.mark.parametrize("text", ["$..*", "$..a", "$..a..a", "$..[0]", "$..[?(@.a)]", "$[?(@.a == $.a)]"])
def test_deep_data_costs_no_stack(text):
    with contextlib.suppress(QueryError):  # too many steps is a refusal, never a crash
        compile_path(text).read(scope(deep(5_000)))


@pytest.mark.parametrize(
    "text",
    [
        "$..*..*..*..*",
        "$..a..a..a",
        "$..[?(@..a == $..a)]",
        "$.a[?(@ in $.a)][?(@ in $.a)]",
        "$.a[*][" + ",".join("0" * 30) + "]",
        "$.a[?($.text == $.same)]",
        "$.a[?($.text < $.same)]",
        "$..*[?(@ == $)]",
    ],
)
def test_blow_ups_end_by_steps(text):
    """The number of steps ends the evaluation, whatever the machine's speed; the last answers are short of the limit."""
    wide = {"a": [deep(200), *[[number] * 40 for number in range(400)]]}
    wide["text"], wide["same"] = "x" * 5_000, "x" * 4_999 + "x"
    path = compile_path(text, Limits(query_steps_max=10_000))
    with pytest.raises(QueryError, match="too many nodes") as caught:
        path.read(scope(wide))
    assert not isinstance(caught.value, PathNotFound)


def test_steps_of_a_simple_path_are_few():
    many = {"a": list(range(1_000))}
    assert len(compile_path("$.a[*]", Limits(query_steps_max=3_000)).read(scope(many))) == 1_000
    assert len(compile_path("$.a[?(@ >= 0)]", Limits(query_steps_max=4_100)).read(scope(many))) == 1_000
