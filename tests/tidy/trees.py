"""The project's own files, read once: syntax trees of the source, texts of everything.

Every check in this folder is a function from what is read here to a list of findings, each a line that says where and
what; a test is green when the list is empty, and each check is shown a piece of wrong code that it must find.
"""

import ast
import functools
import os
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[2]
SOURCE: Final = ROOT / "src" / "stepwell"

HEART: Final = ("query", "asl", "engine", "auth")
BOTTOM: Final = ("arn", "caller", "errors", "limits", "payload", "settings")
BELOW_RUNTIME: Final = (*BOTTOM, *HEART, "functions", "store", "integrations", "drawing")

_SKIPPED: Final = {".git", "node_modules", "dist", "build", "htmlcov", "__pycache__", "stepwell-data"}
_TEXT: Final = {
    *(".py", ".md", ".toml", ".txt", ".in", ".cfg", ".ini", ".json", ".yml", ".yaml", ".sql", ".sh", ".asl"),
    *(".js", ".jsx", ".ts", ".tsx", ".css", ".html", ".svg", ""),
}


@dataclass(frozen=True)
class Module:
    """One Python file: its dotted name below `stepwell` ("" for the package itself), its text and its tree."""

    path: Path
    name: str
    text: str
    tree: ast.Module

    @property
    def room(self) -> str:
        return self.name.partition(".")[0]

    @property
    def place(self) -> str:
        return str(self.path.relative_to(ROOT)) if self.path.is_absolute() else str(self.path)

    @property
    def lines(self) -> int:
        return self.text.count("\n")


def snippet(text: str, name: str = "engine.sample") -> Module:
    """A module that exists only in a test."""
    return Module(Path(f"{name.replace('.', '/')}.py"), name, text, ast.parse(text))


@functools.cache
def source() -> tuple[Module, ...]:
    """All modules of the package."""
    modules = []
    for path in sorted(SOURCE.rglob("*.py")):
        parts = path.relative_to(SOURCE).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        text = path.read_text()
        modules.append(Module(path, name, text, ast.parse(text)))
    return tuple(modules)


@functools.cache
def texts() -> dict[str, str]:
    """Every text file that belongs to the project, by its path from the root."""
    return {str(path.relative_to(ROOT)): path.read_text(errors="replace") for path in _files(ROOT)}


def _files(folder: Path) -> Iterator[Path]:
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        hidden = entry.name.startswith(".") and entry.name not in {".ci", ".editorconfig", ".gitignore", ".npmrc"}
        if hidden or entry.name in _SKIPPED:
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _files(Path(entry.path))
        elif Path(entry.name).suffix in _TEXT and entry.stat().st_size < 2_000_000:
            yield Path(entry.path)


@functools.cache
def ceilings() -> dict[str, Any]:
    """tests/tidy/ceilings.toml."""
    return tomllib.loads((ROOT / "tests" / "tidy" / "ceilings.toml").read_text())


@functools.cache
def project() -> dict[str, Any]:
    """pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def functions(tree: ast.AST, prefix: str = "") -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Every function under a tree with its qualified name, inner ones too."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield prefix + node.name, node
            yield from functions(node, f"{prefix}{node.name}.")
        elif isinstance(node, ast.ClassDef):
            yield from functions(node, f"{prefix}{node.name}.")
        else:
            yield from functions(node, prefix)


def imports(module: Module) -> Iterator[tuple[str, int]]:
    """Every absolute name that a module imports, as module and as member of a module, with the line."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, node.lineno
            for alias in node.names:
                yield f"{node.module}.{alias.name}", node.lineno


def nothing(found: list[str]) -> None:
    """Fails with every finding on a line of its own."""
    assert not found, "\n" + "\n".join(found)
