"""Lambda tasks: payloads in, outputs and failures out, against recorded shapes; the same over a pool and over HTTP."""

import asyncio
import base64
import json
import re
import socket

import pytest
from aiohttp import web

from stepwell.engine.failure import Failure
from stepwell.functions.pool import FunctionPool
from stepwell.integrations import lambda_local
from stepwell.integrations.aws_call import AwsCaller
from stepwell.integrations.aws_lambda import Invoked, LambdaError, LambdaIntegration, SdkLambdaInvoke
from stepwell.integrations.circuit import FAILURES_MAX
from stepwell.integrations.invocations import Invocations
from stepwell.integrations.lambda_endpoint import EndpointInvoker
from stepwell.integrations.lambda_local import LocalInvoker
from stepwell.payload import Payload
from tests.integrations.fakes import ACCOUNT, REGION, a_call

ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:echo"
UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"


class FakeInvoker:
    def __init__(self, answer):
        self.answer = answer
        self.asked = []

    async def invoke(self, call, request):
        self.asked.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def answered(payload, function_error=None, version="$LATEST", status=200, log_result=None):
    return FakeInvoker(Invoked(status, payload, function_error, version, "req-1", log_result))


def an_invoke(parameters, pattern=""):
    return a_call("lambda", "invoke", parameters, pattern)


def a_plain(text):
    return a_call("lambda", "invoke", Payload(text), resource=ARN)


# --- what is sent -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "given, sent",
    [
        ({}, b"{}"),
        ({"Payload": None}, b"{}"),
        ({"Payload": {"a": 1, "b": [1.0, None]}}, b'{"a":1,"b":[1.0,null]}'),
        ({"Payload": '"HelloWorld"'}, b'"HelloWorld"'),
        ({"Payload": "null"}, b"null"),
        ({"Payload": '{"a": 1}'}, b'{"a": 1}'),
        ({"Payload": 0}, b"0"),
        ({"Payload": False}, b"false"),
    ],
)
async def test_the_payload_that_is_sent(given, sent):
    invoker = answered(b"1")
    await LambdaIntegration(invoker).perform(an_invoke({"FunctionName": "echo", **given}))
    [request] = invoker.asked
    assert (request.function_name, request.payload, request.invocation_type) == ("echo", sent, "RequestResponse")


async def test_the_arn_form_sends_its_input_as_it_is():
    invoker = answered(b"1")
    await LambdaIntegration(invoker).perform(a_plain('{"a":  1.00}'))
    [request] = invoker.asked
    assert (request.function_name, request.payload) == (ARN, b'{"a":  1.00}')


@pytest.mark.parametrize(
    "parameters, reason",
    [
        ({"Payload": 1}, "The field 'FunctionName' is required but was missing"),
        ({"functionName": "x"}, "The field 'FunctionName' is required but was missing"),
        ({"FunctionName": 1}, "The value for the field 'FunctionName' must be a STRING"),
        ({"FunctionName": "x", "Qualifier": 1}, "The value for the field 'Qualifier' must be a STRING"),
        (
            {"FunctionName": "x", "payload": 1},
            "The field \"payload\" is not supported by Step Functions. Did you mean 'Payload'?",
        ),
    ],
)
@pytest.mark.parametrize("integration", [LambdaIntegration, SdkLambdaInvoke])
async def test_parameters_of_the_wrong_shape(integration, parameters, reason):
    invoker = answered(b"1")
    outcome = await integration(invoker).perform(an_invoke(parameters))
    text = json.dumps(parameters, separators=(",", ":"))
    cause = f"The Parameters '{text}' could not be used to start the Task: [{reason}]"
    assert outcome == Failure("States.Runtime", cause)
    assert invoker.asked == []


