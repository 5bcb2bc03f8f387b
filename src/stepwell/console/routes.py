"""The addresses of the console's reads: method and path to a read's name, and how its members are spelled.

A read itself is in `stepwell.operations.reads`; its page is `docs/reference/console-reads.md`.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl, unquote

from stepwell.errors import ResourceNotFound, ValidationException

_NUMBERS: Final = frozenset(
    ("at", "after", "before", "limit", "buckets", "from_ms", "to_ms", "number", "count_to", "visit")
)
_SPELLED: Final = {"from": "from_ms", "to": "to_ms", "countTo": "count_to"}
_NUMBER_MAX: Final = 1 << 53


class Route(NamedTuple):
    """One address. `query` are the parameters that it takes; with `body`, members of the JSON body."""

    method: str
    path: tuple[str, ...]
    read: str
    query: tuple[str, ...] = ()
    body: tuple[str, ...] = ()
    status: int = 200
    streams: bool = False


def _route(
    address: str,
    read: str,
    *query: str,
    body: tuple[str, ...] = (),
    status: int = 200,
    streams: bool = False,
) -> Route:
    method, path = address.split(" ")
    return Route(method, tuple(path.split("/")), read, query, body, status, streams)


ROUTES: Final[tuple[Route, ...]] = (
    _route("GET executions", "SearchExecutions", "query", "machine", "cursor", "limit", "countTo"),
    _route("GET executions/{arn}/model", "ExecutionModel", "at"),
    _route("GET executions/{arn}/events", "ExecutionEvents", "after", "before", "limit"),
    _route("GET executions/{arn}/events/{number}", "ExecutionEvent"),
    _route(
        "GET executions/{arn}/iterations",
        "ExecutionIterations",
        *("map", "path", "status", "error", "cursor", "limit"),
    ),
    _route("GET executions/{arn}/logs", "ExecutionLogs", "visit"),
    _route("GET executions/{arn}/stream", "FollowExecution", "after", streams=True),
    _route("GET stream", "FollowTopics", "topics", streams=True),
    _route("GET metrics", "Metrics", "machine", "from", "to", "buckets"),
    _route("GET metrics/states", "StateMetrics", "machine"),
    _route("GET overview", "Overview"),
    _route("GET machines", "ListMachines", "prefix", "cursor", "limit"),
    _route("GET actions", "ListActions", "of", "action"),
    _route("GET activities", "ListActivityQueues"),
    _route("GET workers", "ListWorkers"),
    _route("GET jobs", "ListJobs"),
    _route("POST jobs", "StartJob", body=("action", "query", "machine", "error", "cause"), status=202),
    _route("GET jobs/{id}", "GetJob"),
    _route("DELETE jobs/{id}", "CancelJob"),
    _route("GET documents/{kind}", "ListDocuments"),
    _route("GET documents/{kind}/{key}", "GetDocument"),
    _route("PUT documents/{kind}/{key}", "PutDocument", body=("content",)),
    _route("DELETE documents/{kind}/{key}", "DeleteDocument"),
)


def find_route(method: str, raw_path: str) -> tuple[Route, dict[str, Any]]:
    """The route of a path below `api/`, and the members that stand in it. Raises `ResourceNotFound`."""
    parts = [unquote(part, errors="surrogateescape") for part in raw_path.split("/")]
    for route in ROUTES:
        if route.method == method and len(route.path) == len(parts):
            members = {name[1:-1]: part for name, part in zip(route.path, parts, strict=True) if name.startswith("{")}
            if all(name.startswith("{") or name == part for name, part in zip(route.path, parts, strict=True)):
                return route, {name: _value(name, text) for name, text in members.items()}
    raise ResourceNotFound(f"There is no read '{method} {raw_path[:200]}'")


def query_members(route: Route, query: bytes) -> dict[str, Any]:
    """The members that the query gives; empty ones were not given. Raises `ValidationException`."""
    members: dict[str, Any] = {}
    try:
        given = parse_qsl(query.decode("latin-1"), max_num_fields=100, errors="replace")
    except ValueError:
        raise ValidationException("There are too many parameters") from None
    for name, text in given:
        if name in route.query:
            spelled = _SPELLED.get(name, name)
            members[spelled] = _value(spelled, text)
    return members


def body_members(route: Route, body: Any) -> dict[str, Any]:
    """The members that the JSON body gives. Raises `ValidationException`."""
    if not isinstance(body, Mapping):
        raise ValidationException("The body is a JSON object")
    members = {name: body[name] for name in route.body if body.get(name) is not None or name == "content"}
    for name, value in members.items():
        if name != "content" and not isinstance(value, str):
            raise ValidationException(f"'{name}' is a text")
    return members


def _value(name: str, text: str) -> Any:
    if name not in _NUMBERS:
        return text
    try:
        number = int(text)
    except ValueError:
        number = -_NUMBER_MAX
    if not -_NUMBER_MAX < number < _NUMBER_MAX:
        raise ValidationException(f"'{name}' is a whole number")
    return number
