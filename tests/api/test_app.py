"""The request path: its steps, its order, its answers and what it never does."""

import asyncio
import logging

import orjson
import pytest

from stepwell.api import make_app
from stepwell.api.trusting import trusting_authenticate
from stepwell.errors import AccessDeniedException, InvalidArn, ServiceUnavailable
from stepwell.hosts import Hosts
from stepwell.limits import Limits

TYPE = (b"content-type", b"application/x-amz-json-1.0")
START = (b"x-amz-target", b"AWSStepFunctions.StartExecution")
POLL = (b"x-amz-target", b"AWSStepFunctions.GetActivityTask")
BODY = b'{"stateMachineArn":"arn:x"}'


async def answer_nothing(caller, name, members):
    return {}


class Client:
    """One request, in process: `messages` are what the transport gives; then the client waits, or has gone."""

    def __init__(self, app, *messages, headers=(TYPE, START), path="/", method="POST", gone=False):
        self.app, self.messages, self.gone = app, list(messages), gone
        self.scope = {
            "type": "http",
            "method": method,
            "path": path,
            "headers": list(headers),
            "client": ("10.0.0.9", 5),
        }
        self.sent = []

    async def _receive(self):
        if self.messages:
            return self.messages.pop(0)
        if not self.gone:
            await asyncio.Event().wait()
        return {"type": "http.disconnect"}

    async def _send(self, message):
        self.sent.append(message)

    async def call(self):
        await self.app(self.scope, self._receive, self._send)
        return self

    @property
    def status(self):
        return self.sent[0]["status"]

    @property
    def headers(self):
        return {name.decode(): value.decode() for name, value in self.sent[0]["headers"]}

    @property
    def body(self):
        return orjson.loads(self.sent[1]["body"])


def named(host):
    return (TYPE, START, (b"host", host))


def chunk(body, more=False):
    return {"type": "http.request", "body": body, "more_body": more}


def ask(app, *messages, **options):
    return asyncio.run(Client(app, *(messages or (chunk(BODY),)), **options).call())


@pytest.mark.parametrize("host", [b"127.0.0.1:8083", b"sync-localhost", b"sync-stepwell.test"])
def test_its_own_names_are_answered(host):
    assert ask(make_app(answer_nothing, hosts=Hosts(["stepwell.test"])), headers=named(host)).status == 200


def test_a_name_that_somebody_else_made_lead_here():
    async def dispatch(caller, name, members):
        raise AssertionError("nothing is done for it")

    answer = ask(make_app(dispatch), headers=named(b"rebound.example:8083"))
    assert (answer.status, answer.body["__type"]) == (400, "com.amazon.coral.service#AccessDeniedException")
    assert "rebound.example:8083" in answer.body["Message"]


def test_success():
    async def dispatch(caller, name, members):
        assert (name, members) == ("StartExecution", {"state_machine_arn": "arn:x"})
        return {"execution_arn": "e", "start_date": 1500, "nothing": None} and {
            "execution_arn": "e",
            "start_date": 1500,
        }

    answer = ask(make_app(dispatch))
    assert answer.status == 200
    assert answer.body == {"executionArn": "e", "startDate": 1.5}
    assert answer.headers["content-type"] == "application/x-amz-json-1.0"
    assert answer.headers["content-length"] == str(len(answer.sent[1]["body"]))
    assert len(answer.headers["x-amzn-requestid"]) == 36


def test_body_in_chunks():
    answer = ask(make_app(answer_nothing), chunk(BODY[:5], True), chunk(b"", True), chunk(BODY[5:], True), chunk(b""))
    assert answer.status == 200


@pytest.mark.parametrize("chunks", [1, 2, 7])
def test_body_too_large(chunks):
    app = make_app(answer_nothing, limits=Limits(request_bytes_max=100))
    parts = [chunk(b"x" * 101, more=index < chunks - 1) for index in range(chunks)]
    answer = ask(app, *parts)
    assert answer.status == 413
    assert answer.body["__type"].endswith("#RequestEntityTooLargeException")
    assert answer.headers["connection"] == "close"
    assert ask(app, chunk(BODY.ljust(100))).status == 200


def test_endless_body_is_not_read_to_its_end():
    messages = [chunk(b"x" * 1_000_000, True) for _ in range(100)]
    client = Client(make_app(answer_nothing), *messages)
    asyncio.run(client.call())
    assert client.status == 413
    assert len(client.messages) > 80


def test_client_that_goes_while_sending_gets_no_answer():
    assert ask(make_app(answer_nothing), chunk(b"{", True), gone=True).sent == []


