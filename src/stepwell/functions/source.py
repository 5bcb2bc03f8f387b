"""Finding a function's code: by its name in a folder, or by the handler that somebody wrote down.

A folder of functions holds `NAME.py`, `NAME.mjs`, `NAME.js` or `NAME.cjs`, or a folder `NAME/` with one of the entry
files below (the first that exists). The handler is `handler(event, context)`, `lambda_handler` in Python or
`lambdaHandler` in JavaScript.

Names come from workflows, so from strangers: only `[A-Za-z0-9-_]{1,64}` is taken (AWS), and what a name resolves to
must lie inside the folder, symbolic links included.
"""

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

PYTHON: Final = "python"
NODE: Final = "node"
NODE_SUFFIXES: Final = (".mjs", ".js", ".cjs")
ENTRY_FILES: Final = (
    *("handler.py", "lambda_function.py", "app.py"),
    *(f"{stem}{suffix}" for stem in ("index", "handler", "app") for suffix in NODE_SUFFIXES),
)
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
_NODE_HANDLER: Final = re.compile(rb"\bhandler\b")
_SKIPPED_FOLDERS: Final = ("__pycache__", "node_modules")
_FILES_MAX: Final = 5_000


class FunctionNotFound(LookupError):
    """No function of this name here; `name` is the bare name."""

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


@dataclass(frozen=True, slots=True)
class Traits:
    """What is said about a function beside its code. What is None follows the pool's limits.

    `runtime` is Lambda's identifier (`python3.12`, `nodejs22.x`), or empty: then the entry file tells. `memory_mb` is
    told to the function and not enforced. `concurrency` is Lambda's reserved concurrency: calls beyond it are refused.
    `layers` are folders laid out as Lambda's layers are (`python/`, `nodejs/`), or plain module folders.
    """

    runtime: str = ""
    timeout_s: float | None = None
    memory_mb: int = 128
    concurrency: int | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    layers: tuple[Path, ...] = ()


class Place(NamedTuple):
    """Where a function's code lies.

    `root` is the folder that Lambda would call the task root; it goes on the module path (`shared`: behind the
    installed packages, since a folder of many functions may hold an `email.py`). `module` is the name under which the
    entry file is imported, `handler` None where the entry file has to tell.
    """

    entry: Path
    root: Path
    shared: bool
    module: str
    handler: str | None


@dataclass(frozen=True, slots=True)
class Source:
    """One function's code as it is now; `fingerprint` changes with the code and with what is said about it."""

    name: str
    place: Place
    handler: str
    traits: Traits
    fingerprint: tuple[object, ...]

    @property
    def language(self) -> str:
        """`python` or `node`."""
        return NODE if self.place.entry.suffix in NODE_SUFFIXES else PYTHON


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
        if is_function_name(name or "") and (qualifier is None or _QUALIFIER.fullmatch(qualifier)):
            return FunctionName(name, qualifier)
        break
    raise InvalidFunctionName(text)


def is_function_name(text: str) -> bool:
    """Whether Lambda would take this as a bare name."""
    return _NAME.fullmatch(text) is not None


# --- where ------------------------------------------------------------------------------------------------------------


def names_in(folder: Path) -> set[str]:
    """The names of all functions that lie in a folder."""
    if not folder.is_dir():
        return set()
    suffixes = (".py", *NODE_SUFFIXES)
    candidates = {path.stem if path.suffix in suffixes else path.name for path in folder.iterdir()}
    return {name for name in candidates if place_in(folder, name) is not None}


def place_in(folder: Path, name: str) -> Place | None:
    """Where the function of this name lies in a folder (whose links are resolved), if it does."""
    if not is_function_name(name):
        return None
    files = (folder / f"{name}{suffix}" for suffix in (".py", *NODE_SUFFIXES))
    for candidate in (*files, *(folder / name / entry for entry in ENTRY_FILES)):
        if candidate.is_file():
            inside = Path(os.path.realpath(candidate)).is_relative_to(folder)
            return _conventional(candidate, folder, name) if inside else None
    return None


def place_at(root: Path, name: str) -> Place | None:
    """The function whose task root is this folder, by its entry file."""
    entry = next((root / entry for entry in ENTRY_FILES if (root / entry).is_file()), None)
    return None if entry is None else _conventional(entry, root.parent, name)


def place_of(root: Path, handler: str, language: str) -> Place:
    """What a handler's text means, as Lambda reads it: `app.handler`, `src/app.handler`, `package.module.handler`.

    The file need not exist: its absence is then the function's failure, in the runtime's own words.
    """
    if language == NODE:
        folder, _, last = handler.rpartition("/")
        stem, _, export = last.partition(".")
        base = root / folder / stem
        files = (base.with_name(f"{stem}{suffix}") for suffix in NODE_SUFFIXES)
        entry = next((file for file in files if file.is_file()), base.with_name(f"{stem}.js"))
        return Place(entry, root, False, f"{folder}/{stem}".lstrip("/"), export or "handler")
    module, _, name = handler.rpartition(".")
    path = module.replace(".", "/")
    return Place(root / f"{path}.py", root, False, path.replace("/", "."), name)


def _conventional(entry: Path, folder: Path, name: str) -> Place:
    shared = entry.parent == folder
    module = name if shared else entry.stem
    if module in sys.stdlib_module_names and entry.suffix == ".py":
        module += "_function"
    return Place(entry, entry.parent, shared, module, None)


# --- what -------------------------------------------------------------------------------------------------------------


def read_source(name: str, place: Place, traits: Traits) -> Source:
    """The function's code as it is now. Code beside the entry file and in layers counts; installed packages do not."""
    files = _top_files(place.root) if place.shared else _tree_files(place.root)
    layers = [_tree_files(layer) for layer in traits.layers]
    said = (place, traits.runtime, traits.memory_mb, tuple(sorted(traits.environment.items())), traits.layers)
    return Source(name, place, place.handler or _handler_in(place.entry), traits, (said, files, layers))


def _handler_in(entry: Path) -> str:
    """The handler's name, found in the text so that the code runs in the child only."""
    text = entry.read_bytes()
    if entry.suffix != ".py":
        return "lambdaHandler" if b"lambdaHandler" in text and not _NODE_HANDLER.search(text) else "handler"
    defined = {found[1] or found[2] for found in _DEFINES.finditer(text)}
    conventional = HANDLERS[::-1] if entry.name == "lambda_function.py" else HANDLERS
    return next((name for name in conventional if name.encode() in defined), conventional[0])


def _top_files(folder: Path) -> list[tuple[str, int, int]]:
    suffixes = (".py", *NODE_SUFFIXES)
    with os.scandir(folder) as entries:
        return sorted(_stamp(entry) for entry in entries if entry.name.endswith(suffixes) and entry.is_file())


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