# --- what comes back --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pattern", ["", "waitForTaskToken"])
async def test_the_output_of_invoke_is_as_recorded(pattern):
    call = an_invoke({"FunctionName": "echo"}, pattern)
    output = (await LambdaIntegration(answered(b'"HelloWorld!"')).perform(call)).value
    assert list(output) == ["ExecutedVersion", "Payload", "SdkHttpMetadata", "SdkResponseMetadata", "StatusCode"]
    assert output["ExecutedVersion"] == "$LATEST"
    assert output["Payload"] == "HelloWorld!"
    assert output["SdkResponseMetadata"] == {"RequestId": "req-1"}
    assert output["StatusCode"] == 200
    http = output["SdkHttpMetadata"]
    every = http["AllHttpHeaders"]
    assert list(http) == ["AllHttpHeaders", "HttpHeaders", "HttpStatusCode"]
    assert list(every) == [
        *("X-Amz-Executed-Version", "x-amzn-Remapped-Content-Length", "Connection", "x-amzn-RequestId"),
        *("Content-Length", "Date", "X-Amzn-Trace-Id", "Content-Type"),
    ]
    assert list(http["HttpHeaders"]) == [
        *("Connection", "Content-Length", "Content-Type", "Date", "X-Amz-Executed-Version"),
        *("x-amzn-Remapped-Content-Length", "x-amzn-RequestId", "X-Amzn-Trace-Id"),
    ]
    assert http["HttpHeaders"] == {name: value for name, [value] in every.items()}
    assert every["Content-Length"] == ["13"]
    assert every["Content-Type"] == ["application/json"]
    assert http["HttpStatusCode"] == 200


@pytest.mark.parametrize(
    "payload, parsed",
    [(b'{"a": 1.00}', {"a": 1.0}), (b"not json", "not json"), (b"", None), (b"null", None), (b"\xff", "\ufffd")],
)
async def test_the_payload_is_parsed_if_it_parses(payload, parsed):
    output = await LambdaIntegration(answered(payload)).perform(an_invoke({"FunctionName": "echo"}))
    assert output.value["Payload"] == parsed
    assert json.loads(output.text)["Payload"] == parsed


async def test_an_event_has_no_version_and_no_payload():
    parameters = {"FunctionName": "echo", "InvocationType": "Event"}
    invoker = answered(b"", version=None, status=202)
    output = (await LambdaIntegration(invoker).perform(an_invoke(parameters))).value
    assert list(output) == ["Payload", "SdkHttpMetadata", "SdkResponseMetadata", "StatusCode"]
    assert (output["Payload"], output["StatusCode"]) == (None, 202)
    assert output["SdkHttpMetadata"]["HttpStatusCode"] == 202
    assert invoker.asked[0].invocation_type == "Event"


@pytest.mark.parametrize(
    "payload, text",
    [(b'{"a":  1.00}', '{"a":  1.00}'), (b"not json", '"not json"'), (b"", "null"), (b"[]", "[]")],
)
async def test_the_arn_form_gives_the_functions_own_text(payload, text):
    assert (await LambdaIntegration(answered(payload)).perform(a_plain("{}"))).text == text


ERROR = b'{"errorMessage": "Some exception was raised.", "errorType": "Exception", "requestId": "r", "stackTrace": []}'


async def test_a_function_error_has_the_functions_name_and_text():
    integration = LambdaIntegration(answered(ERROR, "Unhandled"))
    compact = '{"errorMessage":"Some exception was raised.","errorType":"Exception","requestId":"r","stackTrace":[]}'
    assert await integration.perform(an_invoke({"FunctionName": "echo"})) == Failure("Exception", compact)
    assert await integration.perform(a_plain("{}")) == Failure("Exception", ERROR.decode())


@pytest.mark.parametrize("payload", [b'{"errorMessage":"x"}', b"oops", b"[]", b'{"errorType":7}', b'{"errorType":""}'])
async def test_a_function_error_without_a_type_is_unknown(payload):
    failure = await LambdaIntegration(answered(payload, "Unhandled")).perform(a_plain("{}"))
    reason = "The cause could not be determined because Lambda did not return an error type. Returned payload: "
    assert failure == Failure("Lambda.Unknown", reason + payload.decode())


@pytest.mark.parametrize(
    "error, name, cause",
    [
        (
            LambdaError("ResourceNotFoundException", f"Function not found: {ARN}", 404, "r"),
            "Lambda.ResourceNotFoundException",
            f"Function not found: {ARN} (Service: AWSLambda; Status Code: 404; Error Code: ResourceNotFoundException; "
            "Request ID: r; Proxy: null)",
        ),
        (
            LambdaError("AccessDeniedException", "no", 403, "r"),
            "Lambda.AWSLambdaException",
            "no (Service: AWSLambda; Status Code: 403; Error Code: AccessDeniedException; Request ID: r; Proxy: null)",
        ),
        (LambdaError(None, "Unable"), "Lambda.SdkClientException", "Unable"),
    ],
)
async def test_refusals_have_the_first_sdks_text(error, name, cause):
    integration = LambdaIntegration(FakeInvoker(error))
    assert await integration.perform(an_invoke({"FunctionName": "echo"})) == Failure(name, cause)


