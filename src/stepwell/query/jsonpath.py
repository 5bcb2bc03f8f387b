"""Paths: `$.a.b[0]` into the input, `$$.x` into the context object, `$name.x` into a variable.

Here lives the compiled path, made once and read often: a definite path is a straight chain of subscripts, and why it
failed is worked out only afterwards. Never the syntax (`syntax`), nor what an indefinite path picks (`selection`), nor
writing (`reference`).
"""

from collections.abc import Callable
from typing import Any, Final

from stepwell.limits import AWS, Limits
from stepwell.query.comparison import MISSING, Missing
from stepwell.query.failures import PathNotFound, PathSyntaxError, QueryError
from stepwell.query.java_text import java_type, print_java
from stepwell.query.reference import ReferencePath, make_reference_path
from stepwell.query.scope import Scope
from stepwell.query.selection import Step, compile_tokens, follow, may_repeat, run, select_names, split_definite
from stepwell.query.syntax import PathReader
from stepwell.query.tokens import Indexes, Names, Token, Tokens
from stepwell.query.weight import weigh

__all__ = [
    "MISSING",
    "Missing",
    "Path",
    "PathNotFound",
    "PathSyntaxError",
    "QueryError",
    "ReferencePath",
    "compile_path",
    "compile_reference_path",
    "read_path",
]

Read = Callable[[Scope], Any]
_MISSES: Final = (KeyError, IndexError, TypeError)
_PROVIDER: Final = (
    "This is not a json object according to the JsonProvider: 'com.jayway.jsonpath.spi.json.JacksonJsonProvider'."
)


class Path:
    """A compiled path.

    `read(scope)` gives the bare value of a definite path or raises `PathNotFound`; of an indefinite path the list of
    all values in document order, `[]` if there are none, even when the path breaks off earlier (recorded).
    `find(scope)` is the same with MISSING in place of `PathNotFound`. Both raise `QueryError` when the path visits too
    many nodes. `root` is "input", "context" or "variable"; `variable` is the variable's name or None.
    """

    __slots__ = ("definite", "find", "read", "root", "text", "variable")

    def __init__(self, text: str, root: str, variable: str | None, tokens: Tokens, limits: Limits) -> None:
        self.text = text
        self.root = root
        self.variable = variable
        steps, rest = split_definite(tokens)
        is_object = len(rest) == 1 and isinstance(rest[0], Names)  # `['a','b']` at the end: one object of both (Jayway)
        self.definite = not rest or is_object
        base = _base(root, variable)
        walk = _Walk(text, base, steps, rest, variable)
        self.read: Read
        self.find: Read
        if not rest:
            self.read, self.find = _definite(root, walk)
        elif is_object:
            self.read, self.find = _object(walk)
        else:
            pick = _indefinite(walk, limits)
            self.read, self.find = (pick, pick) if variable is None else (_reading(pick, walk), _finding(pick))

    @property
    def paths(self) -> tuple["Path", ...]:
        """Itself, as an expression's paths. Not kept: what holds itself is only freed by the collector of cycles."""
        return (self,)

    def __repr__(self) -> str:
        return f"Path({self.text!r})"


def compile_path(text: str, limits: Limits = AWS) -> Path:
    """The compiled form of a path. Raises `PathSyntaxError`. (AWS, "Paths"; dialect: Jayway's)"""
    reader = PathReader(text)
    path = read_path(reader, limits)
    reader.skip_spaces()
    if reader.position < len(text):
        raise reader.fail("Expected the end of the path")
    return path


def read_path(reader: PathReader, limits: Limits) -> Path:
    """Reads and compiles the path at the reader's position, leaving the reader behind it. Raises `PathSyntaxError`."""
    start = reader.position
    root, variable, tokens = _read_parts(reader)
    text = reader.text[start : reader.position]
    if len(text) > limits.path_characters_max:
        raise PathSyntaxError("Path is too long", start)
    return Path(text, root, variable, tokens, limits)


def compile_reference_path(text: str, limits: Limits = AWS) -> ReferencePath:
    """The compiled form of a reference path: one node of the state's data, so that it can be written to.

    Raises `PathSyntaxError` for anything that may select more or less than one node, for the context object and for
    variables. (States Language spec, "Reference Paths")
    """
    path = compile_path(text, limits)
    reader = PathReader(text)
    root, _, tokens = _read_parts(reader)
    steps, rest = split_definite(tokens)
    if root != "input":
        raise PathSyntaxError("A reference path cannot start with the context object or a variable", 1)
    if rest or not path.definite:
        raise PathSyntaxError("A reference path must identify a single node", _position_of_plurality(text))
    bare = text if "['" not in text and '["' not in text else ""
    for position, character in enumerate(bare):
        if character in "@,:?*":
            raise PathSyntaxError(f"'{character}' is not allowed in a reference path", position)
    return make_reference_path(text, steps)


def _position_of_plurality(text: str) -> int:
    found = [text.find(mark) for mark in ("..", "*", "?", ":", ",") if mark in text]
    return min(found, default=0)


def _read_parts(reader: PathReader) -> tuple[str, str | None, Tokens]:
    if not reader.take("$"):
        raise reader.fail("Path must start with '$'")
    if reader.take("$"):
        root, variable = "context", None
    elif reader.peek() in ("", ".", "[") or reader.peek() in reader.name_ends:
        root, variable = "input", None
    else:
        root, start = "variable", reader.position
        variable = reader.read_name()
        if not variable.isidentifier():
            raise PathSyntaxError("Expected '.', '[' or the name of a variable", start)
    if root == "context" and reader.peek() not in ("", ".", "[") and reader.peek() not in reader.name_ends:
        raise reader.fail("Expected '.' or '['")
    return root, variable, reader.read_tokens()


