"""The vocabulary in which states declare their fields, and the one reader that walks the declarations.

Here lives: what kinds of values fields can have, what a table of fields is, and how a JSON object is read by its table
into a compiled object and diagnostics at once. A rule that only one state knows never lives here: it stands in that
state's file, as its table's `rule`. Tables are plain data: the reference page and the editor's schema come from them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from msgspec import Struct

from stepwell.asl.evaluated import compile_evaluated
from stepwell.asl.reading import Language, Link, Place
from stepwell.asl.timestamp import parse_timestamp_ms
from stepwell.payload import Payload, print_json
from stepwell.query.jsonata import is_jsonata

JSONPATH: Final = Language.JSONPATH
JSONATA: Final = Language.JSONATA
BOTH: Final = Language.BOTH


class Unreadable:
    """What a kind answers when it has reported that the value is wrong."""

    def __repr__(self) -> str:
        return "UNREADABLE"


UNREADABLE: Final = Unreadable()


class Kind(Protocol):
    """A kind of value. `read` answers the compiled value, or reports at `place` and answers UNREADABLE."""

    def read(self, value: Any, place: Place) -> Any: ...

    def describe(self) -> str: ...


class Group(Struct, frozen=True):
    """Fields of which at most one, or exactly one when `required`, may be given.

    `name` stands for the fields in diagnostics when they are too many to be `listed`. A field given as false counts as
    absent in a group that says so.
    """

    name: str
    required: bool = False
    listed: bool = True
    false_is_absent: bool = False

    def words(self, names: list[str], verdict: str) -> str:
        """How a diagnostic names the group."""
        return f"of these fields is {verdict}: [{', '.join(names)}]" if self.listed else f"{self.name} is {verdict}"


class Field(Struct, frozen=True):
    """One row of a table: a field of the States Language.

    `attribute` names the slot of the compiled object (empty: only checked); `language` is the query language column.
    In a JSONata state the field may be a `{% %}` expression instead of a value of its kind where `evaluable` names a
    slot: it then takes the compiled expression.
    """

    name: str
    kind: Kind
    attribute: str = ""
    required: bool = False
    language: Language = BOTH
    group: Group | None = None
    default: Any = None
    evaluable: str = ""


Rule = Callable[[Any, Mapping[str, Any], Place], None]


@dataclass(frozen=True, slots=True)
class Table:
    """All fields of one object of the language, the class of its compiled form, and a rule over several fields."""

    make: Callable[[], Any]
    fields: tuple[Field, ...]
    rule: Rule | None = None
    by_name: Mapping[str, Field] = field(init=False)
    groups: tuple[tuple[Group, tuple[str, ...]], ...] = field(init=False)

    def __post_init__(self) -> None:
        groups: dict[Group, list[str]] = {}
        for row in self.fields:
            if row.group is not None:
                groups.setdefault(row.group, []).append(row.name)
        object.__setattr__(self, "by_name", {row.name: row for row in self.fields})
        object.__setattr__(self, "groups", tuple((group, tuple(names)) for group, names in groups.items()))


def read_table(table: Table, value: Any, place: Place, made: Any = None) -> Any:
    """The compiled object of a JSON object by its table, all its faults reported; UNREADABLE if it is no object.

    An object with faults is still made, as far as it can be read, so that one reading finds everything. `made` is
    an object to fill instead of a new one.
    """
    if not isinstance(value, dict):
        place.report("Expected value of type Object")
        return UNREADABLE
    if made is None:
        made = table.make()
    for row in table.fields:
        if row.attribute:
            setattr(made, row.attribute, row.default)
        if row.evaluable:
            setattr(made, row.evaluable, None)
    _check_names(table, value, place)
    _check_groups(table, value, place)
    for name, member in value.items():
        known = table.by_name.get(name)
        if known is not None and known.language.allows(place.language):
            _read_field(known, member, made, place.at(name))
    if table.rule is not None:
        table.rule(made, value, place)
    return made


def _check_names(table: Table, value: Mapping[str, Any], place: Place) -> None:
    missing = [
        row.name
        for row in table.fields
        if row.required and row.name not in value and row.language.allows(place.language)
    ]
    if missing:
        place.report(f"These fields are required: [{', '.join(missing)}]")
    for name in value:
        row = table.by_name.get(name)
        if row is None:
            place.report(f"Field '{name}' is not supported")
        elif not row.language.allows(place.language):
            place.report(
                f"The QueryLanguage is set to '{place.language.value}', but field '{name}' is only supported for the "
                f"'{row.language.value}' QueryLanguage"
            )


def _check_groups(table: Table, value: Mapping[str, Any], place: Place) -> None:
    for group, names in table.groups:
        offered = [name for name in names if table.by_name[name].language.allows(place.language)]
        given = [name for name in names if name in value and not (group.false_is_absent and value[name] is False)]
        if len(given) > 1:
            place.report(f"Only one {group.words(given, 'allowed')}")
        elif group.required and offered and not given:
            place.report(f"One {group.words(offered, 'required')}")


def _read_field(row: Field, member: Any, made: Any, place: Place) -> None:
    if row.evaluable and place.language is JSONATA and is_jsonata(member):
        setattr(made, row.evaluable, compile_evaluated(member, place))
        return
    answer = row.kind.read(member, place)
    if answer is UNREADABLE or not row.attribute:
        return
    if isinstance(row.kind, Target):
        place.flow.links.append(Link(place.flow.current, made, row.attribute, answer, place.location))
    else:
        setattr(made, row.attribute, answer)


# The kinds of values ---------------------------------------------------------------------------------------------


class Text(Struct, frozen=True):
    """A string."""

    characters_min: int = 0
    characters_max: int = 0

    def read(self, value: Any, place: Place) -> Any:
        if not isinstance(value, str):
            place.report("Expected value of type String")
        elif len(value) < self.characters_min:
            place.report("Value cannot be empty")
        elif self.characters_max and len(value) > self.characters_max:
            place.report(f"Maximum length is {self.characters_max}")
        else:
            return value
        return UNREADABLE

    def describe(self) -> str:
        return f"string of at most {self.characters_max} characters" if self.characters_max else "string"


class Number(Struct, frozen=True):
    """A number within bounds; `whole` numbers are written without a fraction."""

    minimum: float | None = None
    maximum: float | None = None
    whole: bool = False

    def read(self, value: Any, place: Place) -> Any:
        if not isinstance(value, int if self.whole else (int, float)) or isinstance(value, bool):
            place.report(f"Expected value of type {'Integer' if self.whole else 'Number'}")
        elif self.minimum is not None and value < self.minimum:
            place.report(f"Minimum value is {self.minimum}")
        elif self.maximum is not None and value > self.maximum:
            place.report(f"Maximum value is {self.maximum}")
        else:
            return value
        return UNREADABLE

    def describe(self) -> str:
        name = "integer" if self.whole else "number"
        if self.minimum is None:
            return name
        return f"{name} from {self.minimum}" + (f" to {self.maximum}" if self.maximum is not None else "")


class Boolean(Struct, frozen=True):
    """`true` or `false`."""

    def read(self, value: Any, place: Place) -> Any:
        if isinstance(value, bool):
            return value
        place.report("Expected value of type Boolean")
        return UNREADABLE

    def describe(self) -> str:
        return "boolean"


class OneOf(Struct, frozen=True):
    """One of a few texts."""

    choices: tuple[str, ...]

    def read(self, value: Any, place: Place) -> Any:
        if isinstance(value, str) and value in self.choices:
            return value
        name = place.location.rpartition("/")[2]
        place.report(f"The field '{name}' should have one of these values: [{', '.join(self.choices)}]")
        return UNREADABLE

    def describe(self) -> str:
        return "one of " + ", ".join(self.choices)


class ListOf(Struct, frozen=True):
    """A list, read item by item into a tuple."""

    item: Kind
    items_min: int = 0

    def read(self, value: Any, place: Place) -> Any:
        if not isinstance(value, list):
            place.report("Expected value of type Array")
            return UNREADABLE
        if len(value) < self.items_min:
            place.report("Value cannot be empty")
            return UNREADABLE
        answers = []
        for index, item in enumerate(value):
            answers.append(self.item.read(item, place.item(index)))
        return UNREADABLE if UNREADABLE in answers else tuple(answers)

    def describe(self) -> str:
        return f"list of {self.item.describe()}"


class Object(Struct, frozen=True):
    """An object with a table of its own."""

    table: Table

    def read(self, value: Any, place: Place) -> Any:
        return read_table(self.table, value, place)

    def describe(self) -> str:
        return "object"


class Literal(Struct, frozen=True):
    """A JSON value that becomes a payload as it is; null counts as absent (recorded: Pass.Result)."""

    def read(self, value: Any, place: Place) -> Any:
        return None if value is None else Payload(print_json(value), value)

    def describe(self) -> str:
        return "any JSON value"


class Timestamp(Struct, frozen=True):
    """A strict RFC 3339 timestamp, read to milliseconds since the epoch."""

    def read(self, value: Any, place: Place) -> Any:
        ms = parse_timestamp_ms(value) if isinstance(value, str) else None
        if ms is not None:
            return ms
        place.report("String does not match RFC3339 timestamp")
        return UNREADABLE

    def describe(self) -> str:
        return "RFC 3339 timestamp"


class Target(Struct, frozen=True):
    """The name of a state of the same flow; the reader links it when the flow has been read."""

    def read(self, value: Any, place: Place) -> Any:
        if isinstance(value, str):
            return value
        place.report("Expected value of type String")
        return UNREADABLE

    def describe(self) -> str:
        return "name of a state"