@pytest.mark.parametrize("target", ["AWSStepFunctions.Fly", "StartExecution", "DynamoDB_20120810.ListTables", "é", ""])
def test_unknown_operation(target):
    answer = ask(make_app(answer_nothing), headers=(TYPE, (b"x-amz-target", target.encode("latin-1"))))
    assert answer.status == 400
    assert answer.body["__type"] == "com.amazon.coral.service#UnknownOperationException"
    assert answer.headers["x-amzn-errortype"] == "UnknownOperationException"


def test_missing_target():
    answer = ask(make_app(answer_nothing), headers=(TYPE,))
    assert answer.body["message"] == "The header X-Amz-Target is missing: it names the operation"


def test_operation_that_this_server_lacks():
    answer = ask(make_app(answer_nothing, available={"CreateActivity"}))
    assert answer.body == {
        "__type": "com.amazon.coral.service#UnknownOperationException",
        "message": "The operation StartExecution is not available in this release of Stepwell",
    }


@pytest.mark.parametrize(
    "content_type", [b"application/cbor", b"application/x-www-form-urlencoded; charset=utf-8", b""]
)
def test_other_protocols_are_refused(content_type):
    answer = ask(make_app(answer_nothing), headers=((b"content-type", content_type), START))
    assert answer.status == 400
    assert answer.body["__type"].endswith("#UnknownOperationException")
    assert "application/x-amz-json-1.0" in answer.body["message"]


@pytest.mark.parametrize("content_type", [b"Application/X-Amz-Json-1.0; charset=utf-8", b"application/json"])
def test_other_spellings_of_json_are_taken(content_type):
    assert ask(make_app(answer_nothing), headers=((b"content-type", content_type), START)).status == 200


def test_modelled_error():
    async def refuse(caller, name, members):
        raise InvalidArn("Invalid Arn: 'x'")

    answer = ask(make_app(refuse))
    assert answer.status == 400
    assert answer.body == {"__type": "com.amazonaws.swf.service.v2.model#InvalidArn", "message": "Invalid Arn: 'x'"}
    assert answer.headers["x-amzn-errortype"] == "InvalidArn"


def test_fault_is_logged_once_and_not_told(caplog):
    async def fail(caller, name, members):
        raise RuntimeError("secret detail")

    with caplog.at_level(logging.DEBUG, "stepwell.api"):
        answer = ask(make_app(fail))
    assert answer.status == 500
    assert answer.body["__type"] == "com.amazon.coral.service#InternalFailure"
    assert "secret" not in answer.body["message"]
    (record,) = caplog.records
    assert answer.headers["x-amzn-requestid"] in record.getMessage()
    assert "StartExecution" in record.getMessage()
    assert record.exc_info is not None


def test_answer_that_the_model_lacks_is_a_fault(caplog):
    async def odd(caller, name, members):
        return {"stranger": 1}

    assert ask(make_app(odd)).status == 500
    assert len(caplog.records) == 1


def test_order_of_the_steps():
    seen = []

    def authenticate(headers, body, request_id):
        seen.append(("authenticate", body))
        return trusting_authenticate("111111111111", "r")(headers, body, request_id)

    def authorise(caller, action, members):
        seen.append(("authorise", caller.account, action, members))

    async def dispatch(caller, name, members):
        seen.append(("dispatch", name))
        return {}

    def audit(exchange):
        seen.append(("audit", exchange.operation, exchange.status))

    app = make_app(dispatch, authenticate=authenticate, authorise=authorise, audit=audit)
    ask(app)
    assert seen == [
        ("authenticate", BODY),
        ("authorise", "111111111111", "states:StartExecution", {"state_machine_arn": "arn:x"}),
        ("dispatch", "StartExecution"),
        ("audit", "StartExecution", 200),
    ]
    seen.clear()
    ask(app, chunk(b"no json"))
    assert [step[0] for step in seen] == ["authenticate", "audit"]


def test_denial_has_a_capital_message_and_nothing_runs():
    def authorise(caller, action, members):
        raise AccessDeniedException(f"User: {caller.principal} is not authorized to perform: {action}")

    async def dispatch(caller, name, members):
        raise AssertionError

    answer = ask(make_app(dispatch, authorise=authorise))
    assert answer.status == 400
    assert answer.body["Message"].endswith("is not authorized to perform: states:StartExecution")