class _Walk:
    """What the closures of one path share."""

    __slots__ = ("base", "rest", "steps", "text", "variable")

    def __init__(self, text: str, base: Read, steps: tuple[Step, ...], rest: Tokens, variable: str | None) -> None:
        self.text = text
        self.base = base
        self.steps = steps
        self.rest = rest
        self.variable = variable

    def explain(self, scope: Scope) -> PathNotFound:
        """Why the path leads nowhere, in Jayway's words."""
        try:
            value = self.base(scope)
        except KeyError:
            return PathNotFound(self.text, f"No results for path: $['{self.variable}']")
        return PathNotFound(self.text, _explain(value, self.steps, self.rest))


def _base(root: str, variable: str | None) -> Read:
    if root == "context":
        return lambda scope: scope.context()
    if variable is not None:
        return lambda scope: scope.variables[variable]
    return lambda scope: scope.input


def _definite(root: str, walk: _Walk) -> tuple[Read, Read]:
    steps = walk.steps
    pick = _chain(walk.base, steps)
    if root == "input" and len(steps) < len(_INPUT_CHAINS) and not (steps and isinstance(steps[-1], int)):
        pick = _INPUT_CHAINS[len(steps)](*steps)
    if root == "input" and not steps:
        return pick, pick
    return _reading(pick, walk), _finding(pick)


def _reading(pick: Read, walk: _Walk) -> Read:
    def read(scope: Scope) -> Any:
        try:
            return pick(scope)
        except _MISSES:
            raise walk.explain(scope) from None

    return read


def _finding(pick: Read) -> Read:
    def find(scope: Scope) -> Any:
        try:
            return pick(scope)
        except _MISSES:
            return MISSING

    return find


def _chain(base: Read, steps: tuple[Step, ...]) -> Read:
    """Subscripts one after another. Only trailing indexes look at the type: text can be indexed in Python, but no
    name can follow, so that earlier ones fail by themselves.
    """
    lead = steps
    while lead and isinstance(lead[-1], int):
        lead = lead[:-1]
    indexes = [step for step in steps[len(lead) :] if isinstance(step, int)]

    def pick(scope: Scope) -> Any:
        value = base(scope)
        for step in lead:
            value = value[step]
        for index in indexes:
            if type(value) is not list:
                raise TypeError
            value = value[index]
        return value

    return pick


def _input() -> Read:
    return lambda scope: scope.input


def _input_1(a: Step) -> Read:
    return lambda scope: scope.input[a]


def _input_2(a: Step, b: Step) -> Read:
    return lambda scope: scope.input[a][b]


def _input_3(a: Step, b: Step, c: Step) -> Read:
    return lambda scope: scope.input[a][b][c]


def _input_4(a: Step, b: Step, c: Step, d: Step) -> Read:
    return lambda scope: scope.input[a][b][c][d]


_INPUT_CHAINS: Final[tuple[Callable[..., Read], ...]] = (_input, _input_1, _input_2, _input_3, _input_4)


def _object(walk: _Walk) -> tuple[Read, Read]:
    pick = _chain(walk.base, walk.steps)
    token = walk.rest[0]
    names = token.names if isinstance(token, Names) else ()

    def pick_object(scope: Scope) -> Any:
        value = pick(scope)
        if type(value) is not dict:
            raise TypeError
        return select_names(value, names)

    return _reading(pick_object, walk), _finding(pick_object)


def _indefinite(walk: _Walk, limits: Limits) -> Read:
    base, steps, selects = walk.base, walk.steps, compile_tokens(walk.rest)
    steps_max, repeats = limits.query_steps_max, may_repeat(walk.rest)

    def read(scope: Scope) -> list[Any]:
        root = base(scope)  # KeyError: no such variable
        start = follow(root, steps)
        if start is MISSING:
            return []
        budget = scope.budget_of(steps_max)
        nodes = run(selects, start, root, budget)
        if repeats:  # few nodes may hold one another many times over: whoever prints them prints all of that
            budget.spend(weigh(nodes, budget.left))
        return nodes

    return read


def _explain(value: Any, steps: tuple[Step, ...], rest: Tokens) -> str:
    """The detail that Jayway gives for a definite path that leads nowhere (recorded for missing members)."""
    tokens: list[Token] = [Names((step,)) if isinstance(step, str) else Indexes((step,)) for step in steps]
    tokens.extend(rest)
    for number, token in enumerate(tokens):
        place = "$" + "".join(map(str, tokens[:number]))
        remaining = "".join(map(str, tokens[number:]))
        if isinstance(token, Names):
            if not isinstance(value, dict):
                names = ",".join(f"'{name}'" for name in token.names)
                kind = java_type(value)
                wanted = f"Expected to find an object with property [{names}] in path {place}"
                return f"{wanted} but found '{kind}'. {_PROVIDER}"
            if token.names[0] not in value:
                if number < len(tokens) - 1:
                    return f"Missing property in path {place}{token}"
                break
            value = value[token.names[0]]
        elif isinstance(token, Indexes):
            if value is None:
                return f"The path {place} is null"
            if not isinstance(value, list):
                return f"Filter: {remaining} can only be applied to arrays. Current context is: {print_java(value)}"
            index = token.indexes[0]
            if not -len(value) <= index < len(value):
                break
            value = value[index]
    return "No results for path: $" + "".join(map(str, tokens))
