"""What expressions answer, through the whole port: tables of our own."""

import re
import subprocess
import sys
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stepwell.payload import parse_json, print_json
from stepwell.query.comparison import MISSING
from stepwell.query.jsonata import (
    FieldError,
    JsonataError,
    JsonataScope,
    JsonataSyntaxError,
    compile_jsonata,
    expect_integer,
    expect_type,
    is_jsonata,
    json_type,
    source_of,
)

NOW_MS = 1_732_523_696_789
CONTEXT = {"Execution": {"Id": "arn:x", "Input": {"a": 1}}, "State": {"Name": "S"}}
INPUT = {
    "n": 5,
    "text": "héllo",
    "none": None,
    "yes": True,
    "empty": [],
    "one": [7],
    "list": [1, 2, 3],
    "nested": {"deep": {"value": "found"}},
    "orders": [
        {"id": "a", "price": 10, "tags": ["x", "y"]},
        {"id": "b", "price": 25.5, "tags": []},
        {"id": "c", "price": 7, "tags": ["z"]},
    ],
}
VARIABLES = {"v": 3, "items": [4, 5], "obj": {"k": {"m": [1, {"z": 2}]}}, "nothing": None, "zip": 99}


def scope(**changes):
    values = {"input": INPUT, "context": lambda: CONTEXT, "variables": VARIABLES, "dice": Random(1), "now_ms": NOW_MS}
    return JsonataScope(**values | changes)


def answer(source, **changes):
    return compile_jsonata(source).evaluate(scope(**changes))


def failure(source, **changes):
    with pytest.raises(JsonataError) as caught:
        answer(source, **changes)
    return caught.value


