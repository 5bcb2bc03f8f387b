"""Addresses of reads: each leads to a read, and each is on the reference page."""

import inspect
from pathlib import Path

import pytest

from stepwell.console.routes import ROUTES, Route, body_members, find_route, query_members
from stepwell.errors import ResourceNotFound, ValidationException
from stepwell.operations.reads.table import READS

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "console-reads.md").read_text()


def members_of(route: Route) -> set[str]:
    spelled = {"from": "from_ms", "to": "to_ms", "countTo": "count_to"}
    inside = {part[1:-1] for part in route.path if part.startswith("{")}
    return inside | {spelled.get(name, name) for name in route.query} | set(route.body)


def test_every_read_has_one_address() -> None:
    assert sorted(route.read for route in ROUTES) == sorted(READS)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.read)
def test_an_address_gives_what_its_read_takes(route: Route) -> None:
    parameters = inspect.signature(READS[route.read].function).parameters.values()
    takes = {parameter.name for parameter in parameters if parameter.kind is parameter.KEYWORD_ONLY}
    assert members_of(route) == takes


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.read)
def test_an_address_is_on_the_page(route: Route) -> None:
    path = "/".join(route.path).replace("{number}", "{n}")
    assert f"/console/api/{path}" in PAGE
    assert all(f"{name}=" in PAGE for name in route.query)


def test_paths_carry_what_stands_in_them() -> None:
    route, members = find_route("GET", "executions/arn%3Aaws%3Ax%2Fy%3Az/events/12")
    assert (route.read, members) == ("ExecutionEvent", {"arn": "arn:aws:x/y:z", "number": 12})
    assert find_route("GET", "documents/draft/a%2Fb%20%C3%BC")[1] == {"kind": "draft", "key": "a/b ü"}


@pytest.mark.parametrize(
    "method, path", [("GET", ""), ("GET", "nothing"), ("POST", "executions"), ("GET", "executions/a/b/c/d")]
)
def test_other_paths_lead_nowhere(method: str, path: str) -> None:
    with pytest.raises(ResourceNotFound):
        find_route(method, path)


def test_parameters() -> None:
    route, _ = find_route("GET", "metrics")
    assert query_members(route, b"from=5&to=7&machine=a%3Ab&buckets=&unknown=1") == {
        "from_ms": 5,
        "to_ms": 7,
        "machine": "a:b",
    }


@pytest.mark.parametrize("query", [b"from=x", b"from=1.5", b"from=99999999999999999999", b"&a=b" * 200])
def test_wrong_parameters_are_refused(query: bytes) -> None:
    route, _ = find_route("GET", "metrics")
    with pytest.raises(ValidationException):
        query_members(route, query)


def test_bodies() -> None:
    jobs, _ = find_route("POST", "jobs")
    assert body_members(jobs, {"action": "stop", "machine": None, "other": 1}) == {"action": "stop"}
    documents, _ = find_route("PUT", "documents/draft/k")
    assert body_members(documents, {"content": None}) == {"content": None}
    for body in ([], "x", None, {"action": 1}):
        with pytest.raises(ValidationException):
            body_members(jobs, body)


@pytest.mark.parametrize("path", ["executions/%FF/model", "executions/%00/model", "executions/%ED%A0%80/model"])
def test_any_bytes_may_stand_in_a_path(path: str) -> None:
    assert find_route("GET", path)[0].read == "ExecutionModel"
