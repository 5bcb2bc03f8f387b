"""The console over HTTP: who is answered, how errors look, and streams on the wire."""

import http.client
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from tests.server.inside import Inside

WAIT = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 3600, "End": True}}}
PASS = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}


class Asked:
    """An answer of the console."""

    def __init__(
        self, port: int, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.text = response.read()
        connection.close()

    @property
    def body(self) -> Any:
        return json.loads(self.text)


@pytest.fixture(scope="module")
def inside() -> Iterator[Inside]:
    with Inside() as server:
        yield server


def get(inside: Inside, path: str, **headers: str) -> Asked:
    return Asked(
        inside.port, "GET", f"/console/api/{path}", headers={k.replace("_", "-"): v for k, v in headers.items()}
    )


def test_a_read(inside: Inside) -> None:
    answer = get(inside, "overview")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert answer.headers["cache-control"] == "no-store" and answer.headers["x-amzn-requestid"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.body["access"] == "loopback"


@pytest.mark.parametrize(
    "path, status, code",
    [
        ("nothing", 404, "ResourceNotFound"),
        ("executions?query=status%3DX", 400, "ValidationException"),
        ("executions?limit=x", 400, "ValidationException"),
        ("executions?cursor=x", 400, "InvalidToken"),
        ("executions/x/model", 400, "InvalidArn"),
        (
            f"executions/{quote('arn:aws:states:us-east-1:000000000000:execution:m:x', safe='')}/stream",
            404,
            "ExecutionDoesNotExist",
        ),
        ("documents/draft/none", 404, "ResourceNotFound"),
        ("stream?topics=x", 400, "ValidationException"),
        ("executions/%ED%A0%80/model", 400, "InvalidArn"),
    ],
)
def test_refusals(inside: Inside, path: str, status: int, code: str) -> None:
    answer = get(inside, path)
    assert (answer.status, answer.body["code"]) == (status, code)
    assert answer.body["requestId"] == answer.headers["x-amzn-requestid"] and answer.body["message"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "stepwell.example"},
        {"Host": "127.0.0.1.example:80"},
        {"Host": "10.0.0.7:8083"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_pages_of_others_are_not_answered(inside: Inside, headers: dict[str, str]) -> None:
    answer = get(inside, "overview", **headers)
    assert (answer.status, answer.body["code"]) == (403, "AccessDeniedException")


def test_the_consoles_own_pages_are(inside: Inside) -> None:
    own = {"Origin": f"http://127.0.0.1:{inside.port}", "Sec-Fetch-Site": "same-origin"}
    assert get(inside, "overview", **own).status == 200
    assert get(inside, "overview", Host=f"localhost:{inside.port}").status == 200


def test_writes_are_json(inside: Inside) -> None:
    path = "/console/api/documents/draft/k"
    body = json.dumps({"content": 1}).encode()
    assert Asked(inside.port, "PUT", path, body).status == 400
    kind = {"content-type": "application/json; charset=utf-8"}
    assert Asked(inside.port, "PUT", path, body, kind).body["content"] == 1
    for wrong in (b"", b"{", b"[]", b"\xff", b"[" * 100_000):
        assert Asked(inside.port, "PUT", path, wrong, kind).body["code"] == "ValidationException"
    assert Asked(inside.port, "PUT", path, b" " * 2_000_000, kind).body["code"] == "RequestEntityTooLargeException"
    assert Asked(inside.port, "DELETE", path).status == 200


def test_a_job_is_accepted(inside: Inside) -> None:
    kind = {"content-type": "application/json"}
    answer = Asked(inside.port, "POST", "/console/api/jobs", b'{"action": "stop", "query": "name=none"}', kind)
    assert answer.status == 202
    assert get(inside, f"jobs/{answer.body['id']}").body["action"] == "stop"


def test_half_a_surrogate_pair_is_escaped(inside: Inside) -> None:
    arn = inside.start(inside.create(PASS), '"\\ud800"')
    inside.ended(arn)
    assert get(inside, f"executions/{quote(arn, safe='')}/events").body["events"][0]["details"]["input"]


def test_addresses_of_pages_and_of_nothing(inside: Inside) -> None:
    moved = Asked(inside.port, "GET", "/console")
    assert (moved.status, moved.headers["location"]) == (308, "/console/")
    assert Asked(inside.port, "POST", "/console/").status == 405
    assert Asked(inside.port, "GET", "/consoles/").status == 404
    assert b"/console/" in Asked(inside.port, "GET", "/").text
    assert Asked(inside.port, "HEAD", "/console/").text == b""


# Streams


class Stream:
    """Server-sent events, one after the other."""

    def __init__(self, port: int, path: str, **headers: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        self._connection.request("GET", f"/console/api/{path}", headers=headers)
        self.response = self._connection.getresponse()

    def __iter__(self) -> Iterator[tuple[str, Any, str | None]]:
        fields: dict[str, str] = {}
        while line := self.response.readline().decode():
            name, _, value = line.rstrip("\n").partition(": ")
            if line == "\n" and fields:
                yield fields["event"], json.loads(fields["data"]), fields.get("id")
                fields = {}
            elif line != "\n":
                fields[name] = value
        self.close()

    def close(self) -> None:
        self._connection.close()


def test_a_stream_on_the_wire(inside: Inside) -> None:
    arn = inside.start(inside.create(WAIT))
    stream = Stream(inside.port, f"executions/{quote(arn, safe='')}/stream")
    headers = stream.response.headers
    assert headers["content-type"] == "text/event-stream; charset=utf-8"
    assert (headers["cache-control"], headers["x-accel-buffering"]) == ("no-store", "no")
    assert headers["content-encoding"] is None
    told = iter(stream)
    event, data, number = next(told)
    assert (event, number, data["model"]["states"]["W"]["status"]) == ("snapshot", "2", "waiting")
    inside.get("StopExecution", executionArn=arn)
    assert [(event, number) for event, _, number in told] == [
        ("status", None),
        ("h", "3"),
        ("status", None),
        ("bye", None),
    ]


def test_last_event_id_is_where_a_stream_goes_on(inside: Inside) -> None:
    arn = inside.start(inside.create(PASS))
    inside.ended(arn)
    path = f"executions/{quote(arn, safe='')}/stream"
    for where, headers in (
        (path, {"Last-Event-ID": "2"}),
        (f"{path}?after=2", {}),
        (f"{path}?after=1", {"Last-Event-ID": "2"}),
    ):
        found = {event: data for event, data, _ in Stream(inside.port, where, **headers)}
        assert [event["id"] for event in found["h"]] == [3, 4]
    assert next(iter(Stream(inside.port, path, **{"Last-Event-ID": "x"})))[0] == "snapshot"


def test_readers_that_go_away_leave_nothing(inside: Inside) -> None:
    arn = inside.start(inside.create(WAIT))
    streams = [Stream(inside.port, f"executions/{quote(arn, safe='')}/stream") for _ in range(5)]
    for stream in streams:
        assert next(iter(stream))[0] == "snapshot"
        stream.close()
    inside.get("StopExecution", executionArn=arn)
    assert get(inside, "overview").status == 200


def test_streams_end_with_the_server() -> None:
    with Inside() as server:
        arn = server.start(server.create(WAIT))
        stream = Stream(server.port, f"executions/{quote(arn, safe='')}/stream")
        told = iter(stream)
        assert next(told)[0] == "snapshot"
    assert [event for event, _, _ in told] == ["status"]
