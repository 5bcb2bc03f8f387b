"""Events about jobs by HTTP: taken from anybody who names this server, in JSON, and never a reason to fail."""

import asyncio

import orjson
import pytest

from stepwell.api import make_app
from stepwell.api.job_events import PATH, JobEvents
from stepwell.hosts import Hosts
from stepwell.limits import AWS, Limits
from tests.api.test_app import Client, answer_nothing, chunk

JSON = (b"content-type", b"application/json; charset=utf-8")


def post(body, *, headers=(JSON,), method="POST", limits=AWS):
    heard = []
    app = make_app(answer_nothing, hooks={PATH: JobEvents(heard.append, Hosts(), limits)})
    answer = asyncio.run(Client(app, chunk(body), headers=headers, path=PATH, method=method).call())
    return answer, heard


def test_an_event_is_heard():
    answer, heard = post(orjson.dumps({"detail": {"jobId": "7"}}))
    assert (answer.status, answer.body, heard) == (202, {}, [{"detail": {"jobId": "7"}}])
    assert answer.headers["x-amzn-requestid"]


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000])
def test_what_is_no_json(body):
    answer, heard = post(body)
    assert (answer.status, answer.headers["x-amzn-errortype"], heard) == (400, "SerializationException", [])


@pytest.mark.parametrize(
    "headers, code",
    [
        ((), "SerializationException"),
        (((b"content-type", b"text/plain"),), "SerializationException"),  # what a page may send without asking
        ((JSON, (b"host", b"rebound.example")), "AccessDeniedException"),
    ],
)
def test_pages_of_others_are_not_heard(headers, code):
    answer, heard = post(b"{}", headers=headers)
    assert (answer.status, answer.headers["x-amzn-errortype"], heard) == (400, code, [])


def test_only_by_post_and_within_the_limit():
    answer, _ = post(b"", method="GET")
    assert (answer.status, answer.headers["allow"]) == (405, "POST")
    answer, heard = post(b'"' + b"x" * 200 + b'"', limits=Limits(request_bytes_max=100))
    assert (answer.status, heard) == (413, [])
