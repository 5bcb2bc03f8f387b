"""Choice: the first rule whose test holds decides the next state."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from msgspec import Struct

from stepwell.asl.comparison import COMPARISON_FIELDS, OPERATOR, Comparison, Test
from stepwell.asl.evaluated import Evaluated, compile_evaluated
from stepwell.asl.fields import JSONATA, JSONPATH, UNREADABLE, Field, ListOf, Object, Table, Target, Text, read_table
from stepwell.asl.machine import State
from stepwell.asl.paths import PathTo
from stepwell.asl.reading import Place
from stepwell.asl.states.rows import BASE, ENDS, PATHS
from stepwell.asl.template import Template
from stepwell.query.jsonata import is_jsonata
from stepwell.query.jsonpath import Path
from stepwell.query.scope import Scope


class Rule:
    """One element of Choices, or a rule inside it, which has no `next`. `test(scope)` may raise QueryError.

    A JSONata rule has a `condition` instead of the test. A rule's own `assign` and `output` stand for the state's.
    """

    __slots__ = ("assign", "combined", "comment", "comparison", "condition", "next", "output", "test", "variable")

    test: Callable[[Scope], bool]
    next: State
    comment: str | None
    variable: Path | None
    comparison: Comparison | None
    combined: Test | None
    condition: Evaluated
    assign: Template | Evaluated | None
    output: Evaluated | None


class Choice(State):
    """`default` is where no rule matches; None then fails the execution."""

    __slots__ = ("default", "rules")
    type = "Choice"

    rules: tuple[Rule, ...]
    default: State | None


class AnyOf(Struct, frozen=True):
    """Or: rules tested in order until one holds."""

    def read(self, value: Any, place: Place) -> Any:
        tests = _read_tests(value, place)
        if tests is None:
            return UNREADABLE

        def any_of(scope: Scope) -> bool:
            for test in tests:
                if test(scope):
                    return True
            return False

        return any_of

    def describe(self) -> str:
        return "list of rules"


class AllOf(Struct, frozen=True):
    """And: rules tested in order until one does not hold, so that IsPresent can guard what follows (recorded)."""

    def read(self, value: Any, place: Place) -> Any:
        tests = _read_tests(value, place)
        if tests is None:
            return UNREADABLE

        def all_of(scope: Scope) -> bool:
            for test in tests:
                if not test(scope):
                    return False
            return True

        return all_of

    def describe(self) -> str:
        return "list of rules"


class NoneOf(Struct, frozen=True):
    """Not: one rule that must not hold."""

    def read(self, value: Any, place: Place) -> Any:
        rule = _read_nested(value, place)
        if rule is UNREADABLE:
            return UNREADABLE
        test = rule.test
        return lambda scope: not test(scope)

    def describe(self) -> str:
        return "rule"


def _read_tests(value: Any, place: Place) -> tuple[Test, ...] | None:
    if not isinstance(value, list):
        place.report("Expected value of type Array")
        return None
    if not value:
        place.report("Value cannot be empty")
        return None
    rules = [_read_nested(item, place.item(index)) for index, item in enumerate(value)]
    return None if UNREADABLE in rules else tuple(rule.test for rule in rules)


def _read_nested(value: Any, place: Place) -> Any:
    """A rule inside another; the depth is counted together with that of flows, so that the stack stays bounded."""
    reading = place.reading
    if reading.depth >= reading.limits.definition_depth_max:
        place.report(f"Rules can be nested at most {reading.limits.definition_depth_max} levels deep")
        return UNREADABLE
    reading.depth += 1
    answer = read_table(NESTED_RULE, value, place)
    reading.depth -= 1
    return answer


def _compile_rule(rule: Rule, value: Mapping[str, Any], place: Place) -> None:
    """Joins Variable and comparison into `test`."""
    rule.test = bool  # for a rule with faults, whose machine never runs
    if rule.combined is not None:
        rule.test = rule.combined
    elif rule.comparison is not None and rule.variable is not None:
        rule.test = rule.comparison.bind(rule.variable)
    elif rule.comparison is not None and "Variable" not in value:
        place.report("These fields are required: [Variable]")


class Condition(Struct, frozen=True):
    """An expression that says yes or no, or the answer itself."""

    def read(self, value: Any, place: Place) -> Any:
        if isinstance(value, bool) or is_jsonata(value):
            return compile_evaluated(value, place)
        place.report("Expected value of type Boolean")
        return UNREADABLE

    def describe(self) -> str:
        return "JSONata expression that gives a boolean"


TEST_ROWS: Final = (
    Field("Variable", PathTo(), "variable", language=JSONPATH),
    *COMPARISON_FIELDS,
    Field("And", AllOf(), "combined", language=JSONPATH, group=OPERATOR),
    Field("Or", AnyOf(), "combined", language=JSONPATH, group=OPERATOR),
    Field("Not", NoneOf(), "combined", language=JSONPATH, group=OPERATOR),
    Field("Comment", Text(), "comment"),
)
NESTED_RULE: Final = Table(Rule, TEST_ROWS, _compile_rule)
RULE: Final = Table(
    Rule,
    (
        *TEST_ROWS,
        Field("Condition", Condition(), "condition", required=True, language=JSONATA),
        Field("Next", Target(), "next", required=True),
        *ENDS,
    ),
    _compile_rule,
)

CHOICE: Final = Table(
    Choice,
    (
        *BASE,
        Field("Choices", ListOf(Object(RULE), items_min=1), "rules", required=True, default=()),
        Field("Default", Target(), "default"),
        *PATHS,
        *ENDS,
    ),
)
Choice.table = CHOICE
