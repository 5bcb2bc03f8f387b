"""The small tree that a path's text becomes: its tokens, and the tests of its filters.

Here live plain frozen values, whose text is what Jayway prints for them. Never how they are read or evaluated.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Names:
    """`.a`, `['a']`, `['a','b']`."""

    names: tuple[str, ...]

    def __str__(self) -> str:
        return "[" + ",".join(f"'{name}'" for name in self.names) + "]"


@dataclass(frozen=True, slots=True)
class Indexes:
    """`[0]`, `[-1]`, `[0,1]`."""

    indexes: tuple[int, ...]

    def __str__(self) -> str:
        return "[" + ",".join(map(str, self.indexes)) + "]"


@dataclass(frozen=True, slots=True)
class Slice:
    """`[a:b]`, `[a:]`, `[:b]`."""

    first: int | None
    end: int | None

    def __str__(self) -> str:
        return f"[{'' if self.first is None else self.first}:{'' if self.end is None else self.end}]"


@dataclass(frozen=True, slots=True)
class Wildcard:
    """`.*`, `[*]`."""

    def __str__(self) -> str:
        return "[*]"


@dataclass(frozen=True, slots=True)
class Descent:
    """`..`: this node and everything below it."""

    def __str__(self) -> str:
        return ".."


@dataclass(frozen=True, slots=True)
class Filter:
    """`[?(...)]`."""

    test: "Test"

    def __str__(self) -> str:
        return "[?]"


Token = Names | Indexes | Slice | Wildcard | Descent | Filter
Tokens = tuple[Token, ...]


@dataclass(frozen=True, slots=True)
class SubPath:
    """`@...` or `$...` inside a filter; `from_root` tells which."""

    from_root: bool
    tokens: Tokens


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant inside a filter."""

    value: Any


@dataclass(frozen=True, slots=True)
class Comparison:
    """`left operator right`."""

    left: SubPath | Literal
    operator: str
    right: SubPath | Literal


@dataclass(frozen=True, slots=True)
class Exists:
    """A path that stands alone in a filter."""

    path: SubPath


@dataclass(frozen=True, slots=True)
class Not:
    """`!test`."""

    test: "Test"


@dataclass(frozen=True, slots=True)
class Both:
    """`a && b && ...`."""

    tests: tuple["Test", ...]


@dataclass(frozen=True, slots=True)
class Either:
    """`a || b || ...`."""

    tests: tuple["Test", ...]


Test = Comparison | Exists | Not | Both | Either