def test_audit_is_told_of_success_and_error_and_its_faults_hurt_nobody(caplog):
    told = []

    async def dispatch(caller, name, members):
        if members["state_machine_arn"] == "bad":
            raise InvalidArn("no")
        return {"execution_arn": "e"}

    app = make_app(dispatch, audit=told.append)
    headers = (TYPE, START, (b"user-agent", b"Boto3/1"))
    ask(app, headers=headers)
    ask(app, chunk(b'{"stateMachineArn":"bad"}'), headers=headers)
    good, bad = told
    assert (good.status, good.error, good.result) == (200, None, {"execution_arn": "e"})
    assert (good.source, good.user_agent) == ("10.0.0.9", "Boto3/1")
    assert good.members == {"state_machine_arn": "arn:x"}
    assert 0 < good.elapsed_ms < 10_000
    assert (bad.status, bad.error.code, bad.result) == (400, "InvalidArn", None)
    assert good.request_id != bad.request_id

    def broken(exchange):
        raise RuntimeError

    assert ask(make_app(dispatch, audit=broken)).status == 200
    assert len(caplog.records) == 1


def test_poll_of_a_client_that_has_gone_is_cancelled():
    ended = []

    async def wait(caller, name, members):
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended.append(name)
            raise

    answer = ask(make_app(wait), chunk(b'{"activityArn":"a"}'), headers=(TYPE, POLL), gone=True)
    assert answer.sent == []
    assert ended == ["GetActivityTask"]


def test_poll_that_is_answered():
    async def give(caller, name, members):
        await asyncio.sleep(0)
        return {"task_token": "t", "input": "{}"}

    answer = ask(make_app(give), chunk(b'{"activityArn":"a"}'), headers=(TYPE, POLL))
    assert answer.body == {"taskToken": "t", "input": "{}"}


def test_poll_that_fails():
    async def fail(caller, name, members):
        raise ServiceUnavailable("later")

    answer = ask(make_app(fail), chunk(b'{"activityArn":"a"}'), headers=(TYPE, POLL))
    assert answer.status == 503


@pytest.mark.parametrize("headers", [(TYPE, START), (TYPE, POLL)])
def test_request_that_the_server_cancels_is_answered(headers):
    async def wait(caller, name, members):
        await asyncio.Event().wait()

    async def cancel():
        body = b'{"activityArn":"a","stateMachineArn":"a"}'
        client = Client(make_app(wait), chunk(body), headers=headers)
        task = asyncio.create_task(client.call())
        await asyncio.sleep(0.01)
        task.cancel()
        return await task

    answer = asyncio.run(cancel())
    assert answer.status == 503
    assert answer.body["__type"] == "com.amazon.coral.availability#ServiceUnavailableException"


@pytest.mark.parametrize(
    "method, path, status",
    [
        ("GET", "/", 200),
        ("HEAD", "/", 200),
        ("GET", "/health", 200),
        ("GET", "/health/ready", 200),
        ("POST", "/health/ready", 405),
        ("PUT", "/", 405),
        ("OPTIONS", "/", 405),
        ("POST", "/health", 405),
        ("GET", "/nowhere", 404),
        ("POST", "/service/AWSStepFunctions/operation/StartExecution", 404),
    ],
)
def test_pages(method, path, status):
    answer = ask(make_app(answer_nothing), method=method, path=path, headers=((b"host", b"steps:8083"),))
    assert answer.status == status
    assert "x-amzn-requestid" in answer.headers
    if status >= 400:
        assert answer.body["__type"] == "com.amazon.coral.service#UnknownOperationException"
        assert answer.headers["x-amzn-errortype"] == "UnknownOperationException"
    if status == 405:
        assert "GET" in answer.headers["allow"]
    if path == "/health" and status == 200:
        assert answer.body == {"status": "ok"}
    if path == "/" and status == 200:
        assert b"Stepwell" in answer.sent[1]["body"]
        assert b"--endpoint-url http://steps:8083" in answer.sent[1]["body"]


@pytest.mark.parametrize(("ready", "status"), [(True, 200), (False, 503)])
def test_readiness_is_not_health(ready, status):
    app = make_app(answer_nothing, ready=lambda: ready)
    answer = ask(app, method="GET", path="/health/ready")
    assert (answer.status, answer.body) == (status, {"status": "ready" if ready else "not ready"})
    assert ask(app, method="GET", path="/health").status == 200


def test_other_protocols_of_the_transport_are_left_alone():
    client = Client(make_app(answer_nothing))
    client.scope = {"type": "lifespan"}
    assert asyncio.run(client.call()).sent == []
