"""Which file a function's name means, and whether that file has changed. Nothing here runs code.

A folder of functions holds `NAME.py`, or a folder `NAME/` with `handler.py`, `lambda_function.py` or `app.py` (the
first that exists). The handler is `handler(event, context)` or `lambda_handler(event, context)`.

Names come from workflows, so from strangers: only `[A-Za-z0-9-_]{1,64}` is taken (AWS), and what a name resolves to
must lie inside the folder, symbolic links included.
"""

import os
import re
import sys
from pathlib import Path
from time import monotonic
from typing import Final, NamedTuple

ENTRY_FILES: Final = ("handler.py", "lambda_function.py", "app.py")
HANDLERS: Final = ("handler", "lambda_handler")

_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_QUALIFIER: Final = re.compile(r"\$LATEST|[A-Za-z0-9_-]{1,128}")
_FULL_ARN: Final = re.compile(r"arn:[a-z-]+:lambda:[a-z0-9-]*:[0-9]*:function:([^:]*)(?::([^:]*))?")
_PARTIAL_ARN: Final = re.compile(r"(?:[0-9]{12}:)?function:([^:]*)(?::([^:]*))?|[0-9]{12}:([^:]*)(?::([^:]*))?")
_PLAIN: Final = re.compile(r"([^:]*)(?::([^:]*))?")
_DEFINES: Final = re.compile(
    rb"^(?:(?:async\s+)?def\s+|class\s+)?(lambda_handler|handler)\b|^from\s.*\bimport\b.*\b(lambda_handler|handler)\b",
    re.MULTILINE,
)
_SKIPPED_FOLDERS: Final = ("__pycache__", "node_modules")
_FILES_MAX: Final = 5_000
_RECHECK_S: Final = 1.0


class FunctionNotFound(LookupError):
    """No function of this name in the folder; `name` is the bare name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Function not found: {name}")
        self.name = name


class InvalidFunctionName(ValueError):
    """The text is neither a function's name nor its ARN; `text` is what was given."""

    def __init__(self, text: str) -> None:
        super().__init__(f"Not a function name or ARN: {text[:200]}")
        self.text = text


class FunctionName(NamedTuple):
    """A function's bare name and the version or alias after it, if any."""

    name: str
    qualifier: str | None


class Source(NamedTuple):
    """One function's code as it is now.

    `task_root` goes on the module path (`shared_root`: behind the installed packages, since a folder of functions may
    hold an `email.py`), `module` is the name the entry file is imported under, `fingerprint` changes with the code.
    """

    name: str
    entry: Path
    task_root: Path
    shared_root: bool
    module: str
    handler: str
    fingerprint: tuple[object, ...]


def parse_function_name(text: str) -> FunctionName:
    """The name in a function's ARN, partial ARN (`123456789012:function:NAME`, `function:NAME`) or name.

    Account and region are not looked at: a definition written for AWS runs against a local folder unchanged. Raises
    `InvalidFunctionName`. (AWS, Invoke: "Name formats".)
    """
    for form in (_FULL_ARN, _PARTIAL_ARN, _PLAIN):
        found = form.fullmatch(text)
        if found is None:
            continue
        groups = found.groups()
        name, qualifier = groups[:2] if groups[0] is not None else groups[2:]
        if _NAME.fullmatch(name or "") and (qualifier is None or _QUALIFIER.fullmatch(qualifier)):
            return FunctionName(name, qualifier)
        break
    raise InvalidFunctionName(text)


class FunctionFolder:
    """A folder of functions, read anew whenever it may have changed."""

    def __init__(self, folder: Path) -> None:
        self._folder = Path(os.path.realpath(folder))
        self._found: dict[str, tuple[Source, tuple[int, int], float]] = {}

    def names(self) -> list[str]:
        """The names of all functions in the folder, sorted."""
        if not self._folder.is_dir():
            return []
        candidates = {path.stem if path.suffix == ".py" else path.name for path in self._folder.iterdir()}
        return sorted(name for name in candidates if self._entry(name) is not None)

    def find(self, name: str) -> Source:
        """The function's code as it is now. Raises `FunctionNotFound`.

        The entry file is looked at every time, the files beside it at most once a second.
        """
        entry = self._entry(name)
        if entry is None:
            self._found.pop(name, None)
            raise FunctionNotFound(name)
        status = entry.stat()
        stamp = (status.st_mtime_ns, status.st_size)
        known = self._found.get(name)
        now_s = monotonic()
        if known is not None and known[0].entry == entry and known[1] == stamp and now_s - known[2] < _RECHECK_S:
            return known[0]
        source = self._read(name, entry)
        self._found[name] = (source, stamp, now_s)
        return source

    def _entry(self, name: str) -> Path | None:
        if not _NAME.fullmatch(name):
            return None
        for candidate in (self._folder / f"{name}.py", *(self._folder / name / entry for entry in ENTRY_FILES)):
            if candidate.is_file():
                real = Path(os.path.realpath(candidate))
                return candidate if real.is_relative_to(self._folder) else None
        return None

    def _read(self, name: str, entry: Path) -> Source:
        shared = entry.parent == self._folder
        module = name if shared else entry.stem
        if module in sys.stdlib_module_names:
            module += "_function"
        files = _top_files(entry.parent) if shared else _tree_files(entry.parent)
        return Source(name, entry, entry.parent, shared, module, _handler_of(entry), (entry, *files))


def _handler_of(entry: Path) -> str:
    """The handler's name, found in the text so that the code runs in the child only."""
    defined = {found[1] or found[2] for found in _DEFINES.finditer(entry.read_bytes())}
    conventional = HANDLERS[::-1] if entry.name == "lambda_function.py" else HANDLERS
    return next((name for name in conventional if name.encode() in defined), conventional[0])


def _top_files(folder: Path) -> list[tuple[str, int, int]]:
    with os.scandir(folder) as entries:
        return sorted(_stamp(entry) for entry in entries if entry.name.endswith(".py") and entry.is_file())


def _tree_files(folder: Path) -> list[tuple[str, int, int]]:
    stamps: list[tuple[str, int, int]] = []
    for root, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name not in _SKIPPED_FOLDERS and not name.startswith(".")]
        for name in files:
            if not name.endswith(".pyc"):
                status = (Path(root) / name).lstat()
                stamps.append((str(Path(root) / name), status.st_mtime_ns, status.st_size))
        if len(stamps) > _FILES_MAX:  # an unpacked dependency tree: the entry file must do
            break
    return sorted(stamps)


def _stamp(entry: "os.DirEntry[str]") -> tuple[str, int, int]:
    status = entry.stat()
    return entry.name, status.st_mtime_ns, status.st_size
