"""What an expression looks at, what AWS refuses in it, and how dear it may become: all told from its text.

Here lives the walk over the tree. Never the tree itself (`jsonata_syntax`) nor an evaluation (`jsonata_engine`).
"""

from typing import Any, Final

from msgspec import Struct

from stepwell.query.jsonata_functions import BUILT_IN, CONTEXT_TAKING, HOSTED, LATER, LOOPING
from stepwell.query.jsonata_syntax import Node

STATES: Final = "states"
MEMBERS: Final = frozenset({"input", "result", "errorOutput", "context"})


class Reads(Struct, frozen=True):
    """What of `$states` ("input", "result", "errorOutput", "context") and which workflow variables are looked at.

    `states` holds all four members when the expression takes `$states` as a whole.
    """

    states: frozenset[str]
    variables: frozenset[str]


class Finding(Struct, frozen=True):
    """Something that AWS refuses when the machine is created, or (`severity` "WARNING") fails at run time only."""

    severity: str
    message: str
    position: int


class Facts(Struct, frozen=True):
    """All that is known of an expression before it runs.

    `cheap`: no range, regular expression, function of its own, `$reduce` or nested scan: may run on the event loop.
    `accumulates`: may build values as deep as it runs long (recursion, `$reduce`), which bounds its steps.
    `path`: a plain walk (`("input", "a", "b")` below `$states`, or a variable's name and members), else None.
    `ranges` are the range operators, which the evaluator guards; `functions` the built-in functions that are named;
    `height` is the number of levels of the tree. `contextless` are calls that leave the context's argument out where
    there is no context.
    """

    reads: Reads
    findings: tuple[Finding, ...]
    cheap: bool
    accumulates: bool
    path: tuple[str, tuple[str, ...]] | None
    ranges: tuple[Node, ...]
    functions: frozenset[str]
    has_root: bool
    height: int
    contextless: tuple[Node, ...]


def examine(tree: Node) -> Facts:
    """The facts of an expression. (AWS: no `$`, `$$` or field name at the top level, measured)"""
    walk = _Walk()
    walk.run(tree)
    reads = Reads(frozenset(walk.states), frozenset(walk.variables))
    cheap = not (walk.dear or walk.ranges)
    return Facts(
        reads,
        tuple(walk.findings),
        cheap,
        walk.accumulates,
        _plain_path(tree),
        tuple(walk.ranges),
        frozenset(walk.functions),
        walk.has_root,
        tree.height,
        tuple(walk.contextless),
    )


def refused_members(reads: Reads, allowed: frozenset[str], position: int = 0) -> tuple[Finding, ...]:
    """A finding for `$states.result` and `$states.errorOutput` where the field gives none of them. (measured)

    That AWS refuses them when the machine is created is measured; the text for them is our reading.
    """
    if reads.states >= MEMBERS:
        return ()
    refused = sorted(reads.states & {"result", "errorOutput"} - allowed)
    return tuple(Finding("ERROR", f"Reference to '$states.{name}' is not supported.", position) for name in refused)


class _Names:
    """The names bound so far in one block or function, and the place around it."""

    __slots__ = ("names", "outer")

    def __init__(self, outer: "_Names | None", names: tuple[str, ...] = ()) -> None:
        self.outer = outer
        self.names = set(names)

    def holds(self, name: str) -> bool:
        place: _Names | None = self
        while place is not None:
            if name in place.names:
                return True
            place = place.outer
        return False


_Job = tuple[Node | None, int, Any]


_PLAIN_STEPS: Final = frozenset({"name", "wildcard", "descendants", "parent", "literal"})


