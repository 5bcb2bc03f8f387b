"""The grammar, and what is told of an expression before it runs."""

import pytest

from stepwell.query.jsonata import JsonataSyntaxError, compile_jsonata

SYNTAX = [
    ("", "S0207", "Unexpected end of expression"),
    ("$x +", "S0207", "Unexpected end of expression"),
    ("$a := ", "S0207", "Unexpected end of expression"),
    ("'abc", "S0101", "String literal must be terminated by a matching quote"),
    ("1e999", "S0102", 'Number out of range: "1e999"'),
    ("'\\q'", "S0103", 'Unsupported escape sequence: \\"q"'),
    ("'\\u12'", "S0104", "The escape sequence \\u must be followed by 4 hex digits"),
    ("`abc", "S0105", "Quoted property name must be terminated with a backquote (`)"),
    ("/* abc", "S0106", "Comment has no closing tag"),
    ("1 2", "S0201", "Syntax error: 2"),
    ("1..2", "S0201", 'Syntax error: ".."'),
    ("$match('a', /a/x)", "S0202", 'Expected ")", got "x"'),
    ("$f(1, 2", "S0203", 'Expected ")" before end of expression'),
    ("[1, 2", "S0203", 'Expected "]" before end of expression'),
    ("{'a': 1", "S0203", 'Expected "}" before end of expression'),
    ("$x[", "S0203", 'Expected "]" before end of expression'),
    ("!", "S0204", 'Unknown operator: "!"'),
    ("function(1) { 2 }", "S0208", "Parameter 1 of function definition must be a variable name (start with $)"),
    ("#", "S0211", 'The symbol "#" cannot be used as a unary operator'),
    ("1 := 2", "S0212", "The left side of := must be a variable name (start with $)"),
    ("1.$x", "S0213", "The literal value 1 cannot be used as a step within a path expression"),
    ("$x@y", "S0214", 'The right side of "@" must be a variable name (start with $)'),
    ("//", "S0301", "Empty regular expressions are not allowed"),
    ("/a", "S0302", "No terminating / in regular expression"),
    # later than 2.0.6
    ("$a ?? $b", "S0211", 'The symbol "?" cannot be used as a unary operator'),
    ("$a ?: $b", "S0211", 'The symbol ":" cannot be used as a unary operator'),
]


@pytest.mark.parametrize("source, code, message", SYNTAX)
def test_syntax(source, code, message):
    with pytest.raises(JsonataSyntaxError) as caught:
        compile_jsonata(source)
    assert (caught.value.code, caught.value.message) == (code, message)


@pytest.mark.parametrize("source, position", [("$x +", 4), ("1 2", 3), ("'abc", 4), ("[1, 2", 5), ("#", 1)])
def test_positions(source, position):
    with pytest.raises(JsonataSyntaxError) as caught:
        compile_jsonata(source)
    assert caught.value.position == position


WELL_FORMED = [
    "$a[]",
    "$a.b[0][1].c",
    "$a.(b; c)",
    "$a.{'x': y}",
    "$a{'x': y}",
    "$a^(<b, >c)",
    "$a@$x.b#$i.{'i': $i, 'x': $x}",
    "$a.b.%.c",
    "$f(?, 1)",
    "function($x)<n-n:n>{ $x }",
    "function($x, $y)<a<n>s:o>{ $x }",
    "$a ~> $f ~> $g(1)",
    "$a ~> |b|{'c': 1}, ['d']|",
    "$a / $b / 2",
    "$a ? $b",
    "-$a",
    "- -1",
    "$a.and.or.in",
    "/[/]/",
    "/a\\/b/im",
    "'it''s' in []" if False else "'it' in []",
    "(1; 2;)",
    "()",
    '$a."quoted name".`other name`',
    "/**/1/**/+/**/2/**/",
]


@pytest.mark.parametrize("source", WELL_FORMED)
def test_well_formed(source):
    compile_jsonata(source)


def top(name):
    return f"Reference to '{name}' at the top level is not supported."


