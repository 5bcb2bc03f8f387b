"""A function can be seen whole; a file can be held in the head."""

from collections.abc import Iterable
from typing import Any

from tests.tidy.trees import Module, ceilings, functions, nothing, snippet, source


def oversized(modules: Iterable[Module], ceilings: dict[str, Any]) -> list[str]:
    usual = ceilings["usual"]
    found, needed = [], set()
    for module in modules:
        first = module.path.name == "__init__.py"
        most = usual["init_lines_max"] if first else usual["file_lines_max"]
        found += _compare(module.place, module.lines, most, ceilings["files"], needed)
        if module.lines > usual["file_lines_ever_max"]:
            found.append(f"{module.place}: {module.lines} lines; no file may exceed {usual['file_lines_ever_max']}")
        for name, node in functions(module.tree):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            place = f"{module.place}::{name}"
            found += _compare(place, lines, usual["function_lines_max"], ceilings["functions"], needed)
    listed = {*ceilings["files"], *ceilings["functions"]}
    found += [f"{place}: is listed in ceilings.toml and need not be" for place in sorted(listed - needed)]
    return found


def _compare(place: str, lines: int, most: int, exceptions: dict[str, Any], needed: set[str]) -> list[str]:
    if lines <= most:
        return []
    if place not in exceptions:
        return [f"{place}: {lines} lines; at most {most}, or a reason in tests/tidy/ceilings.toml"]
    needed.add(place)
    exception = exceptions[place]
    if lines > exception["lines"]:
        return [f"{place}: {lines} lines; ceilings.toml allows it {exception['lines']}"]
    return [] if exception["why"] else [f"{place}: give the reason in ceilings.toml"]


def test_sizes():
    nothing(oversized(source(), ceilings()))


def test_the_check_finds():
    usual = {"function_lines_max": 2, "file_lines_max": 3, "file_lines_ever_max": 5, "init_lines_max": 2}
    module = snippet("def f():\n    a = 1\n    b = 2\n\n\n\n", "engine.long")
    none = {"usual": usual, "files": {}, "functions": {}}
    assert [line.partition(";")[0] for line in oversized([module], none)] == [
        "engine/long.py: 6 lines",
        "engine/long.py: 6 lines",
        "engine/long.py::f: 3 lines",
    ]
    stale = {**none, "files": {"engine/gone.py": {"lines": 9, "why": "so"}}}
    assert oversized([snippet("")], stale) == ["engine/gone.py: is listed in ceilings.toml and need not be"]