class _Walk:
    """Left to right without recursion; bodies of functions last, for they see what is bound around them later on."""

    def __init__(self) -> None:
        self.states: set[str] = set()
        self.variables: set[str] = set()
        self.functions: set[str] = set()
        self.findings: list[Finding] = []
        self.ranges: list[Node] = []
        self.contextless: list[Node] = []
        self.dear = False
        self.accumulates = False
        self.has_root = False
        self._reported: set[str] = set()
        self._fed: set[Node] = set()  # calls that get an argument from the left of ~>
        self._bodies: list[_Job] = []
        self._jobs: list[_Job] = []

    def run(self, tree: Node) -> None:
        self._jobs = [(tree, 0, _Names(None))]
        while self._jobs or self._bodies:
            node, depth, names = self._jobs.pop() if self._jobs else self._bodies.pop()
            if node is None:
                names[0].names.add(names[1])
            else:
                getattr(self, f"_{node.kind}", self._others)(node, depth, names)

    def _later(self, jobs: list[_Job]) -> None:
        self._jobs.extend(reversed(jobs))

    def _others(self, node: Node, depth: int, names: _Names) -> None:
        self._later([(part, depth, names) for part in node.parts])

    def _literal(self, node: Node, depth: int, names: _Names) -> None:
        """Looks at nothing."""

    def _regex(self, node: Node, depth: int, names: _Names) -> None:
        self.dear = True

    def _name(self, node: Node, depth: int, names: _Names) -> None:
        self._report(depth, str(node.value), node)

    def _wildcard(self, node: Node, depth: int, names: _Names) -> None:
        self._report(depth, node.value, node)

    _descendants = _parent = _wildcard

    def _report(self, depth: int, name: str, node: Node) -> None:
        if depth == 0 and name not in self._reported:
            self._reported.add(name)
            text = f"Reference to '{name}' at the top level is not supported."
            self.findings.append(Finding("ERROR", text, node.start))

    def _variable(self, node: Node, depth: int, names: _Names) -> None:
        name = node.value
        if name in ("", "$"):
            self.has_root = self.has_root or name == "$"
            self._report(depth, f"${name}", node)
        elif name == STATES and not names.holds(name):
            self.states |= MEMBERS
            self.dear = self.dear or depth > 1
        elif not names.holds(name):
            self._free(name, depth, node)

    def _free(self, name: str, depth: int, node: Node) -> None:
        if name in BUILT_IN or name in HOSTED or name in LATER:
            self.functions.add(name)
            self.dear = self.dear or name in LOOPING
            self.accumulates = self.accumulates or name == "reduce"
            if name in LATER and name not in self._reported:
                self._reported.add(name)
                text = f"Function '${name}' is not supported: calling it fails when the state runs."
                self.findings.append(Finding("WARNING", text, node.start))
            return
        self.variables.add(name)
        self.dear = self.dear or depth > 1

    def _binary(self, node: Node, depth: int, names: _Names) -> None:
        left, right = node.parts
        if node.value == ".":
            self._step(left, right, depth, names)
            return
        if node.value == "~>":
            self._fed.add(right)
        self.dear = self.dear or (node.value == "in" and depth > 0)
        self.accumulates = self.accumulates or (node.value == "~>" and not _is_built_in(right, names))
        self._others(node, depth, names)

    def _step(self, left: Node, right: Node, depth: int, names: _Names) -> None:
        """`left.right[...]`: a name looks at each item once, all else is done for each item."""
        jobs: list[_Job] = []
        while right.kind == "predicate":
            jobs = [(part, depth + 1, names) for part in right.parts[1:]] + jobs
            right = right.parts[0]
        if left.kind == "variable" and left.value == STATES and right.kind == "name" and not names.holds(STATES):
            self.states.add(str(right.value))
            self.dear = self.dear or depth > 1
        else:
            jobs.insert(0, (left, depth, names))
            if right.kind not in _PLAIN_STEPS:
                jobs.insert(1, (right, depth + 1, names))
        self._later(jobs)

    def _inside(self, node: Node, depth: int, names: _Names) -> None:
        first, *others = node.parts
        self._later([(first, depth, names), *((part, depth + 1, names) for part in others)])

    def _predicate(self, node: Node, depth: int, names: _Names) -> None:
        if len(node.parts) == 2 and node.parts[1].kind == "literal":
            self._later([(node.parts[0], depth, names)])
        else:
            self._inside(node, depth, names)

    _group = _sort = _inside

    def _transform(self, node: Node, depth: int, names: _Names) -> None:
        self.dear = True
        self._later([(part, depth + 1, names) for part in node.parts])

    def _range(self, node: Node, depth: int, names: _Names) -> None:
        self.ranges.append(node)
        self._others(node, depth, names)

    def _block(self, node: Node, depth: int, names: _Names) -> None:
        inner = _Names(names)
        self._later([(part, depth, inner) for part in node.parts])

    def _bind(self, node: Node, depth: int, names: _Names) -> None:
        jobs: list[_Job] = [(node.parts[0], depth, names), (None, depth, (names, node.value))]
        self._later(jobs)

    def _focus(self, node: Node, depth: int, names: _Names) -> None:
        self._later([(node.parts[0], depth, names), (None, depth, (names, node.value))])

    def _lambda(self, node: Node, depth: int, names: _Names) -> None:
        self.dear = True
        self._bodies.append((node.parts[0], depth + 1, _Names(names, node.value)))

    def _call(self, node: Node, depth: int, names: _Names) -> None:
        procedure = node.parts[0]
        known = procedure.kind == "variable" and not names.holds(procedure.value)
        if not known:
            self.dear = self.accumulates = True
        elif procedure.value not in BUILT_IN and procedure.value not in HOSTED:
            self.functions.add(procedure.value)
            self._later([(part, depth, names) for part in node.parts[1:]])
            return
        elif depth == 0 and node not in self._fed and len(node.parts) - 1 <= CONTEXT_TAKING.get(procedure.value, -1):
            self.contextless.append(node)
        self._others(node, depth, names)


def _is_built_in(node: Node, names: _Names) -> bool:
    """Is this a built-in function, or a call of one (a call is looked at by itself)?"""
    return node.kind == "call" or (node.kind == "variable" and not names.holds(node.value))


def _plain_path(tree: Node) -> tuple[str, tuple[str, ...]] | None:
    members: list[str] = []
    while tree.kind == "binary" and tree.value == "." and tree.parts[1].kind == "name":
        members.append(tree.parts[1].value)
        tree = tree.parts[0]
    if tree.kind != "variable" or tree.value in ("", "$") or tree.value in BUILT_IN or tree.value in HOSTED:
        return None
    members.reverse()
    return tree.value, tuple(members)