VALUES = [
    # literals and operators
    ("1", 1),
    ("-1.5", -1.5),
    ("1.0", 1),
    ("'a' & \"b\"", "ab"),
    ("1 + 2 * 3 - 4 / 2 % 3", 5),
    ("true and (false or true)", True),
    ("2 > 1 and 'a' < 'b' and 1 != 2 and 3 >= 3 and 3 <= 3", True),
    ("3 in [1, 2, 3]", True),
    ("null", None),
    ("[null]", [None]),
    ("$exists(null)", True),
    ("$count(null)", 1),
    ("{'v': null}", {"v": None}),
    ("{'b': 1, 'a': 2}", {"b": 1, "a": 2}),
    ("{'a': $states.input.missing, 'b': 1}", {"b": 1}),
    ("[$states.input.missing, 1]", [1]),
    ("[]", []),
    ("{}", {}),
    ("[[]]", [[]]),
    ("1 > 2 ? 'x' : 'y'", "y"),
    ("($x := 5; $y := $x * 2; $x + $y)", 15),
    ("$x := 5", 5),
    ("/* why */ 1", 1),
    # the state's data
    ("$states.input", INPUT),
    ("$states.input.n", 5),
    ("$states.input.none", None),
    ("$states.input.yes", True),
    ("$states.input.empty", []),
    ("$states.input.one", [7]),
    ("$states.input.one[0]", 7),
    ("$states.input.list[-1]", 3),
    ("$states.input.list[$ > 1]", [2, 3]),
    ("$states.input.nested.deep.value", "found"),
    ("$states.input.nested.*.value", "found"),
    ("$states.input.nested.`deep`.value", "found"),
    ("$states.input.**.value", "found"),
    ("$states.input.orders.id", ["a", "b", "c"]),
    ("$states.input.orders[price > 8].id", ["a", "b"]),
    ("$states.input.orders[id = 'b'].price", 25.5),
    ("$states.input.orders.tags", ["x", "y", "z"]),
    ("$states.input.orders^(price).id", ["c", "a", "b"]),
    ("$states.input.orders^(>price)[0].id", "b"),
    ("$states.input.orders{id: price}", {"a": 10, "b": 25.5, "c": 7}),
    ("$states.input.orders#$i.{'i': $i, 'id': id}", [{"i": 0, "id": "a"}, {"i": 1, "id": "b"}, {"i": 2, "id": "c"}]),
    ("[$string(), $keys(), $boolean(), $lookup('input'), $states.input.n]", [5]),  # at the top level is no context
    ("$exists($length( )) or $exists($replace('a', 'b'))", False),
    ("[$each(function($v){$v}), $sift(function($v){true}), [1..$count($spread())]]", [[]]),
    ("$states.input.nested.deep.$string()", '{"value":"found"}'),
    ("$states.input.n ~> $string()", "5"),
    ("$states.input.list[$string() = '3']", 3),
    ("$states.context.Execution.Id", "arn:x"),
    ("$states.context.State.Name & '!'", "S!"),
    ("$sum($states.input.orders.price)", 42.5),
    ("$states.input.text ~> $uppercase", "HÉLLO"),
    ("$keys($states)", ["context", "input"]),
    ("$lookup($states, 'input').n", 5),
    ("($s := $states; $s.input.n)", 5),
    # variables
    ("$v", 3),
    ("$v + 1", 4),
    ("$items", [4, 5]),
    ("$items[1]", 5),
    ("$obj.k.m.z", 2),
    ("$nothing", None),
    ("[$v, $states.input.n].($ * 2)", [6, 10]),
    ("($v := 10; $v)", 10),
    # functions of one's own
    ("$map([1, 2, 3], function($x) { $x * $v })", [3, 6, 9]),
    ("$filter([1, 2, 3], function($x) { $x > 1 })", [2, 3]),
    ("$reduce([1, 2, 3], function($a, $b) { $a + $b })", 6),
    ("($f := function($n) { $n < 2 ? 1 : $n * $f($n - 1) }; $f(10))", 3628800),
    ("($sum2 := function($a, $n) { $n = 0 ? $a : $sum2($a + $n, $n - 1) }; $sum2(0, 1000))", 500500),
    ("($add := function($a, $b) { $a + $b }; $inc := $add(?, 1); $inc(4))", 5),
    ("(λ($x) { $x & '!' })('hi')", "hi!"),
    ("$states.input.nested ~> |deep|{'more': 1}|", {"deep": {"value": "found", "more": 1}}),
    ("$sift({'a': 1, 'b': 2}, function($v) { $v > 1 })", {"b": 2}),
    ("$contains('abcd', /B/i)", True),
    ("$contains('hello$world', /^hello\\$/)", True),
    ("$split('a1b2c', /[0-9]/)", ["a", "b", "c"]),
    # ranges
    ("[1..5]", [1, 2, 3, 4, 5]),
    ("[1..3, 7, 9..10]", [1, 2, 3, 7, 9, 10]),
    ("[3..1]", []),
    ("[1..$v].($ * 10)", [10, 20, 30]),
    ("[[1..2], [3..4]]", [[1, 2], [3, 4]]),
    ("[$count([1..3])..$count([1..5])]", [3, 4, 5]),
    ("$sum([1..1000])", 500500),
    ("[$states.input.missing..2]", []),
    # numbers and texts
    ("$string(9223372036854775808)", "9223372036854776000"),
    ("$string(0.1 + 0.2)", "0.3"),
    ("$number('12.5')", 12.5),
    ("$length('😀é')", 2),
    ("$round(2.5)", 2),
    ("$power(2, 10)", 1024),
    ("$formatNumber(1234.5, '#,##0.00')", "1,234.50"),
    ("$formatBase(255, 16)", "ff"),
    ("$parseInteger('twelve', 'w')", 12),
    ("$merge([{'a': 1}, {'b': 2}])", {"a": 1, "b": 2}),
    ("$toMillis('2024-11-25T08:34:56.789Z')", NOW_MS),
    ("$now()", "2024-11-25T08:34:56.789Z"),
    ("$millis()", NOW_MS),
    ("$now('[Y]-[M01]')", "2024-11"),
    # outside of the numbers (measured: no failure)
    ("1/0", "Infinity"),
    ("[1/0]", ["Infinity"]),
    ("[-1/0, 1e308 * 10]", ["-Infinity", "Infinity"]),
    ("[1, 0, 2].(4 / $)", [4, "Infinity", 2]),
    ("{'a': $v / ($v - 3), 'b': 1}", {"a": "Infinity", "b": 1}),
    ("0/0", "NaN"),
    ("[1e308 + 1e308]", ["Infinity"]),
    ("[-1e308 - 1e308]", ["-Infinity"]),
    ("[[1..2].($ / 0)]", ["Infinity", "Infinity"]),
]


@pytest.mark.parametrize("source, value", VALUES)
def test_values(source, value):
    found = answer(source)
    assert found == value
    assert type(found) is type(value) or isinstance(value, float | int)
    if isinstance(value, dict):
        assert list(found) == list(value)


@pytest.mark.parametrize("source, value", VALUES)
def test_the_text_interface_answers_the_same(source, value):
    expression, data = compile_jsonata(source), scope()
    shadows = expression.shadows(data.variables)
    text = expression.evaluate_json(expression.input_text(data), NOW_MS, expression.seed(data.dice), shadows)
    assert parse_json(text) == value


