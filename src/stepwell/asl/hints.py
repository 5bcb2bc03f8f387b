"""What may help with a finding: the name that was probably meant, or what to write instead.

AWS says what is wrong, in words that stay as they are; hints are ours and stand beside them. None is given where the
finding says it all.
"""

import re
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from itertools import islice
from typing import Any, Final, NamedTuple

from stepwell.asl.comparison import COMPARISON_FIELDS
from stepwell.asl.compile import STATE_CLASSES
from stepwell.asl.diagnostics import Diagnostic
from stepwell.asl.flow import ROOT
from stepwell.asl.retry import CATCHER, RETRIER
from stepwell.asl.states.choice import RULE
from stepwell.asl.states.distributed import ITEM_BATCHER, ITEM_READER, READER_CONFIG, RESULT_WRITER, WRITER_CONFIG
from stepwell.asl.states.map import PROCESSOR, PROCESSOR_CONFIG
from stepwell.payload import JsonError, parse_json

_TABLES: Final = (
    *(cls.table for cls in STATE_CLASSES.values()),
    *(ROOT, RETRIER, CATCHER, RULE, PROCESSOR, PROCESSOR_CONFIG),
    *(ITEM_READER, READER_CONFIG, ITEM_BATCHER, RESULT_WRITER, WRITER_CONFIG),
)
_FIELDS: Final = tuple(dict.fromkeys(name for table in _TABLES for name in table.by_name))
_COMPARISONS: Final = frozenset({"Variable", "And", "Or", "Not", *(row.name for row in COMPARISON_FIELDS)})
_IN_JSONATA: Final = {
    "InputPath": "an expression that looks at $states.input",
    "Parameters": "Arguments, or ItemSelector of a Map",
    **dict.fromkeys(("OutputPath", "ResultPath", "ResultSelector", "Result"), "Output"),
    **dict.fromkeys(_COMPARISONS, "Condition"),
    "ItemsPath": "Items",
}
_IN_JSONPATH: Final = {
    "Arguments": "Parameters",
    "Output": "ResultSelector, ResultPath or OutputPath",
    "Items": "ItemsPath",
    "Condition": "Variable and a comparison such as StringEquals",
}
_NAMES_MAX: Final = 500
_CHARACTERS_MAX: Final = 80


class Names(NamedTuple):
    """The names that a definition gives: of its states, and of the variables that they set."""

    states: tuple[str, ...]
    variables: tuple[str, ...]


def names_in(definition: Any) -> Names:
    """The names in a definition, whatever it is."""
    states: dict[str, None] = {}
    variables: dict[str, None] = {}
    pending = [definition]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            for member, names in (("States", states), ("Assign", variables)):
                if isinstance(value.get(member), dict):
                    names.update(dict.fromkeys(value[member]))
            pending.extend(value.values())
        elif isinstance(value, list):
            pending.extend(value)
    return Names(tuple(states), tuple(name.removesuffix(".$") for name in variables))


def hints_on(findings: Iterable[Diagnostic], text: str) -> list[str | None]:
    """A hint on each finding about the definition of this text, or None."""
    try:
        names = names_in(parse_json(text))
    except JsonError:
        names = names_in(None)
    return [hint_of(finding, names) for finding in findings]


def hint_of(finding: Diagnostic, names: Names) -> str | None:
    """A hint on a finding about the definition with these names, or None."""
    for pattern, hint in _HINTS:
        found = pattern.match(finding.message)
        if found is not None:
            return hint if isinstance(hint, str) else hint(found, names)
    return None


def _did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """The known name that looks most like this one, whatever its capitals."""
    folded = {one.casefold(): one for one in islice(known, _NAMES_MAX)}
    close = get_close_matches(name[:_CHARACTERS_MAX].casefold(), folded, 1)
    return f"Did you mean '{folded[close[0]]}'?" if close else None


def _unknown_field(found: re.Match[str], _names: Names) -> str | None:
    owners = [type for type, cls in STATE_CLASSES.items() if found[1] in cls.table.by_name]
    if owners:
        return f"{found[1]} is a field of {', '.join(owners)}."
    return _did_you_mean(found[1], _FIELDS)


def _other_language(found: re.Match[str], _names: Names) -> str:
    language, name = found[1], found[2]
    if language == "JSONPath":
        return f'Write {_IN_JSONPATH[name]}, or give the state "QueryLanguage": "JSONata".'
    return f"Write {_IN_JSONATA.get(name) or name.removesuffix('Path') + ' with an expression'}."


def _missing_target(found: re.Match[str], names: Names) -> str | None:
    if found[1] in names.states:
        return "A state of that name is in another flow: transitions stay in their branch or processor."
    return _did_you_mean(found[1], names.states)


def _unknown_variable(found: re.Match[str], names: Names) -> str | None:
    if found[1] in names.variables:
        return "It is not set on every way that leads here."
    return _did_you_mean(found[1], names.variables)


def _unknown_resource(found: re.Match[str], _names: Names) -> str:
    if re.search(r"\.(sync|sync:2|waitForTaskToken)$", found[1]):
        return "Not every action can be waited for: without the ending it is called and its answer taken."
    return "A function's ARN, an activity's, or that of an action: arn:aws:states:::sqs:sendMessage."


def _top_level(found: re.Match[str], _names: Names) -> str:
    name = found[1]
    return "Write $states.input." if name.startswith("$") else f"Write $states.input.{name}."


_Hint = str | Callable[[re.Match[str], Names], str | None]
_HINTS: Final[tuple[tuple[re.Pattern[str], _Hint], ...]] = tuple(
    (re.compile(pattern), hint)
    for pattern, hint in (
        (r"Field '(.+)' is not supported$", _unknown_field),
        (r"The QueryLanguage is set to '(\w+)', but field '(\w+)'", _other_language),
        (r"Missing 'Next' target: (.*)$", _missing_target),
        (r"The variable '(.+)' (?:is not assigned|may be undefined)", _unknown_variable),
        (r"The resource provided (\S*) is not recognized", _unknown_resource),
        (
            r"The value for the field '.+' must be a valid JSONPath",
            "A path begins with $, as in $.order.id; a field without .$ takes its value as it is.",
        ),
        (
            r"Value is not a (?:valid JSONPath|Reference Path): Path must start",
            "A path begins with $, as in $.order.id.",
        ),
        (r"Reference to '([^'.]+)' at the top level", _top_level),
        (r"State \".*\" is not reachable", "Let a Next, a Default or a Catch lead to it, or leave it out."),
        (r"Workflow has no terminal state", 'Give one state "End": true, or lead to a Succeed or Fail state.'),
        (r"One of these fields is required: \[Next, End\]", "Next names the state that follows; End ends the flow."),
        (r"Duplicate State name", "Names are unique in the whole definition, inside branches and processors too."),
        (r"String does not match RFC3339", "As in 2030-01-31T12:00:00Z; an expression needs a JSONata state."),
        (r"Express state machine does not support", "In Express workflows a task calls and takes the answer."),
        (r"These fields are required: \[ExecutionType\]", "STANDARD or EXPRESS: what each item's execution is."),
    )
)
