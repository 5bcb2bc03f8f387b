"""The small tree that a path's text becomes: its tokens, and the tests of its filters.

Here live plain frozen values, whose text is what Jayway prints for them. Never how they are read or evaluated.
"""

from typing import Any

from msgspec import Struct


class Names(Struct, frozen=True):
    """`.a`, `['a']`, `['a','b']`."""

    names: tuple[str, ...]

    def __str__(self) -> str:
        return "[" + ",".join(f"'{name}'" for name in self.names) + "]"


class Indexes(Struct, frozen=True):
    """`[0]`, `[-1]`, `[0,1]`."""

    indexes: tuple[int, ...]

    def __str__(self) -> str:
        return "[" + ",".join(map(str, self.indexes)) + "]"


class Slice(Struct, frozen=True):
    """`[a:b]`, `[a:]`, `[:b]`."""

    first: int | None
    end: int | None

    def __str__(self) -> str:
        return f"[{'' if self.first is None else self.first}:{'' if self.end is None else self.end}]"


class Wildcard(Struct, frozen=True):
    """`.*`, `[*]`."""

    def __str__(self) -> str:
        return "[*]"


class Descent(Struct, frozen=True):
    """`..`: this node and everything below it."""

    def __str__(self) -> str:
        return ".."


class Filter(Struct, frozen=True):
    """`[?(...)]`."""

    test: "Test"

    def __str__(self) -> str:
        return "[?]"


Token = Names | Indexes | Slice | Wildcard | Descent | Filter
Tokens = tuple[Token, ...]


class SubPath(Struct, frozen=True):
    """`@...` or `$...` inside a filter; `from_root` tells which."""

    from_root: bool
    tokens: Tokens


class Literal(Struct, frozen=True):
    """A constant inside a filter."""

    value: Any


class Comparison(Struct, frozen=True):
    """`left operator right`."""

    left: SubPath | Literal
    operator: str
    right: SubPath | Literal


class Exists(Struct, frozen=True):
    """A path that stands alone in a filter."""

    path: SubPath


class Not(Struct, frozen=True):
    """`!test`."""

    test: "Test"


class Both(Struct, frozen=True):
    """`a && b && ...`."""

    tests: tuple["Test", ...]


class Either(Struct, frozen=True):
    """`a || b || ...`."""

    tests: tuple["Test", ...]


Test = Comparison | Exists | Not | Both | Either
