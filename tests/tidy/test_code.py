"""What the syntax tree says about clocks, dice, prints, handlers, annotations and docstrings."""

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import pytest

from tests.tidy.trees import BELOW_RUNTIME, BOTTOM, HEART, Module, functions, imports, nothing, snippet, source

Finding = Iterator[tuple[int, str]]
PRINTERS = {"cli", "demo", "__main__"}


def clock_or_dice(module: Module) -> Finding:
    """Below the runtime the time and the dice come from the caller; a seeded random.Random is allowed."""
    if module.room not in BELOW_RUNTIME:
        return
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute):
            owner = ast.unparse(node.value)
            if node.attr in {"now", "utcnow", "today"} and owner in {
                "datetime",
                "date",
                "datetime.datetime",
                "datetime.date",
            }:
                yield node.lineno, f"reads the clock: {owner}.{node.attr}"
            if owner == "random" and node.attr != "Random":
                yield node.lineno, f"rolls the shared dice: random.{node.attr}"
        elif isinstance(node, ast.ImportFrom) and node.module == "random":
            for alias in node.names:
                if alias.name != "Random":
                    yield node.lineno, f"rolls the shared dice: random.{alias.name}"


def prints(module: Module) -> Finding:
    """Only the command line and the demo talk to a terminal."""
    if module.room in PRINTERS:
        return
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
            yield node.lineno, "prints"


def bare_excepts(module: Module) -> Finding:
    """A handler says what it handles."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ExceptHandler) and node.type is None:
            yield node.lineno, "bare except"


def unannotated(module: Module) -> Finding:
    """Public functions say what they take and give."""
    for name, node in functions(module.tree):
        if "._" in f".{name}" and not node.name.startswith("__"):
            continue
        given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs, node.args.vararg, node.args.kwarg]
        bare = [arg.arg for arg in given if arg and arg.annotation is None and arg.arg not in {"self", "cls"}]
        if bare or node.returns is None:
            yield node.lineno, f"{name}: annotate {', '.join([*bare, *([] if node.returns else ['the result'])])}"


def undocumented(module: Module) -> Finding:
    """In the heart, each public function says what it means, and each file what its rules are."""
    if not (ast.get_docstring(module.tree) or "").strip():
        yield 1, "the file does not say what lives in it"
    if module.room not in {*HEART, *BOTTOM}:
        return
    if module.path.name != "__init__.py" and not re.search(r"\w.{38,}\.", ast.get_docstring(module.tree) or "", re.S):
        yield 1, "a heart file starts with its rules, in whole sentences"
    for node in module.tree.body:
        public = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_")
        if public and not ast.get_docstring(node):
            yield node.lineno, f"{node.name}: a public function says what it means"


def strange_annotations(module: Module) -> Finding:
    """An import under TYPE_CHECKING stays within its room: the import contract does not see it."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}:
            inside = replace(module, tree=ast.Module(node.body, []))
            for name, line in imports(inside):
                if name.startswith("stepwell") and f"{name}.".split(".")[1] != module.room:
                    yield line, f"imports {name} for its annotations only"


CHECKS = [strange_annotations, clock_or_dice, prints, bare_excepts, unannotated, undocumented]

WRONG = [
    (strange_annotations, "if TYPE_CHECKING:\n    from stepwell.store import records", 2),
    (strange_annotations, "if TYPE_CHECKING:\n    import asyncio\n    import stepwell.engine.branch", 0),
    (clock_or_dice, "from datetime import datetime\nx = datetime.now()", 1),
    (clock_or_dice, "import datetime\nx = datetime.datetime.utcnow()", 1),
    (clock_or_dice, "import random\nx = random.random()\ny = random.Random(4).random()", 1),
    (clock_or_dice, "from random import Random, choice", 1),
    (prints, "print(1)", 1),
    (bare_excepts, "try:\n    pass\nexcept:\n    pass", 1),
    (unannotated, "class A:\n    def f(self, x): ...\n    def _g(self, y): ...\n    def h(self) -> int: ...", 1),
    (undocumented, "def f() -> int:\n    return 1", 3),
]


def findings(check: Callable[[Module], Finding], modules: Iterable[Module]) -> list[str]:
    return [f"{module.place}:{line}: {what}" for module in modules for line, what in check(module)]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_source(check):
    nothing(findings(check, source()))


@pytest.mark.parametrize("check, text, count", WRONG, ids=lambda value: getattr(value, "__name__", None))
def test_the_checks_find(check, text, count):
    assert len(findings(check, [snippet(text)])) == count
