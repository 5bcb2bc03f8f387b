"""The built console: its files, as they are to be served. Where they come from is the build's affair.

Assets have a hash in their names and never change; the page itself is asked for again each time. What the build has
compressed is there in no other form, and is served so; only who takes neither form gets it unpacked. Every path that is
no file is the page, since the console has its own addresses.
"""

import gzip
import hashlib
import html
import re
from mimetypes import guess_type
from pathlib import Path
from typing import Final, NamedTuple

FOLDER: Final = Path(__file__).parent / "dist"
PAGE: Final = "index.html"
POLICY: Final = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; worker-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; frame-ancestors 'none'"
)
_GZIP: Final = ".gz"
_ENCODINGS: Final = (("br", ".br"), ("gzip", _GZIP))
_FOR_EVER: Final = "public, max-age=31536000, immutable"
_TYPES: Final = {".js": "text/javascript", ".woff2": "font/woff2", ".svg": "image/svg+xml", ".json": "application/json"}
_BASE: Final = re.compile(r'<base href="[^"]*"\s*/?>')
"""Where the page says where it lives; all its addresses are relative to that."""

NOT_BUILT: Final = """<!doctype html>
<meta charset="utf-8">
<title>Stepwell</title>
<h1>The console is not built</h1>
<p>This Stepwell runs from its sources, without the console's bundle. Build it once with</p>
<pre>make console-build</pre>
<p>and reload this page. The API is there all the same.</p>
"""


class File(NamedTuple):
    """What is answered: the body, and the headers that go with it."""

    status: int
    body: bytes
    headers: dict[str, str]


class Bundle:
    """The files of one folder, served below `base` (such as `/console/`)."""

    def __init__(self, base: str, folder: Path = FOLDER) -> None:
        self._base = base
        self._folder = folder

    def find(self, path: str, accepts: str, known: str | None) -> File:
        """The file at a path below the base. `accepts` is Accept-Encoding, `known` is If-None-Match."""
        found = self._file(path)
        if found is not None and path != PAGE:
            return self._asset(found, path, accepts, known)
        if path.startswith("assets/"):
            return File(404, b"There is no such file.\n", {"content-type": "text/plain", "cache-control": "no-store"})
        page = self._folder / PAGE
        if not page.is_file():
            return File(503, NOT_BUILT.encode(), {"content-type": _text("text/html"), "cache-control": "no-store"})
        return self._page(page, known)

    def _file(self, path: str) -> Path | None:
        """A file of the bundle itself, as if it were not compressed: nothing outside, and no compressed form alone."""
        if not path or "\0" in path or path.endswith((".br", ".gz")):
            return None
        try:
            found = (self._folder / path).resolve()
            there = found.is_file() or _packed(found, _GZIP).is_file()
            return found if there and found.is_relative_to(self._folder.resolve()) else None
        except (OSError, ValueError):  # a name that no file system takes
            return None

    def _page(self, page: Path, known: str | None) -> File:
        base = f'<base href="{html.escape(self._base)}">'
        body = _BASE.sub(base, page.read_text(encoding="utf-8"), count=1).encode()
        headers = {
            "content-type": _text("text/html"),
            "cache-control": "no-cache",
            "content-security-policy": POLICY,
            "etag": f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"',
        }
        return _unless_known(File(200, body, headers), known)

    def _asset(self, found: Path, path: str, accepts: str, known: str | None) -> File:
        kind = _TYPES.get(found.suffix) or guess_type(found.name)[0] or "application/octet-stream"
        headers = {
            "content-type": _text(kind),
            "cache-control": _FOR_EVER if path.startswith("assets/") else "no-cache",
            "content-security-policy": POLICY,  # a worker has the policy of its own file
            "vary": "accept-encoding",
        }
        for name, suffix in _ENCODINGS:
            packed = _packed(found, suffix)
            if name in accepts and packed.is_file():
                headers |= {"content-encoding": name, "etag": _tag(packed, suffix)}
                return _unless_known(File(200, packed.read_bytes(), headers), known)
        plain, packed = found.is_file(), _packed(found, _GZIP)
        body = found.read_bytes() if plain else gzip.decompress(packed.read_bytes())
        headers["etag"] = _tag(found if plain else packed, "")
        return _unless_known(File(200, body, headers), known)


def _packed(found: Path, suffix: str) -> Path:
    return found.with_name(found.name + suffix)


def _tag(source: Path, suffix: str) -> str:
    """The tag of a form of a file, by what it was made from."""
    about = source.stat()
    return f'"{about.st_size:x}-{about.st_mtime_ns:x}{suffix}"'


def _unless_known(file: File, known: str | None) -> File:
    if known is None or file.headers["etag"] not in [tag.strip().removeprefix("W/") for tag in known.split(",")]:
        return file
    return File(304, b"", file.headers)


def _text(kind: str) -> str:
    return f"{kind}; charset=utf-8" if kind.startswith("text/") or kind == "application/json" else kind