async def test_the_sdk_form_gives_the_answer_as_it_is():
    call = a_call("aws-sdk:lambda", "invoke", {"FunctionName": "echo"})
    output = await SdkLambdaInvoke(answered(b'{"a": 1}')).perform(call)
    assert output.text == '{"ExecutedVersion":"$LATEST","Payload":"{\\"a\\": 1}","StatusCode":200}'
    output = await SdkLambdaInvoke(answered(b"{}", "Unhandled", log_result="TE9H")).perform(call)
    assert output.value == {
        "ExecutedVersion": "$LATEST",
        "FunctionError": "Unhandled",
        "LogResult": "TE9H",
        "Payload": "{}",
        "StatusCode": 200,
    }
    output = await SdkLambdaInvoke(answered(b"", version=None, status=202)).perform(call)
    assert output.text == '{"Payload":"","StatusCode":202}'
    error = LambdaError("ResourceNotFoundException", "Function not found: x", 404, "r")
    assert await SdkLambdaInvoke(FakeInvoker(error)).perform(call) == Failure(
        "Lambda.ResourceNotFoundException",
        "Function not found: x (Service: Lambda, Status Code: 404, Request ID: r) (SDK Attempt Count: 1)",
    )


async def test_function_calls_are_not_repeatable_and_start_no_jobs():
    for integration in (LambdaIntegration(answered(b"1")), SdkLambdaInvoke(answered(b"1"))):
        call = an_invoke({"FunctionName": "echo"})
        assert not integration.is_repeatable("invoke")
        assert isinstance(await integration.watch(call, call.parameters), Failure)
        await integration.cancel(call, None)


# --- local functions --------------------------------------------------------------------------------------------------


@pytest.fixture
async def local(tmp_path):
    (tmp_path / "echo.py").write_text("def handler(event, context):\n    return event\n")
    (tmp_path / "marks.py").write_text("def handler(event, context):\n    open(event, 'w').close()\n")
    (tmp_path / "tells.py").write_text("def handler(event, context):\n    return context.client_context.custom\n")
    (tmp_path / "fails.py").write_text(
        "def handler(event, context):\n    raise Exception('Some exception was raised.')\n"
    )
    pool = FunctionPool(tmp_path)
    yield LambdaIntegration(LocalInvoker(pool, Invocations(pool)))
    await pool.close()


async def test_local_functions_answer(local):
    assert (await local.perform(a_plain('{"a":  1}'))).text == '{"a": 1}'
    output = (await local.perform(an_invoke({"FunctionName": "echo", "Payload": {"a": 1}}))).value
    assert output["Payload"] == {"a": 1}
    failure = await local.perform(an_invoke({"FunctionName": "fails"}))
    assert failure.error == "Exception"
    assert json.loads(failure.cause)["errorMessage"] == "Some exception was raised."


