"""The console as it would be shipped, built from the sources that are here: once, whoever asks first.

`python -m tests.console.bundle` builds it before the tests ask.
"""

import fcntl
import hashlib
import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]
CONSOLE: Final = ROOT / "console"
DIST: Final = ROOT / "src" / "stepwell" / "console" / "dist"
STAMP: Final = DIST / ".sources"
_LOCK: Final = CONSOLE / ".building"
_NOT_SOURCES: Final = ("node_modules", ".building")


def build_hook() -> ModuleType:
    """`hatch_build.py`, which is no part of the package."""
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def sources() -> str:
    """What the bundle is made of, as one hash."""
    found = hashlib.blake2b(digest_size=16)
    for path in sorted(CONSOLE.rglob("*")):
        parts = path.relative_to(CONSOLE).parts
        if path.is_file() and parts[0] not in _NOT_SOURCES:
            found.update("/".join(parts).encode() + b"\0" + path.read_bytes())
    return found.hexdigest()


def ensure_built() -> Path:
    """Build, unless what is there was made of the same sources. Processes that ask at once wait for the first."""
    with _LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = sources()
        if not STAMP.is_file() or STAMP.read_text() != wanted:
            hook: Any = build_hook()
            hook.build(ROOT)
            STAMP.write_text(wanted)
    return DIST


if __name__ == "__main__":
    ensure_built()
