"""Which variables each state of a definition reads: the `variableReferences` of Describe.

Recorded: states that read none are left out, and the names of each are in alphabetical order.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from stepwell.limits import Limits
from stepwell.payload import JsonError, parse_json
from stepwell.query.intrinsics import PathSyntaxError, compile_expression

_SUSPECT: Final = re.compile(r"\$[^\W\d]")  # most definitions hold no variable: then nothing needs to be parsed
_INNER: Final = ("Branches", "ItemProcessor", "Iterator")
_TEMPLATES: Final = frozenset(
    (
        "Parameters",
        "ResultSelector",
        "ItemSelector",
        "Assign",
        "Credentials",
        "ItemBatcher",
        "ItemReader",
        "ResultWriter",
    )
)


def variable_references(definition: str, limits: Limits) -> dict[str, list[str]]:
    """The names of the variables that each state reads, by the state's name."""
    if not _SUSPECT.search(definition):
        return {}
    try:
        document = parse_json(definition)
    except JsonError:
        return {}
    found: dict[str, list[str]] = {}
    for name, state in _states(document):
        names = {variable for text in _expressions(state) for variable in _variables(text, limits)}
        if names:
            found[name] = sorted(names)
    return found


def _states(flow: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every state of a definition, those of Parallel and Map too."""
    for name, state in flow.get("States", {}).items():
        yield name, state
        for field in _INNER:
            inner = state.get(field, ())
            for one in inner if isinstance(inner, list) else (inner,) if inner else ():
                yield from _states(one)


def _expressions(value: Mapping[str, Any]) -> Iterator[str]:
    """The texts of one state that are paths or calls; what a Pass gives as Result is data."""
    for field, member in value.items():
        if field in _TEMPLATES:
            yield from _template(member)
        elif isinstance(member, str):
            if field == "Variable" or field.endswith("Path"):
                yield member
        elif field in ("Choices", "And", "Or", "Not", "Catch"):
            for rule in member if isinstance(member, list) else (member,):
                yield from _expressions(rule)


def _template(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for field, member in value.items():
            if field.endswith((".$",)) and isinstance(member, str):
                yield member
            else:
                yield from _template(member)
    elif isinstance(value, list):
        for item in value:
            yield from _template(item)


def _variables(text: str, limits: Limits) -> Iterator[str]:
    try:
        paths = compile_expression(text, limits).paths
    except PathSyntaxError:
        return
    for path in paths:
        if path.variable is not None:
            yield path.variable
