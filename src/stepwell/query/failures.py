"""The three ways in which a query goes wrong: its text, its data, its arguments.

Here live the exceptions of this room. Never the words around them that name a state or a field: those are the caller's.
"""

from typing import Final

RUNTIME: Final = "States.Runtime"


class PathSyntaxError(ValueError):
    """A path or an intrinsic call that is not well formed; `position` counts characters from 0."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(f"{message} at position {position}")
        self.position = position


class QueryError(Exception):
    """A query that cannot be answered; `error` is the States.* name and `cause` the text for people."""

    def __init__(self, error: str, cause: str) -> None:
        super().__init__(f"{error}: {cause}")
        self.error = error
        self.cause = cause


class PathNotFound(QueryError):
    """A definite path that leads nowhere: `text` is the path as written, `detail` says where it broke off.

    The cause has the form recorded for InputPath, OutputPath and the like: `Invalid path '$.x' : No results for ...`.
    """

    def __init__(self, text: str, detail: str) -> None:
        super().__init__(RUNTIME, f"Invalid path '{text}' : {detail}")
        self.text = text
        self.detail = detail


class InvalidArguments(ValueError):
    """An intrinsic function was given what it cannot take; becomes a `QueryError` where the call's text is known."""