FINDINGS = [
    ("phone", [top("phone")]),
    ("phone & mail & phone", [top("phone"), top("mail")]),
    ("phone.number", [top("phone")]),
    ("{'a': phone}", [top("phone")]),
    ("[phone]", [top("phone")]),
    ("(phone; $x := mail)", [top("phone"), top("mail")]),
    ("$f(phone)", [top("phone")]),
    ("phone ? mail : $v", [top("phone"), top("mail")]),
    ("phone[0]", [top("phone")]),
    ("phone[x = 1]", [top("phone")]),
    ("$", [top("$")]),
    ("$.a", [top("$")]),
    ("$$", [top("$$")]),
    ("$$.a", [top("$$")]),
    ("*", [top("*")]),
    ("**.a", [top("**")]),
    ("`quoted name`", [top("quoted name")]),
    ("$states.input.phone", []),
    ("$states.input.(phone)", []),
    ("$states.input[phone = 1]", []),
    ("$states.input.orders.{'id': id}", []),
    ("$states.input.orders{id: price}", []),
    ("$states.input.orders^(price)", []),
    ("$states.input.orders.($)", []),
    ("$map($v, function($x) { name })", []),
    ("$v ~> |a|{'b': c}|", []),
    ("$eval('1')", ["Function '$eval' is not supported: calling it fails when the state runs."]),
]


@pytest.mark.parametrize("source, messages", FINDINGS)
def test_findings(source, messages):
    found = compile_jsonata(source).unsupported()
    assert [finding.message for finding in found] == messages
    assert all(finding.severity == ("WARNING" if "eval" in source else "ERROR") for finding in found)


def test_members_of_states_that_a_field_does_not_give():
    expression = compile_jsonata("{'r': $states.result, 'e': $states.errorOutput}")
    texts = ["Reference to '$states.errorOutput' is not supported.", "Reference to '$states.result' is not supported."]
    assert [finding.message for finding in expression.unsupported()] == texts
    assert [finding.message for finding in expression.unsupported(frozenset({"result"}))] == texts[:1]
    assert expression.unsupported(frozenset({"result", "errorOutput"})) == ()
    assert compile_jsonata("$states").unsupported() == ()


READS = [
    ("1", "", ""),
    ("$states.input.a.b", "input", ""),
    ("$states.input.a + $states.context.b", "context input", ""),
    ("$states", "context errorOutput input result", ""),
    ("$lookup($states, 'input')", "context errorOutput input result", ""),
    ("$states.*", "context errorOutput input result", ""),
    ("$states.result[0]", "result", ""),
    ("$a & $b.c", "", "a b"),
    ("$a[$b = 1]", "", "a b"),
    ("($x := $y; $x)", "", "y"),
    ("($x := $x + 1; $x)", "", "x"),
    ("(($x := 1); $x)", "", "x"),
    ("function($x) { $x + $y }", "", "y"),
    ("($f := function() { $f() }; $f())", "", ""),
    ("($even := function($n) { $odd($n) }; $odd := function($n) { $even($n) }; $even(1))", "", ""),
    ("$map($l, $sum)", "", "l"),
    ("$a#$i.{'i': $i}", "", "a"),
    ("$a@$x[$x.b = $z]", "", "a z"),
    ("$nosuch(1)", "", ""),
    ("($states := 1; $states.input)", "", ""),
]


@pytest.mark.parametrize("source, states, variables", READS)
def test_reads(source, states, variables):
    reads = compile_jsonata(source).reads
    assert sorted(reads.states) == states.split()
    assert sorted(reads.variables) == variables.split()


CHEAP = [
    "1",
    "$states.input.a.b",
    "$a & 'x'",
    "{'a': $states.input.b, 'c': [$d, 1]}",
    "$states.input.orders[price > $limit].id",
    "$sum($states.input.orders.price)",
    "$now() & $uuid()",
    "$states.input.a.b[0].c[d = 1].e",
]
DEAR = [
    "[1..3]",
    "$contains($a, /x/)",
    "$reduce($a, $f)",
    "$map($a, function($x) { $x })",
    "$f(1)(2)",
    "$a.($b.($c.d))",
    "$a[x in $b]",
    "$range(1, 9, 1)",
    "$a ~> |b|{'c': 1}|",
    "$sort($a)",
]


@pytest.mark.parametrize("source", CHEAP)
def test_cheap(source):
    assert compile_jsonata(source).cheap


@pytest.mark.parametrize("source", DEAR)
def test_dear(source):
    assert not compile_jsonata(source).cheap
