"""What each of the 39 comparisons says about values of every type."""

import pytest

from stepwell.asl.comparison import COMPARISON_FIELDS, compile_pattern
from stepwell.query.failures import QueryError
from tests.asl.definitions import machine_of, scope

ORDERS = ["Equals", "LessThan", "GreaterThan", "LessThanEquals", "GreaterThanEquals"]
# what each order says of a value below, equal to and above the operand
EXPECTED = {
    "Equals": (False, True, False),
    "LessThan": (True, False, False),
    "GreaterThan": (False, False, True),
    "LessThanEquals": (True, True, False),
    "GreaterThanEquals": (False, True, True),
}
OPERANDS = {
    "String": [("a", "b", "c"), ("", "a", "aa"), ("B", "a", "b"), ("\U0001f600", "\uffff", "\uffff!"), ("e", "é", "ü")],
    "Numeric": [(1, 2, 3), (-1.5, 0, 1e300), (0.5, 1.0, 1.5), (10**30 - 1, 10**30, 10**30 + 1)],
    "Timestamp": [
        ("2020-01-01T00:00:00Z", "2020-01-01T00:00:01Z", "2020-01-01T00:00:02Z"),
        ("2020-01-01T00:00:00+01:00", "2020-01-01T00:00:00Z", "2020-01-01T00:00:00-00:30"),
        ("2020-01-01T00:00:00.123456788Z", "2020-01-01T00:00:00.123456789Z", "2020-01-01T00:00:00.12345679Z"),
    ],
}
OTHERS = {
    "String": [1, True, None, [], {}, ["b"]],
    "Numeric": ["2", True, False, None, [], {}],
    "Timestamp": [1, None, "2020-01-01 10:00:00Z", "2020-01-01t10:00:00z", "2020-01-01", "", {}],
    "Boolean": ["true", 1, 0, None, [], {}],
}


def judge(**comparison):
    choices = [{"Variable": "$.v", **comparison, "Next": "Z"}]
    machine = machine_of(
        {"StartAt": "S", "States": {"S": {"Type": "Choice", "Choices": choices}, "Z": {"Type": "Succeed"}}}
    )
    test = machine.states["S"].rules[0].test
    return lambda **input: test(scope(input))


def test_there_are_39():
    assert len(COMPARISON_FIELDS) == 39 and len({row.name for row in COMPARISON_FIELDS}) == 39
    assert all(row.kind.describe() for row in COMPARISON_FIELDS)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("prefix", list(OPERANDS))
def test_ordered(prefix, order):
    for below, same, above in OPERANDS[prefix]:
        constant = judge(**{prefix + order: same})
        path = judge(**{f"{prefix}{order}Path": "$.o"})
        answers = tuple(constant(v=value) for value in (below, same, above))
        assert answers == EXPECTED[order], (same, answers)
        assert tuple(path(v=value, o=same) for value in (below, same, above)) == EXPECTED[order]
    operand = OPERANDS[prefix][0][1]
    constant = judge(**{prefix + order: operand})
    path = judge(**{f"{prefix}{order}Path": "$.o"})
    for other in OTHERS[prefix]:
        assert constant(v=other) is False
        assert path(v=other, o=operand) is False
        assert path(v=operand, o=other) is False
        assert path(v=other, o=other) is False


def test_boolean():
    for operand in (True, False):
        constant, path = judge(BooleanEquals=operand), judge(BooleanEqualsPath="$.o")
        assert constant(v=operand) is True and constant(v=not operand) is False
        assert path(v=operand, o=operand) is True and path(v=not operand, o=operand) is False
        for other in OTHERS["Boolean"]:
            assert constant(v=other) is False and path(v=other, o=other) is False


def test_numbers_compare_by_value():
    assert judge(NumericEquals=0)(v=0.0) is True
    assert judge(NumericEquals=1.0)(v=1) is True
    assert judge(NumericGreaterThan=2**53)(v=2**53 + 1) is True


