"""What an HTTP task asks: parameters, and what its connection adds."""

import pytest

from stepwell.engine.failure import Failure, Unstartable
from stepwell.integrations.http.connection import Additions
from stepwell.integrations.http.request import build, connection_arn, parameter_failure
from stepwell.payload import Payload
from tests.integrations.fakes import a_call

ARN = "arn:aws:events:us-east-1:123456789012:connection/shop/1"
BASE = {"ApiEndpoint": "https://api.example/a", "Method": "POST", "Authentication": {"ConnectionArn": ARN}}


def built(additions=None, *, hide=False, **more):
    return build(a_call("http", "invoke", {**BASE, **more}), additions or Additions(), hide=hide)


def reason(**more):
    given = {name: value for name, value in {**BASE, **more}.items() if value is not ...}
    failure = parameter_failure(Payload.of(given))
    if failure is None:
        return None
    assert isinstance(failure, Unstartable)
    assert failure.error == "States.Runtime"
    assert failure.cause.startswith("The Parameters '{")
    return failure.cause.partition("Task: ")[2]


def test_a_plain_request():
    request = built(Method="GET")
    assert (request.method, request.url, request.body) == ("GET", "https://api.example/a", None)
    assert request.headers == {
        "User-Agent": "Amazon|StepFunctions|HttpInvoke|us-east-1",
        "Range": "bytes=0-262144",
    }


def test_a_json_body_goes_with_any_method():
    request = built(Method="GET", RequestBody={})
    assert request.body == "{}"
    assert request.headers["Content-Type"] == "application/json; charset=UTF-8"
    assert built(RequestBody="as it is").body == "as it is"
    assert built(RequestBody=[1, None]).body == "[1,null]"


def test_headers_of_the_task_replace_ours_whatever_their_case():
    request = built(RequestBody={}, Headers={"content-type": "application/vnd.api+json", "X-A": ["1", "2"], "X-N": 7})
    assert request.headers["Content-Type"] == "application/vnd.api+json"
    assert (request.headers["X-A"], request.headers["X-N"]) == ("1, 2", "7")


def test_a_query_is_added_to_the_one_that_is_there():
    more = {
        "ApiEndpoint": "https://api.example/a b?x=1#part",
        "QueryParameters": {"y": "a b", "z": [1, True], "n": None},
    }
    assert built(**more).url == "https://api.example/a%20b?x=1&y=a%20b&z=1&z=true&n="


def test_a_form():
    transform = {"RequestBodyEncoding": "URL_ENCODED", "RequestEncodingOptions": {"ArrayFormat": "REPEAT"}}
    request = built(RequestBody={"a": [1, 2]}, Transform=transform)
    assert (request.body, request.headers["Content-Type"]) == ("a=1&a=2", "application/x-www-form-urlencoded")
    assert built(RequestBody={"a": [1]}, Transform={"RequestBodyEncoding": "URL_ENCODED"}).body == "a%5B0%5D=1"
    assert built(RequestBody={"a": [1]}, Transform={"RequestBodyEncoding": "NONE"}).body == '{"a":[1]}'


def test_the_connection_wins_and_keeps_the_order():
    additions = Additions({"x-key": "C", "Authorization": "Basic Q"}, {"b": "C", "d": "C"}, {"two": "C", "three": "C"})
    request = built(
        additions,
        Headers={"X-Key": "task", "X-Own": "task"},
        QueryParameters={"a": "1", "b": "2", "c": "3"},
        RequestBody={"one": 1, "two": 2},
    )
    assert request.url.partition("?")[2] == "a=1&b=C&c=3&d=C"
    assert request.body == '{"one":1,"two":"C","three":"C"}'
    assert request.headers["X-Key"] == "C"
    assert request.headers["Authorization"] == "Basic Q"


def test_what_is_shown_without_secrets_has_nothing_of_the_connection():
    secret = "never-shown"
    additions = Additions({"x-key": secret, "Authorization": secret}, {"b": secret}, {"two": secret})
    hidden = built(
        additions,
        hide=True,
        Headers={"X-Key": "task", "X-Own": "task"},
        QueryParameters={"a": "1", "b": "2"},
        RequestBody={"one": 1, "two": 2},
    )
    assert secret not in f"{hidden}{additions}"
    assert (hidden.url.partition("?")[2], hidden.body) == ("a=1", '{"one":1}')
    assert hidden.headers.keys() == {"User-Agent", "Range", "Content-Type", "X-Own"}


def test_a_connections_body_needs_an_object_to_go_into():
    additions = Additions(body={"a": "b"})
    text = "Cannot merge connection body authorization parameters with request body."
    assert built(additions, RequestBody="text") == Failure("States.Runtime", text)
    assert not isinstance(built(additions, RequestBody="text"), Unstartable)
    assert built(additions).body == '{"a":"b"}'


@pytest.mark.parametrize(
    "name",
    [
        *("Authorization", "authorization", "HOST", "Connection", "If-Match", "X-Forwarded-For", "x-amz-date"),
        *("X-Amzn-Trace-Id", "Transfer-Encoding", "Date", "Cache-Control", "TE", "Via", "Proxy-Authorization"),
    ],
)
def test_headers_that_no_task_may_set(name):
    assert reason(Headers={name: "v"}) == f"[The 'Headers' field contains unsupported values: [{name.lower()}]]"


@pytest.mark.parametrize(
    "more, text",
    [
        ({"ApiEndpoint": ...}, "[The field 'ApiEndpoint' is required but was missing]"),
        ({"Method": ...}, "[The field 'Method' is required but was missing]"),
        ({"Authentication": ...}, "[The field 'Authentication' is required but was missing]"),
        ({"Authentication": {}}, "[The field 'Authentication' is required but was missing]"),
        ({"Body": {}}, "[The field \"Body\" is not supported by Step Functions. Did you mean 'RequestBody'?]"),
        *(
            ({name: value}, f"[The value of the field '{name}' has an invalid format]")
            for name, values in {
                "ApiEndpoint": (
                    *("api.example", "ftp://a/", "https://", "https://u:p@a/", "https://a b/", "https://a\n/", 7),
                    *("https://a:99999999/", "https://[::1/"),
                ),
                "Method": ("get", "TRACE", "CONNECT", 1),
                "Headers": (
                    "a",
                    [1],
                    {"a": {"b": 1}},
                    {"a": "b\r\nEvil: 1"},
                    {"a\n": "b"},
                    {"a": ["b\n"]},
                    {"a": [[1]]},
                ),
                "QueryParameters": ("a=b", {"a": {"b": 1}}, {"a": [[1]]}),
                "Transform": ("x", {"RequestBodyEncoding": "X"}, {"RequestEncodingOptions": {"ArrayFormat": "X"}}),
            }.items()
            for value in values
        ),
    ],
)
def test_parameters_of_no_use(more, text):
    assert reason(**more) == text


@pytest.mark.parametrize("value", ["text", None, [1]])
def test_parameters_that_are_no_object(value):
    failure = parameter_failure(Payload.of(value))
    assert failure is not None and "Unable to parse" in failure.cause


def test_the_connection_of_either_field():
    assert connection_arn({"InvocationConfig": {"ConnectionArn": "a"}, "Authentication": {"ConnectionArn": "b"}}) == "a"
    assert connection_arn({"Authentication": {"ConnectionArn": "b"}}) == "b"
    assert connection_arn({"Authentication": "b"}) is None
    assert reason() is None