FAILURES = [
    ("$doesNotExist", "undefined", "", ""),
    ("$states.input.missing", "undefined", "", ""),
    ("$states.input.n.deeper", "undefined", "", ""),
    ("$states.input.orders[price > 100]", "undefined", "", ""),
    ("$states.result", "undefined", "", ""),
    ("$states.noSuchMember", "undefined", "", ""),
    ("$sum", "unsupported result", "", ""),
    ("$fn := function($x){$x}", "unsupported result", "", ""),
    ("/ab/", "unsupported result", "", ""),
    ("$nosuch(1)", "error", "T1006", "Attempted to invoke a non-function"),
    ("$v(1)", "error", "T1006", "Attempted to invoke a non-function"),
    ("$eval('1')", "error", "T1006", "Attempted to invoke a non-function"),
    ("1 + 'a'", "error", "T2002", 'The right side of the "+" operator must evaluate to a number'),
    ("'a' + 1", "error", "T2001", 'The left side of the "+" operator must evaluate to a number'),
    ("1 < 'a'", "error", "T2009", 'The values 1 and "a" either side of operator "<" must be of the same data type'),
    ("-'a'", "error", "D1002", 'Cannot negate a non-numeric value: "a"'),
    ("$sum('a')", "error", "T0412", 'Argument 1 of function "sum" must be an array of "numbers"'),
    ("$uppercase(1)", "error", "T0410", 'Argument 1 of function "uppercase" does not match function signature'),
    ("$number('x')", "error", "D3030", 'Unable to cast value to a number: "x"'),
    ("$error('boom')", "error", "D3137", "boom"),
    ("$assert(false, 'no')", "error", "D3141", "no"),
    ("$sqrt(-1)", "error", "D3060", "The sqrt function cannot be applied to a negative number: -1"),
    ("1/0 + 1", "error", "D1001", "Number out of range: null"),
    ("'a' & 1/0", "error", "D1001", "Number out of range: null"),
    ("$string(1/0)", "error", "D3001", "Attempting to invoke string function on Infinity or NaN"),
    ("{'a': 1, 'a': 2}", "error", "D1009", 'Multiple key definitions evaluate to same key: "a"'),
]


@pytest.mark.parametrize("source, kind, code, message", FAILURES)
def test_failures(source, kind, code, message):
    error = failure(source)
    assert (error.kind, error.code, error.message) == (kind, code, message)


CAUSES = [
    # recorded
    ("$doesNotExist", "Output/result", "returned nothing (undefined)."),
    ("$fn := function($x){$x}", "Items", "returned an unsupported result type."),
    # measured
    ("$nosuch(1)", "Output", "threw an error during evaluation. T1006: Attempted to invoke a non-function"),
    (
        "[1..873783]",
        "Output",
        "threw an error during evaluation: "
        "Expression evaluation memory limit exceeded: Check for excessive memory usage",
    ),
    ("($f := function(){ $f() }; $f())", "Output", "threw an error during evaluation: Expression evaluation timeout"),
    ("$base64decode('***')", "Output", "threw an internal error during evaluation"),
]


@pytest.mark.parametrize("source, field, clause", CAUSES)
def test_causes(source, field, clause):
    with pytest.raises(FieldError) as caught:
        compile_jsonata(source).read(scope(), field)
    assert caught.value.error == "States.QueryEvaluationError"
    assert caught.value.location == field
    assert caught.value.cause == f"The JSONata expression '{source}' specified for the field '{field}' {clause}"


def test_an_internal_error_can_carry_a_request_id():
    error = failure("$base64decode('***')")
    assert error.cause("e", "F", "1-2-3").endswith("threw an internal error during evaluation: 1-2-3")


TYPES = [
    # recorded
    (1, "array", "Expected 'array', but was 'number' for value: 1"),
    (None, "array", "Expected 'array', but was 'null' for value: null"),
    ({"foo": "bar"}, "array", "Expected 'array', but was 'object' for value: {\"foo\":\"bar\"}"),
    # the same form for other types
    ("x", "boolean", "Expected 'boolean', but was 'string' for value: \"x\""),
    (True, "number", "Expected 'number', but was 'boolean' for value: true"),
    ([1.5], "string", "Expected 'string', but was 'array' for value: [1.5]"),
]


@pytest.mark.parametrize("value, wanted, text", TYPES)
def test_types_of_results(value, wanted, text):
    with pytest.raises(JsonataError) as caught:
        expect_type(value, wanted)
    assert caught.value.cause("e", "F") == (
        f"The JSONata expression 'e' specified for the field 'F' returned an unexpected result type. {text}"
    )
    assert expect_type(value, json_type(value), wanted) is value