TYPE_TESTS = {
    "IsNull": [None],
    "IsString": ["", "2020-01-01T00:00:00Z"],
    "IsNumeric": [0, 1.5],
    "IsBoolean": [True, False],
    "IsTimestamp": ["2020-01-01T00:00:00Z"],
}
VALUES = [None, "", "2020-01-01T00:00:00Z", 0, 1.5, True, False, [], {}]


@pytest.mark.parametrize("name", list(TYPE_TESTS))
def test_type_tests(name):
    yes, no = judge(**{name: True}), judge(**{name: False})
    for value in VALUES:
        expected = any(value is one or (value == one and type(value) is type(one)) for one in TYPE_TESTS[name])
        assert yes(v=value) is expected and no(v=value) is not expected


def test_is_present():
    present, absent = judge(IsPresent=True), judge(IsPresent=False)
    assert present(v=None) is True and absent(v=None) is False
    assert present() is False and absent() is True


@pytest.mark.parametrize("row", [row.name for row in COMPARISON_FIELDS if row.name != "IsPresent"])
def test_a_missing_variable_is_an_error_everywhere_else(row):
    operands = {"String": "x", "Numeric": 1, "Timestamp": "2020-01-01T00:00:00Z", "Boolean": True, "Is": True}
    prefix = next(prefix for prefix in operands if row.startswith(prefix))
    operand = "$.v" if row.endswith("Path") else operands[prefix]
    with pytest.raises(QueryError) as caught:
        judge(**{row: operand})()
    assert caught.value.error == "States.Runtime"
    assert caught.value.cause == "Invalid path '$.v': The choice state's condition path references an invalid value."


def test_a_missing_operand_path_is_an_error():
    with pytest.raises(QueryError, match=r"Invalid path '\$\.o': The choice state's condition path"):
        judge(StringEqualsPath="$.o")(v="x")


def test_operands_may_come_from_context_and_variables():
    choices = [{"Variable": "$$.Execution.Name", "StringEqualsPath": "$name", "Next": "Z"}]
    machine = machine_of(
        {"StartAt": "S", "States": {"S": {"Type": "Choice", "Choices": choices}, "Z": {"Type": "Succeed"}}},
        known=["name"],
    )
    test = machine.states["S"].rules[0].test
    assert test(scope({}, {"Execution": {"Name": "n"}}, {"name": "n"})) is True


PATTERNS = [
    ("", {"": True, "a": False}),
    ("*", {"": True, "abc": True}),
    ("a*", {"a": True, "abc": True, "ba": False}),
    ("*.log", {"x.log": True, ".log": True, "x.log1": False}),
    ("a*b*c", {"abc": True, "a--b--c": True, "ac": False, "acb": False, "ab": False}),
    ("ab*ba", {"abba": True, "aba": False, "ab-ba": True}),
    ("a**b", {"ab": True, "axb": True}),
    ("*a*a*", {"aa": True, "a": False, "bab": False, "baba": True}),
    ("log-*.txt", {"log-1.txt": True, "LOG-1.txt": False}),
    ("a\\*", {"a*": True, "ab": False}),
    ("a\\\\*", {"a\\": True, "a\\b": True, "ab": False}),
    ("a?", {"a?": True, "ab": False}),
    ("a\n*", {"a\nb\n": True}),
]


@pytest.mark.parametrize(("pattern", "texts"), PATTERNS)
def test_string_matches(pattern, texts):
    test = judge(StringMatches=pattern)
    assert {text: test(v=text) for text in texts} == texts
    assert test(v=1) is False and test(v=None) is False and test(v=["a"]) is False


@pytest.mark.parametrize("pattern", ["\\a", "a\\", "*\\x*"])
def test_unknown_escape_fails_at_run_time(pattern):
    test = judge(StringMatches=pattern)
    assert test(v=1) is False
    with pytest.raises(QueryError, match="Invalid escape sequence"):
        test(v="a")


def test_long_patterns_end():
    """What takes more than linear time does not end within the time that a test has."""
    assert compile_pattern("*a" * 20_000 + "b")("a" * 200_000) is False
    assert compile_pattern("a" * 200_000 + "*")("a" * 200_000) is True
    assert compile_pattern("*" * 200_000)("a" * 200_000) is True
