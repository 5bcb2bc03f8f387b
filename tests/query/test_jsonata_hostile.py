"""Expressions that try to take the server down: each ends soon, in AWS's words."""

from random import Random

import pytest

from stepwell.query.jsonata import JsonataError, JsonataScope, JsonataSyntaxError, compile_jsonata

MEMORY = "Expression evaluation memory limit exceeded: Check for excessive memory usage"
TIME = "Expression evaluation timeout"
STACK = "Stack overflow error: Check for non-terminating recursive function. Consider rewriting as tail-recursive."
WALL_S_MAX = 10.0  # a machine shared by many tests; alone each of them takes well below a second


def answer(source):
    return compile_jsonata(source).evaluate(JsonataScope({"l": list(range(60_000))}, dict, {}, Random(1), 0))


LIMITED = [
    # without end
    ("($f := function($n) { $f($n + 1) }; $f(1))", TIME),
    ("($f := function($n) { 1 + $f($n + 1) }; $f(1))", STACK),
    ("($f := function($n) { $g($n) }; $g := function($n) { $f($n) }; $f(1))", TIME),
    ("(function($g) { $g($g) })(function($g) { $g($g) })", TIME),
    ("($f := function($n) { $n = 0 ? 1 : $f($n - 1) + $f($n - 1) }; $f(30))", TIME),
    ("$count($states.input.l[$ in $states.input.l])", TIME),
    # deep (measured: 100 calls, and not 200 terms)
    ("+".join(["1"] * 200), STACK),
    ("($f := function($n) { $n = 0 ? 1 : $n * $f($n - 1) }; $f(100))", STACK),
    # values that nest as deep as the expression runs long
    ("($f := function($x) { $f({'a': $x, 'b': $x}) }; $f(1))", TIME),
    ("$count([$reduce([1..150000], function($a, $i) { {'a': $a, 'b': $a} })])", TIME),
    ("$count([$reduce([1..150000], function($a, $i) { function() { $a } })])", TIME),
    # large (measured thresholds)
    ("$count([1..873783])", MEMORY),
    ("[1..9999999]", MEMORY),
    ("$count([1..100000].{'a': [1..800000]})", MEMORY),
    ("$pad('x', 1000000000)", MEMORY),
    ("$pad('', 262145, 'x')", MEMORY),
    ("$length($reduce([1..23], function($a, $b) { $a & $a }, 'x'))", MEMORY),
    ("($s := $reduce([1..22], function($a, $b) { $a & $a }, 'x'); $count([1..9999].($s & 'y')))", MEMORY),
    ("$range(1, 99999999999, 1)", MEMORY),
    # regular expressions
    ("$contains('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!', /^(a+)+$/)", TIME),
    ("$match($pad('', 50000, 'a'), /(a*)*b/)", TIME),
]


@pytest.mark.parametrize("source, text", LIMITED)
def test_limited(source, text):
    with pytest.raises(JsonataError) as caught:
        answer(source)
    assert (caught.value.kind, caught.value.message) == ("limit", text)


ALLOWED = [
    ("$count([1..873782])", 873782),
    ("$length($reduce([1..22], function($a, $b) { $a & $a }, 'x'))", 4194304),
    ("$length($pad('', 262144, 'x'))", 262144),
    ("$length($pad('', 131072, 'x') & $pad('', 131073, 'x'))", 262145),
    ("$length($join([$pad('', 131072, 'x'), $pad('', 131073, 'x')]))", 262145),
    ("$length($pad($pad('', 131072, 'x'), 262145, 'x'))", 262145),
    ("+".join(["1"] * 199), 199),
    ("($f := function($n) { $n = 0 ? 1 : $n + $f($n - 1) }; $f(99))", 4951),
    ("$count(" + "[" * 120 + "1" + "]" * 120 + ")", 1),
    ("($f := function($n) { $n = 0 ? 'end' : $f($n - 1) }; $f(5000))", "end"),
    ("$sum([1..100000])", 5000050000),
    ("$length($join([1..20000].('item ' & $), ', '))", 228892),
    ("$reduce([1..5000], function($a, $b) { $a + $b })", 12502500),
]


@pytest.mark.parametrize("source, value", ALLOWED)
def test_allowed(source, value):
    assert answer(source) == value


def test_a_range_beyond_the_reference_has_its_own_text():
    with pytest.raises(JsonataError) as caught:
        answer("[1..1000000000]")
    assert str(caught.value) == (
        "D2014: The size of the sequence allocated by the range operator (..) must not exceed 1e6.  "
        "Attempted to allocate 1000000000."
    )


REFUSED = [
    "(" * 5_000 + "1" + ")" * 5_000,
    "[" * 100_000,
    "{'a':" * 10_000,
    "1?" * 50_000 + "1",
    "-" * 100_000 + "1",
    "function($a){" * 5_000,
    "(" * 1_000_000,
    "'" + "x" * 1_000_000 + "'",
    "[" + "1," * 500_000 + "1]",
    "+".join(["1"] * 60_000),
    "$states" + ".a" * 60_000,
]


@pytest.mark.parametrize("source", REFUSED, ids=lambda source: f"{source[:8]}-{len(source)}")
def test_refused_sources(source):
    with pytest.raises(JsonataSyntaxError):
        compile_jsonata(source)


@pytest.mark.parametrize("name", ['a"b', "a`b", "a'b", "a\\b", "é", "a\x00b"])
def test_odd_names_of_variables_stay_names(name):
    with pytest.raises((JsonataError, JsonataSyntaxError)):
        answer(f"${name} & 'x' > 1")
