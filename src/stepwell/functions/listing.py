"""Which functions there are, and what is said about each.

A *folder* gives the functions that lie in it; a `functions.toml` in it says more about them, and of others where they
are. A *file* gives the functions that it names and no others: a `functions.toml`, or a SAM template (`sam`). All is
read anew when it has changed.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any, Final

from stepwell.functions.sam import read_template
from stepwell.functions.source import (
    NODE,
    PYTHON,
    FunctionNotFound,
    Place,
    Source,
    Traits,
    is_function_name,
    names_in,
    place_at,
    place_in,
    place_of,
    read_source,
)

LIST_FILE: Final = "functions.toml"
_RECHECK_S: Final = 1.0
_FIELDS: Final = (
    *("handler", "code_uri", "runtime", "timeout_s", "memory_mb"),
    *("reserved_concurrency", "environment", "layers"),
)


class InvalidList(ValueError):
    """The list of functions cannot be used; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A function that a list names: where its code lies (None: by its name in the folder), its handler and traits."""

    root: Path | None
    handler: str | None
    traits: Traits

    @property
    def language(self) -> str:
        """What the runtime speaks. Unknown ones count as Python here and are refused when they are started."""
        return NODE if self.traits.runtime.startswith("nodejs") else PYTHON


class FunctionList:
    """The functions of a folder or of a file. `account` and `region` are what a template's references become."""

    def __init__(self, place: Path, *, account: str = "000000000000", region: str = "us-east-1") -> None:
        real = Path(os.path.realpath(place))
        self._folder = None if real.is_file() else real
        self._file = real / LIST_FILE if self._folder else real
        self._account = account
        self._region = region
        self._listed: dict[str, Listed] = {}
        self._file_stamp: tuple[int, int] | None = None
        self._found: dict[str, tuple[Source, tuple[object, ...], float]] = {}

    def names(self) -> list[str]:
        """The names of all functions, sorted. Raises `InvalidList`."""
        lying = names_in(self._folder) if self._folder else set()
        listed = {name for name, function in self._read_list().items() if self._place(name, function) is not None}
        return sorted(lying | listed)

    def find(self, name: str) -> Source:
        """The function's code as it is now. Raises `FunctionNotFound`, and `InvalidList` for a list that is broken.

        The list and the entry file are looked at every time, the files beside it at most once a second.
        """
        listed = self._read_list().get(name)
        place = self._place(name, listed)
        if place is None:
            self._found.pop(name, None)
            raise FunctionNotFound(name)
        stamp = (place, self._file_stamp, _stamp(place.entry))
        known = self._found.get(name)
        now_s = monotonic()
        if known is not None and known[1] == stamp and now_s - known[2] < _RECHECK_S:
            return known[0]
        source = read_source(name, place, listed.traits if listed else Traits())
        self._found[name] = (source, stamp, now_s)
        return source

    def _place(self, name: str, listed: Listed | None) -> Place | None:
        if listed is not None and listed.root is not None:
            if listed.handler is not None:
                return place_of(listed.root, listed.handler, listed.language)
            return place_at(listed.root, name)
        if listed is not None and listed.handler is not None:
            return place_of(self._file.parent, listed.handler, listed.language)
        folder = self._folder or (self._file.parent if listed is not None else None)
        return None if folder is None else place_in(folder, name)

    def _read_list(self) -> dict[str, Listed]:
        stamp = _stamp(self._file)
        if stamp != self._file_stamp:
            self._listed = {} if stamp is None else self._parsed()
            self._file_stamp = stamp
        return self._listed

    def _parsed(self) -> dict[str, Listed]:
        if self._file.suffix == ".toml":
            return read_list(self._file)
        try:
            functions = read_template(self._file, account=self._account, region=self._region)
        except ValueError as error:
            raise InvalidList(f"{self._file}: {error}") from None
        return {
            name: Listed(function.root, function.handler or None, function.traits)
            for name, function in functions.items()
        }


def read_list(file: Path) -> dict[str, Listed]:
    """The functions that a `functions.toml` names. Raises `InvalidList`."""
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
        defaults = _table(document.get("defaults", {}), "defaults")
        tables = _table(document.get("functions", {}), "functions")
        unknown = sorted(document.keys() - {"defaults", "functions"})
        if unknown:
            raise ValueError(f"there is no table {unknown[0]!r}; [defaults] and [functions.NAME] are read")
        return {name: _listed(file.parent, name, defaults, _table(table, name)) for name, table in tables.items()}
    except ValueError as error:
        raise InvalidList(f"{file}: {error}") from None


def _listed(folder: Path, name: str, defaults: Mapping[str, Any], table: Mapping[str, Any]) -> Listed:
    if not is_function_name(name):
        raise ValueError(f"{name!r} is no function name")
    given = {**defaults, **table}
    unknown = sorted(given.keys() - set(_FIELDS))
    if unknown:
        raise ValueError(f"{name}: there is no field {unknown[0]!r}; there are {', '.join(_FIELDS)}")
    environment = {**_table(defaults.get("environment", {}), name), **_table(table.get("environment", {}), name)}
    code_uri = _text(given, "code_uri", name)
    traits = Traits(
        _text(given, "runtime", name) or "",
        _number(given, "timeout_s", name, float),
        _number(given, "memory_mb", name, int) or Traits().memory_mb,
        _number(given, "reserved_concurrency", name, int),
        {key: str(value) for key, value in environment.items()},
        tuple(folder / layer for layer in _texts(given, "layers", name)),
    )
    return Listed(None if code_uri is None else folder / code_uri, _text(given, "handler", name), traits)


def _table(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{name} must be a table")
    return value


def _text(given: Mapping[str, Any], field: str, name: str) -> str | None:
    value = given.get(field)
    if not isinstance(value, str | None):
        raise ValueError(f"{name}: {field} must be a text")
    return value


def _texts(given: Mapping[str, Any], field: str, name: str) -> list[str]:
    value = given.get(field, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError(f"{name}: {field} must be a list of texts")
    return value


def _number(given: Mapping[str, Any], field: str, name: str, kind: type[int] | type[float]) -> Any:
    value = given.get(field)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | kind) or value < 0:
        raise ValueError(f"{name}: {field} must be a number, 0 or more")
    return kind(value)


def _stamp(file: Path) -> tuple[int, int] | None:
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size
