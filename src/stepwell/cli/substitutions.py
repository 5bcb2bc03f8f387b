"""Substitutions at deployment: each `${Name}` of a definition becomes a value's text, as SAM and CloudFormation do it.

(`DefinitionSubstitutions` of AWS::StepFunctions::StateMachine.) The definition is no JSON before that: a `${Name}` may
stand for a number. Places found in the filled text are told as places of the source.
"""

import json
import re
from bisect import bisect_right
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

import click

from stepwell.cli.locate import Position, offset_of, position_of

_Command = TypeVar("_Command", bound=Callable[..., Any])
_NAME: Final = r"[A-Za-z0-9_][A-Za-z0-9_.:-]*"
_PLACEHOLDER: Final = re.compile(r"\$\{(" + _NAME + r")\}")
_STRING_OR_PLACEHOLDER: Final = re.compile(r'"(?:[^"\\]|\\.)*"|' + _PLACEHOLDER.pattern, re.DOTALL)
_ASSIGNMENT: Final = re.compile("(" + _NAME + ")=(.*)", re.DOTALL)
_NUMBER: Final = "1"


class Gap(NamedTuple):
    """A substitution without a value: where it stands in the filled text."""

    name: str
    start: int
    end: int


class _Shift(NamedTuple):
    """One filled place: its beginning and end in the filled text, and in the source."""

    start: int
    end: int
    source_start: int
    source_end: int


class Filled(NamedTuple):
    """A definition with its substitutions made."""

    source: str
    text: str
    gaps: tuple[Gap, ...]
    shifts: tuple[_Shift, ...]

    def in_source(self, position: Position) -> Position:
        """The place in the source that a place in the filled text came from."""
        return position_of(self.source, self._source_offset(offset_of(self.text, position)))

    def first_gaps(self) -> list[tuple[str, Position]]:
        """The names without a value, each with the first place in the source that asks for it."""
        first = {gap.name: gap for gap in reversed(self.gaps)}
        places = sorted((gap.start, name) for name, gap in first.items())
        return [(name, position_of(self.source, self._source_offset(start))) for start, name in places]

    def touches_gap(self, start: int, end: int) -> bool:
        """Whether a part of the filled text holds a substitution without a value."""
        return any(gap.start < end and start < gap.end for gap in self.gaps)

    def _source_offset(self, offset: int) -> int:
        place = bisect_right(self.shifts, offset, key=lambda shift: shift.start) - 1
        if place < 0:
            return offset
        shift = self.shifts[place]
        return shift.source_start if offset < shift.end else shift.source_end + offset - shift.end


def fill(source: str, values: Mapping[str, str], *, stand_in: bool = False) -> Filled:
    """The definition with every `${Name}` replaced by its value's text.

    What has no value stays. With `stand_in` a number takes the place of those outside of strings, so that the rest can
    be read as JSON.
    """
    parts: list[str] = []
    gaps: list[Gap] = []
    shifts: list[_Shift] = []
    length = at = 0
    for found, quoted in _placeholders(source):
        name = found[1]
        text = values.get(name, found[0] if quoted or not stand_in else _NUMBER)
        parts += (source[at : found.start()], text)
        start = length + found.start() - at
        length, at = start + len(text), found.end()
        shifts.append(_Shift(start, length, *found.span()))
        if name not in values:
            gaps.append(Gap(name, start, length))
    return Filled(source, "".join((*parts, source[at:])), tuple(gaps), tuple(shifts))


def _placeholders(source: str) -> "list[tuple[re.Match[str], bool]]":
    """Every `${Name}`, and whether it stands in a string."""
    found = []
    for token in _STRING_OR_PLACEHOLDER.finditer(source):
        quoted = token[0].startswith('"')
        inner = _PLACEHOLDER.finditer(source, *token.span())
        found += [(placeholder, quoted) for placeholder in inner]
    return found


def substitution_options(command: _Command) -> _Command:
    """Adds --substitute and --substitutions to a command; `substitutions_of` reads what they were given."""
    command = click.option(
        "--substitutions",
        "substitution_file",
        metavar="FILE",
        type=click.Path(),
        help="The same from a file: a JSON object of names and values.",
    )(command)
    return click.option(
        "--substitute",
        "substitute",
        metavar="NAME=VALUE",
        multiple=True,
        help="What ${NAME} in definitions stands for.",
    )(command)


def substitutions_of(substitute: tuple[str, ...], substitution_file: str | None) -> dict[str, str]:
    """The values by name; those of the command line win over the file's. What is no NAME=VALUE is a usage error."""
    values = {} if substitution_file is None else _read_file(substitution_file)
    for given in substitute:
        found = _ASSIGNMENT.fullmatch(given)
        if found is None:
            raise click.UsageError(f"{given!r} is no NAME=VALUE for --substitute.")
        values[found[1]] = found[2]
    return values


def _read_file(name: str) -> dict[str, str]:
    try:
        made = json.loads(Path(name).read_text("utf-8-sig"))
    except OSError as error:
        raise click.UsageError(f"{name} cannot be read: {error.strerror or error}.") from None
    except (ValueError, RecursionError) as error:
        raise click.UsageError(f"{name} is not JSON: {error}") from None
    if not isinstance(made, dict):
        raise click.UsageError(f"{name} holds no JSON object of names and values.")
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in made.items()}


def without_value(name: str) -> str:
    """What is said of a substitution that nobody gave a value."""
    return f"The substitution '${{{name}}}' has no value. Give it one with --substitute {name}=..."
