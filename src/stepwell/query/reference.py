"""Reference paths: writing a value into a document without changing the document. Never reading: that is `jsonpath`."""

from collections.abc import Callable
from typing import Any, Final

from stepwell.payload import JsonError, print_json
from stepwell.query.failures import QueryError

CONFLICT: Final = "States.ReferencePathConflict"
_Step = str | int


class ReferencePath:
    """A path to exactly one place.

    `write(document, value)` gives a new document with `value` in that place. Only the containers along the path are
    copied, everything else is shared. Missing objects on the way are made; an index must exist. Raises `QueryError`
    with States.ReferencePathConflict where the document has something else than the path wants. (recorded)
    """

    __slots__ = ("steps", "text", "write")

    def __init__(self, text: str, steps: tuple[_Step, ...], write: Callable[[Any, Any], Any]) -> None:
        self.text = text
        self.steps = steps
        self.write = write

    def __repr__(self) -> str:
        return f"ReferencePath({self.text!r})"


def make_reference_path(text: str, steps: tuple[_Step, ...]) -> ReferencePath:
    """The reference path of that text, which has been read into names and indexes already."""
    if not steps:
        return ReferencePath(text, steps, lambda document, value: value)
    if len(steps) == 1 and isinstance(steps[0], str):
        return ReferencePath(text, steps, _write_member(text, steps[0]))
    return ReferencePath(text, steps, _write_deep(text, steps))


def _write_member(text: str, name: str) -> Callable[[Any, Any], Any]:
    def write(document: Any, value: Any) -> Any:
        if type(document) is not dict:
            raise _conflict(text, document)
        return {**document, name: value}

    return write


def _write_deep(text: str, steps: tuple[_Step, ...]) -> Callable[[Any, Any], Any]:
    before, last = steps[:-1], steps[-1]

    def write(document: Any, value: Any) -> Any:
        top: dict[str, Any] = {}
        holder: Any = top
        place: _Step = "document"
        node = document
        for step in before:
            copy = _copy(node, step)
            if copy is None:
                raise _conflict(text, document)
            holder[place] = copy
            holder, place = copy, step
            node = copy.get(step, _NEW) if isinstance(copy, dict) else copy[step]
        copy = _copy(node, last)
        if copy is None:
            raise _conflict(text, document)
        copy[last] = value
        holder[place] = copy
        return top["document"]

    return write


_NEW: Final = object()


def _copy(node: Any, step: _Step) -> Any:
    """A shallow copy of a container in which `step` can be written, or None."""
    if isinstance(step, str):
        if node is _NEW:
            return {}
        return dict(node) if isinstance(node, dict) else None
    if isinstance(node, list) and -len(node) <= step < len(node):
        return list(node)
    return None


def _conflict(text: str, document: Any) -> QueryError:
    try:
        printed = print_json(document)
    except JsonError:  # only a cause for people: a document too deep to print must not change what happened
        printed = "too deep to print"
    return QueryError(CONFLICT, f"Unable to apply ReferencePath {text} to input {printed}")
