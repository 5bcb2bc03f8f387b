"""Templates with `{% %}` at any depth: the values of Arguments, Output and Assign.

Here lives how a template is compiled and which path names a part of it. Never what an expression means (`jsonata`).
An evaluated object keeps the order of the definition. (recorded)
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from stepwell.query.jsonata import (
    INVALID,
    Jsonata,
    JsonataScope,
    JsonataSyntaxError,
    Reads,
    compile_jsonata,
    is_jsonata,
    source_of,
)

DEPTH_MAX: Final = 100  # levels of one template: bounds the stack of compiling and of evaluating


class Problem(NamedTuple):
    """A part of a template that cannot be compiled; `location` is its path below the field ("" for the field)."""

    location: str
    code: str
    message: str


class Part(NamedTuple):
    """An expression within a template and its path below the field (`/result`, `/values[0]`, "" for the field)."""

    location: str
    expression: Jsonata


Build = Callable[[JsonataScope, str], Any]


class JsonataTemplate:
    """A compiled template.

    `evaluate(scope, field)` gives the value; `parts` are its expressions in the order of the definition, `problems`
    what could not be compiled (then `evaluate` must not be called), `constant` says that it holds no expression.
    """

    __slots__ = ("_build", "cheap", "constant", "parts", "problems", "source")

    def __init__(self, source: Any, build: Build | None, parts: list[Part], problems: list[Problem]) -> None:
        self.source = source
        self.parts = tuple(parts)
        self.problems = tuple(problems)
        self.constant = build is None
        self.cheap = all(part.expression.cheap for part in parts)
        self._build = build

    def evaluate(self, scope: JsonataScope, field: str) -> Any:
        """The template with all expressions answered. Raises `FieldError` with the place that failed.

        `field` is the name of the field ("Output", "Choices[0]/Assign"). The answer may share parts with the scope
        and the template: nobody changes it.
        """
        if self._build is None:
            return self.source
        return self._build(scope, field)

    @property
    def reads(self) -> Reads:
        """What all expressions together look at."""
        states: frozenset[str] = frozenset().union(*(part.expression.reads.states for part in self.parts))
        variables: frozenset[str] = frozenset().union(*(part.expression.reads.variables for part in self.parts))
        return Reads(states, variables)


def compile_jsonata_template(value: Any) -> JsonataTemplate:
    """The template of a JSON value. Faults are its `problems`: this never raises. (AWS: expressions at any depth,
    never in the names of members)
    """
    parts: list[Part] = []
    problems: list[Problem] = []
    build = _compile(value, "", parts, problems, DEPTH_MAX)
    return JsonataTemplate(value, build, parts, problems)


def _compile(value: Any, location: str, parts: list[Part], problems: list[Problem], levels: int) -> Build | None:
    """What builds the value, or None if it is the same every time."""
    if isinstance(value, str):
        return _expression(value, location, parts, problems) if is_jsonata(value) else None
    if not isinstance(value, dict | list):
        return None
    if levels == 0:
        problems.append(Problem(location, "SCHEMA_VALIDATION_FAILED", f"Nesting deeper than {DEPTH_MAX} levels"))
        return None
    if isinstance(value, dict):
        named = [(key, member, f"{location}/{key}") for key, member in value.items()]
    else:
        named = [(index, item, f"{location}[{index}]") for index, item in enumerate(value)]
    steps = [(key, item, _compile(item, place, parts, problems, levels - 1)) for key, item, place in named]
    if all(build is None for _, _, build in steps):
        return None
    return _object(steps) if isinstance(value, dict) else _array(steps)


def _expression(text: str, location: str, parts: list[Part], problems: list[Problem]) -> Build | None:
    try:
        expression = compile_jsonata(source_of(text))
    except JsonataSyntaxError as error:
        problems.append(Problem(location, INVALID, error.message))
        return None
    parts.append(Part(location, expression))
    read = expression.read
    if expression.cheap:
        return lambda scope, field: read(scope, field + location)

    def read_dear(scope: JsonataScope, field: str) -> Any:
        return read(scope, field + location) if scope.answers is None else scope.answers(field + location)

    return read_dear


_Steps = list[tuple[Any, Any, Build | None]]


def _object(steps: _Steps) -> Build:
    def build_object(scope: JsonataScope, field: str) -> Any:
        return {key: item if build is None else build(scope, field) for key, item, build in steps}

    return build_object


def _array(steps: _Steps) -> Build:
    def build_array(scope: JsonataScope, field: str) -> Any:
        return [item if build is None else build(scope, field) for _, item, build in steps]

    return build_array