@pytest.mark.parametrize(
    "name, extra, arn",
    [
        ("nosuch", {}, f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:nosuch"),
        ("nosuch", {"Qualifier": "live"}, f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:nosuch:live"),
        (
            "arn:aws:lambda:eu-west-1:111122223333:function:nosuch",
            {},
            "arn:aws:lambda:eu-west-1:111122223333:function:nosuch",
        ),
    ],
)
async def test_an_unknown_local_function_has_aws_text(local, name, extra, arn):
    for invocation_type in ("RequestResponse", "Event"):
        call = an_invoke({"FunctionName": name, "InvocationType": invocation_type, **extra})
        failure = await local.perform(call)
        assert failure.error == "Lambda.ResourceNotFoundException"
        details = f"Service: AWSLambda; Status Code: 404; Error Code: ResourceNotFoundException; Request ID: {UUID}"
        assert re.fullmatch(rf"Function not found: {arn} \({details}; Proxy: null\)", failure.cause)


async def test_other_local_refusals(local):
    failure = await local.perform(an_invoke({"FunctionName": "../echo"}))
    assert failure.error == "Lambda.AWSLambdaException"
    assert "Value '../echo' at 'functionName' failed to satisfy constraint" in failure.cause
    failure = await local.perform(an_invoke({"FunctionName": "echo", "Payload": "hello there"}))
    assert failure.error == "Lambda.InvalidRequestContentException"
    start = "Could not parse request body into json: Could not parse payload into json: Unrecognized token 'hello'"
    assert failure.cause.startswith(start)
    failure = await local.perform(an_invoke({"FunctionName": "echo", "Payload": "x" * 7_000_000}))
    assert failure.error == "Lambda.InvalidRequestContentException"
    failure = await local.perform(an_invoke({"FunctionName": "echo", "Payload": f'"{"x" * 7_000_000}"'}))
    assert failure.error == "Lambda.RequestTooLargeException"
    failure = await local.perform(an_invoke({"FunctionName": "echo", "ClientContext": "no base64"}))
    assert failure.error == "Lambda.InvalidRequestContentException"


async def test_a_local_function_beyond_its_reserved_concurrency_is_refused_as_by_aws(local, tmp_path):
    (tmp_path / "functions.toml").write_text("[functions.echo]\nreserved_concurrency = 0\n")
    failure = await local.perform(an_invoke({"FunctionName": "echo"}))
    assert failure.error == "Lambda.TooManyRequestsException"
    details = f"Service: AWSLambda; Status Code: 429; Error Code: TooManyRequestsException; Request ID: {UUID}"
    assert re.fullmatch(rf"Rate Exceeded\. \({details}; Proxy: null\)", failure.cause)


async def test_an_event_beyond_reserved_concurrency_is_run_later(local, tmp_path, monkeypatch):
    monkeypatch.setattr(lambda_local, "RETRY_S", 0.02)
    (tmp_path / "functions.toml").write_text("[functions.marks]\nreserved_concurrency = 0\n")
    mark = tmp_path / "mark"
    parameters = {"FunctionName": "marks", "Payload": json.dumps(str(mark)), "InvocationType": "Event"}
    assert (await local.perform(an_invoke(parameters))).value["StatusCode"] == 202
    await asyncio.sleep(0.1)
    assert not mark.exists()
    (tmp_path / "functions.toml").unlink()
    async with asyncio.timeout(20):
        while not mark.exists():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_events_at_once_are_bounded(local, tmp_path, monkeypatch):
    monkeypatch.setattr(lambda_local, "EVENTS_MAX", 1)
    (tmp_path / "functions.toml").write_text("[functions.echo]\nreserved_concurrency = 0\n")
    parameters = {"FunctionName": "echo", "InvocationType": "Event"}
    assert (await local.perform(an_invoke(parameters))).value["StatusCode"] == 202
    assert (await local.perform(an_invoke(parameters))).error == "Lambda.TooManyRequestsException"


async def test_a_broken_list_of_functions_fails_the_task_and_says_why(local, tmp_path):
    (tmp_path / "functions.toml").write_text("[functions.echo]\ntimeout = 3\n")
    failure = await local.perform(an_invoke({"FunctionName": "echo"}))
    assert failure.error == "Lambda.ServiceException"
    assert "functions.toml: echo: there is no field 'timeout'" in failure.cause


async def test_local_events_dry_runs_and_client_context(local, tmp_path):
    mark = tmp_path / "mark"
    parameters = {"FunctionName": "marks", "Payload": json.dumps(str(mark)), "InvocationType": "DryRun"}
    assert (await local.perform(an_invoke(parameters))).value["StatusCode"] == 204
    assert not mark.exists()
    output = await local.perform(an_invoke({**parameters, "InvocationType": "Event"}))
    assert (output.value["Payload"], output.value["StatusCode"]) == (None, 202)
    for _ in range(200):
        if mark.exists():
            break
        await asyncio.sleep(0.02)
    assert mark.exists()
    context = {"custom": {"who": "é"}}
    for given in (context, base64.b64encode(json.dumps(context).encode()).decode()):
        output = await local.perform(an_invoke({"FunctionName": "tells", "ClientContext": given}))
        assert output.value["Payload"] == {"who": "é"}


# --- an endpoint ------------------------------------------------------------------------------------------------------


class FakeLambda:
    """A Lambda API on a loopback port: answers with what it is told to and keeps the requests."""

    def __init__(self):
        self.requests = []
        self.status, self.headers, self.body = 200, {"X-Amz-Executed-Version": "$LATEST", "x-amzn-RequestId": "r"}, b"1"
        self.hang = False

    async def start(self):
        self.runner = web.ServerRunner(web.Server(self.answer, handler_cancellation=True), shutdown_timeout=0.1)
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", 0).start()
        self.port = self.runner.addresses[0][1]
        return f"http://127.0.0.1:{self.port}/"

    async def answer(self, request):
        self.requests.append((request.method, request.raw_path, dict(request.headers), await request.read()))
        if self.hang:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                self.requests.append("cut")
                raise
        return web.Response(status=self.status, headers=self.headers, body=self.body)


@pytest.fixture
async def remote(monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    server = FakeLambda()
    invoker = EndpointInvoker(await server.start(), AwsCaller({}), Invocations())
    yield server, LambdaIntegration(invoker)
    await invoker.close()
    await server.runner.cleanup()


async def test_the_request_to_an_endpoint(remote):
    server, integration = remote
    parameters = {
        "FunctionName": "echo",
        "Payload": {"a": 1},
        "Qualifier": "live",
        "LogType": "Tail",
        "ClientContext": {"custom": {}},
    }
    server.headers = {**server.headers, "X-Amz-Log-Result": "TE9H"}
    output = (await integration.perform(an_invoke(parameters))).value
    assert output["Payload"] == 1
    assert output["LogResult"] == "TE9H"
    assert output["ExecutedVersion"] == "$LATEST"
    assert output["SdkResponseMetadata"] == {"RequestId": "r"}
    [(method, path, headers, body)] = server.requests
    assert (method, path) == ("POST", "/2015-03-31/functions/echo/invocations?Qualifier=live")
    assert body == b'{"a":1}'
    assert headers["X-Amz-Invocation-Type"] == "RequestResponse"
    assert headers["X-Amz-Log-Type"] == "Tail"
    assert base64.b64decode(headers["X-Amz-Client-Context"]) == b'{"custom":{}}'
    scope = (
        rf"AWS4-HMAC-SHA256 Credential={ACCOUNT}/[0-9]{{8}}/{REGION}/lambda/aws4_request, .*Signature=[0-9a-f]{{64}}"
    )
    assert re.fullmatch(scope, headers["Authorization"])


async def test_the_arn_form_at_an_endpoint_is_signed_for_its_region(remote, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    server, integration = remote
    server.body = b'{"x":  1}'
    arn = "arn:aws:lambda:eu-west-1:111122223333:function:echo:$LATEST"
    output = await integration.perform(a_call("lambda", "invoke", Payload("{}"), resource=arn))
    assert output.text == '{"x":  1}'
    [(_, path, headers, body)] = server.requests
    assert path == f"/2015-03-31/functions/{arn}/invocations"
    assert body == b"{}"
    assert "Credential=AKIDEXAMPLE/" in headers["Authorization"]
    assert "/eu-west-1/lambda/" in headers["Authorization"]
    assert headers["Authorization"].rpartition("Signature=")[2] == signature_of(server.requests[0], "secret")


def signature_of(request, secret):
    """The signature that the received request should have, by botocore."""
    import datetime

    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    method, path, headers, body = request
    signed = re.search("SignedHeaders=([^,]*)", headers["Authorization"])[1].split(";")
    kept = {name: value for name, value in headers.items() if name.lower() in signed}
    expected = AWSRequest(method=method, url=f"http://{headers['Host']}{path}", data=body, headers=kept)
    signer = SigV4Auth(Credentials("AKIDEXAMPLE", secret), "lambda", "eu-west-1")
    at = datetime.datetime.strptime(headers["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.UTC)
    expected.context["timestamp"] = at.strftime("%Y%m%dT%H%M%SZ")
    text = signer.string_to_sign(expected, signer.canonical_request(expected))
    return signer.signature(text, expected)


@pytest.mark.parametrize(
    "status, error_type, body, error, cause",
    [
        (
            404,
            "ResourceNotFoundException:http://internal",
            b'{"Type":"User","Message":"Function not found: x"}',
            "Lambda.ResourceNotFoundException",
            "Function not found: x (Service: AWSLambda; Status Code: 404; Error Code: ResourceNotFoundException; "
            "Request ID: r; Proxy: null)",
        ),
        (
            400,
            "",
            b'{"__type":"a#InvalidRequestContentException","message":"m"}',
            "Lambda.InvalidRequestContentException",
            "m (Service: AWSLambda; Status Code: 400; Error Code: InvalidRequestContentException; Request ID: r; "
            "Proxy: null)",
        ),
        (
            502,
            "",
            b"bad gateway",
            "Lambda.ServiceException",
            "bad gateway (Service: AWSLambda; Status Code: 502; Error Code: ServiceException; Request ID: r; "
            "Proxy: null)",
        ),
    ],
)
async def test_an_endpoints_refusals(remote, status, error_type, body, error, cause):
    server, integration = remote
    server.status, server.body = status, body
    server.headers = {"x-amzn-RequestId": "r", "x-amzn-ErrorType": error_type}
    assert await integration.perform(an_invoke({"FunctionName": "x"})) == Failure(error, cause)
    assert len(server.requests) == 1


async def test_a_function_error_and_an_event_at_an_endpoint(remote):
    server, integration = remote
    server.headers = {**server.headers, "X-Amz-Function-Error": "Unhandled"}
    server.body = ERROR
    assert (await integration.perform(a_plain("{}"))) == Failure("Exception", ERROR.decode())
    server.headers, server.status, server.body = {"x-amzn-RequestId": "r"}, 202, b""
    output = (await integration.perform(an_invoke({"FunctionName": "x", "InvocationType": "Event"}))).value
    assert (output["Payload"], output["StatusCode"]) == (None, 202)


async def test_a_call_that_is_cancelled_lets_the_connection_go(remote):
    server, integration = remote
    server.hang = True
    task = asyncio.create_task(integration.perform(an_invoke({"FunctionName": "x"})))
    for _ in range(200):
        if server.requests:
            break
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    for _ in range(200):
        if server.requests[-1] == "cut":
            break
        await asyncio.sleep(0.01)
    assert server.requests[-1] == "cut"


async def test_an_endpoint_that_does_not_answer(remote):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for endpoint, text in (
        (f"http://127.0.0.1:{port}", f"Connect to 127.0.0.1:{port} failed: Connection refused (Connection refused)"),
        ("http://no-such-host.invalid", "no-such-host.invalid: Name or service not known"),
    ):
        invoker = EndpointInvoker(endpoint, AwsCaller({}), Invocations())
        failure = await LambdaIntegration(invoker).perform(an_invoke({"FunctionName": "x"}))
        await invoker.close()
        assert failure == Failure("Lambda.SdkClientException", f"Unable to execute HTTP request: {text}")


async def test_an_endpoint_that_breaks_off_is_called_once(remote):
    calls = []

    async def cut(reader, writer):
        calls.append(await reader.readuntil(b"\r\n\r\n"))
        writer.close()

    server = await asyncio.start_server(cut, "127.0.0.1", 0)
    invoker = EndpointInvoker(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", AwsCaller({}), Invocations())
    failure = await LambdaIntegration(invoker).perform(an_invoke({"FunctionName": "x"}))
    assert failure.error == "Lambda.SdkClientException"
    assert len(calls) == 1
    await invoker.close()
    server.close()


async def test_an_answer_beyond_all_payloads_is_a_failure(remote):
    server, integration = remote
    server.body = b"x" * (8 * 1024 * 1024 + 1)
    failure = await integration.perform(an_invoke({"FunctionName": "echo"}))
    assert failure.error == "Lambda.ServiceException"
    assert failure.cause.startswith("The answer exceeds 8388608 bytes (Service: AWSLambda; ")


async def test_an_endpoint_that_is_dead_is_left_alone(remote):
    server, integration = remote
    await server.runner.cleanup()
    causes = [(await integration.perform(an_invoke({"FunctionName": "echo"}))).cause for _ in range(FAILURES_MAX + 1)]
    assert "Connection refused" in causes[FAILURES_MAX - 1]
    assert "so this one was not tried" in causes[FAILURES_MAX]
