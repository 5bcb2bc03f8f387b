"""The console's way into the wheel."""

import gzip
import os
import shutil
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest

from tests.console.bundle import DIST, ROOT, build_hook, ensure_built


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The build hook, which notes where it would have built."""
    module: Any = build_hook()
    module.built = []
    monkeypatch.setattr(module, "build", module.built.append)
    monkeypatch.delenv("STEPWELL_SKIP_CONSOLE", raising=False)
    return module


def made(hook: Any) -> Any:
    return hook.ConsoleHook(str(ROOT), {}, None, None, str(ROOT / "dist"), "wheel")


def test_a_wheel_has_the_console_and_needs_node(hook: Any) -> None:
    build_data: dict[str, Any] = {"artifacts": []}
    made(hook).initialize("standard", build_data)
    assert hook.built == [ROOT]
    assert build_data["artifacts"] == ["/src/stepwell/console/dist"]
    assert made(hook).dependencies() == [hook.NODE]


@pytest.mark.parametrize("version, skip", [("editable", ""), ("standard", "1")])
def test_others_do_without(hook: Any, monkeypatch: pytest.MonkeyPatch, version: str, skip: str) -> None:
    monkeypatch.setenv("STEPWELL_SKIP_CONSOLE", skip)
    build_data: dict[str, Any] = {"artifacts": []}
    made(hook).initialize(version, build_data)
    assert (hook.built, build_data["artifacts"]) == ([], [])
    assert made(hook).dependencies() == ([] if skip else [hook.NODE])


def test_what_is_built_is_compressed_twice_and_there_in_no_other_form() -> None:
    ensure_built()
    scripts = {path.with_suffix("") for path in (DIST / "assets").glob("*.js.*")}
    assert any(path.name.startswith("console-") for path in scripts)
    for path in scripts:
        brotli, packed = (path.with_name(path.name + suffix) for suffix in (".br", ".gz"))
        assert not path.exists()
        assert 0 < brotli.stat().st_size < packed.stat().st_size < len(gzip.decompress(packed.read_bytes()))


def test_all_of_it_takes_little_room() -> None:
    ensure_built()
    assert sum(len(zlib.compress(path.read_bytes())) for path in DIST.rglob("*") if path.is_file()) < 3_000_000


@pytest.mark.proof
def test_a_machine_without_node_builds_a_wheel_with_the_console(tmp_path: Path) -> None:
    sources = [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(tmp_path)]
    subprocess.run(sources, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    (source,) = tmp_path.glob("stepwell-*.tar.gz")
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("sh", "env", "uname"):
        (tools / name).symlink_to(shutil.which(name) or "")
    environment = {**os.environ, "PATH": str(tools)}
    environment.pop("STEPWELL_SKIP_CONSOLE", None)
    assert shutil.which("node", path=environment["PATH"]) is None
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "-q", "-w", str(tmp_path / "wheels"), str(source)]
    subprocess.run(command, env=environment, check=True, timeout=600)
    (wheel,) = (tmp_path / "wheels").glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "stepwell/console/dist/index.html" in names
    assert any(name.startswith("stepwell/console/dist/assets/") and name.endswith(".js.br") for name in names)
    assert not any("node_modules" in name for name in names)
