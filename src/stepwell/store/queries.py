"""The loader of named queries: SQL stays in `.sql` files, Python calls it by name.

A file is a series of `-- name: <name>` lines, each followed by at least one line of description and one statement.
"""

import re
from importlib.resources import files

_NAME = re.compile(r"^-- name: *([a-z][a-z0-9_]*) *$", re.MULTILINE)


def load_queries(package: str) -> dict[str, str]:
    """The statements of `queries.sql` in a package, by name. Raises ValueError when the file breaks its own rules."""
    return parse_queries(files(package).joinpath("queries.sql").read_text("utf-8"))


def parse_queries(text: str) -> dict[str, str]:
    """Name -> statement, without comments and the final semicolon. Raises ValueError."""
    queries: dict[str, str] = {}
    pieces = _NAME.split(text)
    for name, piece in zip(pieces[1::2], pieces[2::2], strict=True):
        if name in queries:
            raise ValueError(f"two queries are named {name}")
        lines = piece.strip().splitlines()
        statement = [line.strip() for line in lines if not line.startswith("--")]
        if len(statement) == len(lines):
            raise ValueError(f"the query {name} has no description")
        queries[name] = " ".join(filter(None, statement)).rstrip("; ")
        if not queries[name]:
            raise ValueError(f"the query {name} has no statement")
    return queries
