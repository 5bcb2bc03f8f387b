"""HTTP tasks against a server of our own: what is asked, what comes of the answer, and what is never shown."""

import json

import pytest
from msgspec.structs import replace

from stepwell.engine.failure import Failure, Unstartable
from stepwell.integrations.base import HttpTrace
from stepwell.integrations.http.connection import Additions, Connection, OAuth
from stepwell.integrations.http.egress import Egress, read_networks
from stepwell.integrations.http.endpoint import HttpIntegration
from tests.integrations.fake_aws import fake_aws
from tests.integrations.fakes import a_call

ARN = "arn:aws:events:us-east-1:123456789012:connection/shop/1"
JSON = {"Content-Type": "application/json"}
PLEASE = "Please see documentation for list of unsupported content-types."


class Known:
    """One connection for every ARN that names one."""

    def __init__(self, connection=None):
        self.connection = connection

    async def find(self, arn, call):
        return self.connection


class Peer:
    def __init__(self, fake, connection=Connection(), **more):  # noqa: B008
        self.egress = Egress(read_networks("127.0.0.1"), **more)
        self.task = HttpIntegration(self.egress, [Known(), Known(connection)])
        self.url = fake.url

    def call(self, **parameters):
        base = {"ApiEndpoint": f"{self.url}/a", "Method": "GET", "Authentication": {"ConnectionArn": ARN}}
        return a_call("http", "invoke", {**base, **parameters})

    async def perform(self, **parameters):
        outcome = await self.task.perform(self.call(**parameters))
        return outcome if isinstance(outcome, Failure) else outcome.value

    async def __aenter__(self):
        return self

    async def __aexit__(self, *what):
        await self.egress.close()


async def perform(answer, connection=None, **parameters):
    async with fake_aws(answer) as fake, Peer(fake, connection or Connection()) as peer:
        return await peer.perform(**parameters), fake.asked


async def test_an_answer():
    answer = (201, {**JSON, "X-A": "1"}, b'{"a": 1.0}')
    outcome, [asked] = await perform(answer, Method="POST", RequestBody={"q": 1}, Headers={"X-Q": "2"})
    assert outcome.keys() == {"Headers", "ResponseBody", "StatusCode", "StatusText"}
    assert (outcome["ResponseBody"], outcome["StatusCode"], outcome["StatusText"]) == ({"a": 1.0}, 201, "Created")
    assert outcome["Headers"]["X-A"] == ["1"]
    assert (asked.method, asked.path, asked.body, asked.headers["X-Q"]) == ("POST", "/a", b'{"q":1}', "2")
    assert asked.headers["User-Agent"] == "Amazon|StepFunctions|HttpInvoke|us-east-1"
    assert asked.headers["Range"] == "bytes=0-262144"
    assert "Accept-Encoding" not in asked.headers


@pytest.mark.parametrize(
    "content_type, body, value",
    [
        ("text/plain", b'{"a":1}', '{"a":1}'),
        ("application/problem+json", b"[1]", [1]),
        ("application/json; charset=utf-8", b"no JSON", "no JSON"),
        ("text/html; charset=latin-1", "é".encode("latin-1"), "é"),
        ("application/soap+xml", b"<a/>", "<a/>"),
        ("application/octet-stream", b"", ""),
    ],
)
async def test_bodies(content_type, body, value):
    outcome, _ = await perform((200, {"Content-Type": content_type}, body))
    assert outcome["ResponseBody"] == value


@pytest.mark.parametrize(
    "content_type, body",
    [
        ("application/octet-stream", b"text"),
        ("image/png", b"x"),
        ("image/svg+xml", b"<svg/>"),
        ("application/pdf", b"x"),
        ("text/plain", b"\xff\xfe"),
        ("text/plain; charset=nonsense", b"x"),
    ],
)
async def test_answers_that_are_no_text(content_type, body):
    outcome, _ = await perform((200, {"Content-Type": content_type}, body))
    kind = content_type.partition(";")[0]
    assert outcome == Failure("States.Runtime", f"Unsupported response content-type '{kind}'. {PLEASE}")


async def test_answers_without_a_body():
    outcome, _ = await perform((204, {}, b""))
    assert "ResponseBody" not in outcome
    outcome, [asked] = await perform((200, {}, b""), Method="HEAD")
    assert "ResponseBody" not in outcome
    assert asked.method == "HEAD"


@pytest.mark.parametrize(
    "answer, method, failure",
    [
        ((418, {}, b""), "GET", Failure("States.Http.StatusCode.418", None)),
        ((500, JSON, b'{"no": 1}'), "GET", Failure("States.Http.StatusCode.500", '{"no": 1}')),
        ((403, {}, b""), "HEAD", Failure("States.Http.StatusCode.403", "Forbidden")),
        ((302, {"Location": "/b"}, b"there"), "GET", Failure("States.Http.StatusCode.302", "there")),
        ((429, {"Content-Type": "image/png"}, b"\xff"), "GET", Failure("States.Http.StatusCode.429", "�")),
    ],
)
async def test_other_statuses(answer, method, failure):
    outcome, asked = await perform(answer, Method=method)
    assert outcome == failure
    assert len(asked) == 1