def test_long_values_are_cut_in_causes():
    with pytest.raises(JsonataError) as caught:
        expect_type("x" * 5000, "array")
    assert len(caught.value.message) < 1100


@pytest.mark.parametrize("value, number", [(3, 3), (3.9, 3), (-0.5, -1), (0, 0)])
def test_integer_fields_are_floored(value, number):
    assert expect_integer(value) == number
    with pytest.raises(JsonataError):
        expect_integer(str(value))


@pytest.mark.parametrize(
    "value, expected",
    [
        ("{% 1 %}", True),
        ("{%%}", True),
        (" {% 1 %}", False),
        ("{% 1 %} ", False),
        ("{%", False),
        ("{%}", False),
        (1, False),
    ],
)
def test_what_an_expression_is(value, expected):
    assert is_jsonata(value) is expected


def test_the_source_has_no_blanks_around_it():
    assert source_of("{%  $a \n %}") == "$a"
    assert compile_jsonata(" 1 ").source == "1"


def test_result_and_error_output():
    assert answer("$states.result.x", result={"x": 1}) == 1
    assert answer("$states.result", result=None) is None
    assert answer("$states.errorOutput.Error", error_output={"Error": "E"}) == "E"
    assert answer("$keys($states)", result=1, error_output=2) == ["context", "errorOutput", "input", "result"]


def test_only_what_is_looked_at_is_asked_for():
    def context():
        raise AssertionError("nobody asked")

    assert answer("$states.input.n + $v", context=context) == 8
    assert answer("1 + 1", input=MISSING, context=context, variables={}) == 2


def test_a_variable_hides_the_function_of_its_name():
    assert answer("$zip") == 99
    assert answer("$zip + 1") == 100
    assert answer("$zip([1, 2])", variables={}) == [[1], [2]]
    assert failure("$zip([1, 2])").code == "T1006"


def test_a_plain_path_hands_on_what_it_finds():
    big = {"number": 12345678901234567890123, "double": 1.0, "surrogate": "\ud800"}
    assert answer("$states.input", input=big) is big
    assert answer("$states.input.number", input=big) == 12345678901234567890123
    assert answer("$items") is VARIABLES["items"]


def test_equal_clock_and_dice_give_equal_answers():
    source = "[$random(), $random(), $uuid(), $millis(), $now(), $join($shuffle(['a', 'b', 'c', 'd', 'e']))]"
    first, second, third = (answer(source, dice=Random(seed)) for seed in (7, 7, 8))
    assert first == second != third
    assert first[0] != first[1]


def test_dice_are_thrown_only_for_chance():
    dice = Random(3)
    before = dice.getstate()
    answer("$now() & $v", dice=dice)
    assert dice.getstate() == before
    answer("$random()", dice=dice)
    assert dice.getstate() != before


def test_what_the_library_cannot_read_is_an_internal_error():
    assert failure("$states.input.x & ''", input={"x": {"y": object()}}).kind == "internal"
    expression = compile_jsonata("$v + 1")
    with pytest.raises(JsonataError) as caught:
        expression.evaluate_json("{", NOW_MS, 0)
    assert caught.value.kind == "internal"


@pytest.mark.parametrize("text", ["\ud800", "\\\ud800x\udc00", "\\ud800", "\\\\ud800"])
def test_lone_surrogates_are_replaced_when_computed_with(text):
    expression, data = compile_jsonata("$v & '!'"), scope(variables={"v": text})
    wanted = re.sub("[\ud800-\udfff]", "\ufffd", text) + "!"
    assert expression.evaluate(data) == wanted
    assert parse_json(expression.evaluate_json(expression.input_text(data), NOW_MS, 0)) == wanted


def test_lone_surrogates_in_the_expression():
    assert answer("$length('\ud800')") == 1
    assert compile_jsonata("'\ud800'").source == "'\ud800'"
    for source in ("\ud800", "$\ud800", "`\ud800`", "$v.\ud800", "/\ud800/", "$v + \udfff("):
        try:
            compile_jsonata(source)
        except JsonataSyntaxError:
            pass


def test_the_library_comes_late():
    program = "import sys, stepwell.query.jsonata_template; sys.exit('jlens' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(st.characters(codec="utf-8"), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(json_values, st.lists(st.sampled_from("abc"), min_size=1, max_size=3))
def test_the_short_way_agrees_with_the_library(value, names):
    source = "$x." + ".".join(names)
    short, full = compile_jsonata(source), compile_jsonata(f"({source})")

    def try_(expression):
        try:
            return print_json(expression.evaluate(scope(variables={"x": value})))
        except JsonataError as error:
            return error.kind

    assert try_(short) == try_(full)
