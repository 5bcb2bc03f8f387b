"""What the import contract cannot say about files and imports."""

import re
import sys
from collections.abc import Iterable

from tests.tidy.trees import BOTTOM, HEART, ROOT, SOURCE, Module, ceilings, imports, nothing, project, snippet, source

BANNED_NAMES = {"utils", "util", "common", "helpers", "helper", "types", "models", "misc", "base_utils"}


def dead_files(modules: Iterable[Module], roots: Iterable[str]) -> list[str]:
    """Files that no other file of the package imports."""
    modules = list(modules)
    used = {f"stepwell.{root}" for root in roots}
    for module in modules:
        used |= {name for name, _ in imports(module) if name != f"stepwell.{module.name}"}
    return [
        f"{module.place}: nothing imports it"
        for module in modules
        if module.path.name != "__init__.py" and f"stepwell.{module.name}" not in used
    ]


def undeclared(modules: Iterable[Module], declared: set[str]) -> list[str]:
    """Imports of distributions that [project.dependencies] does not name."""
    known = declared | set(sys.stdlib_module_names) | {"stepwell"}
    used = {(module.place, line, name.partition(".")[0]) for module in modules for name, line in imports(module)}
    return [
        f"{place}:{line}: imports {name}, which pyproject.toml does not declare"
        for place, line, name in sorted(used)
        if name not in known
    ]


def _declared() -> set[str]:
    listed = project()["project"]["dependencies"]
    return {re.split(r"[^\w-]", requirement)[0].replace("-", "_") for requirement in listed}


def test_every_file_is_used():
    nothing(dead_files(source(), ceilings()["roots"]))


def test_imports_are_declared():
    extras = {name for names in project()["project"]["optional-dependencies"].values() for name in names}
    optional = {re.split(r"[^\w-]", name)[0].replace("-", "_") for name in extras}
    shipped = [module for module in source() if module.room != "testing"]
    checks = [module for module in source() if module.room == "testing"]
    nothing(undeclared(shipped, _declared()) + undeclared(checks, _declared() | optional))


def test_declared_are_imported():
    imported = {name.partition(".")[0] for module in source() for name, _ in imports(module)}
    nothing(sorted(_declared() - imported - set(ceilings()["unimported"])))


def test_names():
    folders = [ROOT / "src", ROOT / "tests"]
    files = [path for folder in folders for path in folder.rglob("*") if path.suffix in {"", ".py"}]
    nothing([str(path.relative_to(ROOT)) for path in files if path.stem in BANNED_NAMES])


def test_every_folder_is_a_package():
    folders = {path.parent for path in SOURCE.rglob("*.py")}
    nothing([str(folder.relative_to(ROOT)) for folder in sorted(folders) if not (folder / "__init__.py").exists()])


def test_no_heart_room_is_left_out_of_the_contract():
    contracts = {contract["name"]: contract for contract in project()["tool"]["importlinter"]["contracts"]}
    pure = contracts["Language and engine have no clock, dice, thread, socket, file or row"]["source_modules"]
    there = {module.room for module in source()} & {*HEART, *BOTTOM} - {"settings"}
    nothing(sorted(there - {name.removeprefix("stepwell.") for name in pure}))


def test_the_checks_find():
    user, lonely = snippet("import stepwell.engine.used\nimport left_pad.pad", "app"), snippet("", "engine.lonely")
    used = snippet("from stepwell import app", "engine.used")
    assert dead_files([user, lonely, used], []) == ["engine/lonely.py: nothing imports it"]
    assert len(undeclared([user], {"orjson"})) == 1