async def test_an_answer_that_no_payload_can_hold():
    outcome, _ = await perform((200, {}, b"a" * 262_145))
    text = "The state/task 'http' returned a result with a size exceeding the maximum number of bytes service limit."
    assert outcome == Failure("States.DataLimitExceeded", text)


async def test_an_answer_that_cannot_be_unpacked():
    outcome, _ = await perform((200, {"Content-Encoding": "br"}, b"x"))
    assert outcome == Failure("States.Runtime", f"Unsupported response content-encoding 'br'. {PLEASE}")


async def test_trouble_on_the_way():
    async with fake_aws((200, {}, b"")) as fake, Peer(fake) as peer:
        outcome = await peer.perform(ApiEndpoint="http://127.0.0.1:1/")
        assert outcome.error == "States.Http.Socket"
        assert "Connect" in outcome.cause
        outcome = await peer.perform(ApiEndpoint="http://169.254.169.254/latest/meta-data")
        assert outcome == Failure("States.Http.Socket", "169.254.169.254 has no address that may be called from here")


async def test_parameters_of_no_use_call_nobody():
    outcome, asked = await perform((200, {}, b""), Headers={"Host": "a"})
    assert isinstance(outcome, Unstartable)
    assert asked == []


async def test_a_connection_that_nobody_knows():
    async with fake_aws((200, {}, b"")) as fake, Peer(fake, connection=None) as peer:
        outcome = await peer.perform()
    assert outcome == Failure("Events.ConnectionResource.NotFound", f"The connection {ARN} does not exist.")
    assert fake.asked == []


async def test_a_connection_that_cannot_be_used():
    broken = Failure("Events.ConnectionResource.AccessDenied", "No")
    assert await perform((200, {}, b""), connection=broken) == (broken, [])


async def test_what_a_connection_adds():
    connection = Connection(Additions({"Authorization": "Basic Q"}, {"key": "k"}, {"by": "me"}))
    _, [asked] = await perform((200, {}, b""), connection, Method="PUT", RequestBody={"a": 1})
    assert asked.headers["Authorization"] == "Basic Q"
    assert (asked.path, json.loads(asked.body)) == ("/a?key=k", {"a": 1, "by": "me"})
    outcome, asked = await perform((200, {}, b""), connection, RequestBody="text")
    assert outcome.cause == "Cannot merge connection body authorization parameters with request body."
    assert asked == []


def token_or_answer(status):
    """A server that gives tokens at /token, and the status elsewhere."""
    count = iter(range(1, 9))

    def answer(asked):
        if asked.path == "/token":
            return 200, JSON, json.dumps({"access_token": f"t-{next(count)}"}).encode()
        return status, {}, b""

    return answer


@pytest.mark.parametrize("status, tokens", [(200, ["t-1", "t-1"]), (401, ["t-1", "t-2"]), (407, ["t-1", "t-2"])])
async def test_a_token_is_kept_until_it_is_refused(status, tokens):
    async with fake_aws(token_or_answer(status)) as fake:
        oauth = OAuth(f"{fake.url}/token", "POST", "me", "hush")
        async with Peer(fake, Connection(oauth=oauth)) as peer:
            for _ in range(2):
                await peer.perform()
    sent = [asked.headers["Authorization"] for asked in fake.asked if asked.path == "/a"]
    assert sent == [f"Bearer {token}" for token in tokens]


async def test_no_token_no_request():
    async with fake_aws((500, {}, b"")) as fake:
        oauth = OAuth(f"{fake.url}/token", "POST", "me", "hush")
        async with Peer(fake, Connection(oauth=oauth)) as peer:
            outcome = await peer.perform()
    assert outcome.error == "Events.ConnectionResource.InvalidConnectionState"
    assert [asked.path for asked in fake.asked] == ["/token"]


@pytest.mark.parametrize("reveal", [False, True])
async def test_what_whoever_tests_a_state_is_shown(reveal):
    connection = Connection(Additions({"X-Key": "hush"}, {"key": "hush"}, {"by": "hush"}))
    trace = HttpTrace(reveal=reveal)
    async with fake_aws((200, {"X-A": "1"}, b"text")) as fake, Peer(fake, connection) as peer:
        await peer.task.perform(replace(peer.call(Method="POST", RequestBody={"a": 1}), trace=trace))
    assert trace.request is not None
    assert trace.response is not None
    assert (trace.request.method, trace.response.status, trace.response.reason) == ("POST", 200, "OK")
    assert (trace.response.body, ("X-A", "1") in trace.response.headers) == ("text", True)
    assert ("hush" in repr(trace.request)) is reveal
    assert trace.request.url == f"{fake.url}/a" + ("?key=hush" if reveal else "")
    assert trace.request.body == ('{"a":1,"by":"hush"}' if reveal else '{"a":1}')


async def test_there_is_no_job():
    async with fake_aws((200, {}, b"")) as fake, Peer(fake) as peer:
        call = peer.call()
        assert (await peer.task.watch(call, call.parameters)).error == "States.Runtime"
        await peer.task.cancel(call, None)
    assert peer.task.is_repeatable("invoke") is False
