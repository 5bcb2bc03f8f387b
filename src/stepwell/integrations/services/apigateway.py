"""API Gateway: a request to a REST or HTTP API, by the host that a task names.

The host comes out of a workflow's data, so it is called as HTTP tasks call theirs. With an endpoint of one's own, that
is called instead, and the API's host goes along as `Host`.
"""

import re
from typing import Any, Final, Protocol
from urllib.parse import quote

from stepwell.engine.failure import RUNTIME, TASK_FAILED, Failure
from stepwell.integrations import sdk_metadata
from stepwell.integrations.aws_answer import Refusal
from stepwell.integrations.aws_roles import Principal, principal_of
from stepwell.integrations.base import Call, Outcome, WithoutJobs
from stepwell.integrations.http.egress import NoAnswer, Oversize, Response, Unreadable
from stepwell.integrations.http.form import text_of
from stepwell.integrations.http.request import METHODS, refused_headers
from stepwell.payload import JsonError, Payload, parse_json, print_json

SERVICE: Final = "apigateway"
PREFIX: Final = "ApiGateway"
MEMBERS: Final = (
    *("ApiEndpoint", "Method", "Stage", "Path", "Headers", "QueryParameters", "RequestBody"),
    *("AllowNullValues", "AuthType"),
)
REQUIRED: Final = ("ApiEndpoint", "Method")
_HOST: Final = re.compile(r"(?!-)[A-Za-z0-9.-]{1,253}(?::[0-9]{1,5})?", re.ASCII)
_REGION: Final = re.compile(r"\.execute-api\.([a-z0-9-]+)\.amazonaws\.com", re.ASCII)
_SIGNED: Final = ("IAM_ROLE", "RESOURCE_POLICY")


class Web(Protocol):
    """Connections to addresses that workflows name (`Egress`)."""

    async def request(self, method: str, url: str, headers: dict[str, str], body: bytes | None) -> Response:
        """Ask once. Raises `NoAnswer`, `Oversize`, `Unreadable`."""
        ...


class Aws(Protocol):
    """Whoever knows endpoints, and has credentials for calls in somebody's name (`AwsCaller`)."""

    async def endpoint(self, service: str) -> str | None:
        """The address that stands for a service, or None for AWS."""
        ...

    async def credentials(self, principal: Principal, *, emulated: bool) -> Any:
        """botocore's credentials, None where there are none, or a `Refusal`."""
        ...


class ApiGatewayIntegration(WithoutJobs):
    """`apigateway:invoke`, plain or with a token."""

    def __init__(self, web: Web, own: Web, aws: Aws) -> None:
        """`web` leads to addresses that workflows name, `own` to the endpoint that stands for API Gateway."""
        self._web = web
        self._own = own
        self._aws = aws

    async def perform(self, call: Call) -> Outcome:
        """Make the request."""
        given = call.parameters.value
        reasons = _reasons(given) if isinstance(given, dict) else ["Unable to parse the parameters as a JSON object"]
        if reasons:
            return sdk_metadata.parameters_failure(call.parameters.text, reasons)
        endpoint = await self._aws.endpoint(SERVICE)
        url, headers, body = _request(given, endpoint)
        if given.get("AuthType") in _SIGNED:
            principal = principal_of(call)
            credentials = await self._aws.credentials(principal, emulated=endpoint is not None)
            if credentials is None or isinstance(credentials, Refusal):
                return _unsigned(credentials)
            region = _REGION.search(given["ApiEndpoint"])
            headers = _signed(credentials, given["Method"], url, headers, body, region[1] if region else call.region)
        web = self._web if endpoint is None else self._own
        try:
            response = await web.request(given["Method"], url, headers, body)
        except NoAnswer as error:
            return Failure(f"{PREFIX}.SdkClientException", f"Unable to execute HTTP request: {error}")
        except Oversize:
            return sdk_metadata.oversize_failure(call.resource_type)
        except Unreadable as error:
            return Failure(RUNTIME, str(error))
        return _outcome(response)


# --- the request ------------------------------------------------------------------------------------------------------


def _reasons(given: dict[str, Any]) -> list[str]:
    reasons = [sdk_metadata.missing(name) for name in REQUIRED if given.get(name) is None]
    reasons = reasons or [sdk_metadata.unsupported(name, MEMBERS) for name in given if name not in MEMBERS]
    if reasons:
        return reasons
    checks = {
        "ApiEndpoint": isinstance(given["ApiEndpoint"], str) and bool(_HOST.fullmatch(given["ApiEndpoint"])),
        "Method": given["Method"] in METHODS,
        "Stage": isinstance(given.get("Stage"), str | None),
        "Path": isinstance(given.get("Path"), str | None),
        "Headers": _are_lists(given.get("Headers")),
        "QueryParameters": _are_lists(given.get("QueryParameters")),
        "AuthType": given.get("AuthType") in (None, "NO_AUTH", *_SIGNED),
    }
    reasons = [f"The value of the field '{name}' has an invalid format" for name, holds in checks.items() if not holds]
    if reasons:
        return reasons
    refused = refused_headers(given.get("Headers") or {})
    return [f"The 'Headers' field contains unsupported values: [{', '.join(refused)}]"] if refused else []


def _are_lists(value: Any) -> bool:
    """Names with a list of texts each (recorded: a bare text has "an invalid format")."""
    if value is None:
        return True
    if not isinstance(value, dict) or not all(isinstance(items, list) for items in value.values()):
        return False
    texts = [*value, *(text_of(item) for items in value.values() for item in items)]
    return not any("\n" in text or "\r" in text or "\0" in text for text in texts)


def _request(given: dict[str, Any], endpoint: str | None) -> tuple[str, dict[str, str], bytes | None]:
    parts = [given.get("Stage"), (given.get("Path") or "").lstrip("/")]
    path = quote("/".join(part for part in parts if part), safe="/%-._~:@!$&'()*+,;=")
    query = "&".join(
        f"{quote(name, safe='')}={quote(text_of(item), safe='', errors='replace')}"
        for name, items in (given.get("QueryParameters") or {}).items()
        for item in items or [""]
    )
    headers = {name: ",".join(map(text_of, items)) for name, items in (given.get("Headers") or {}).items()}
    body = given.get("RequestBody")
    if body is not None:
        if not given.get("AllowNullValues"):
            body = _without_nulls(body)
        if not any(name.lower() == "content-type" for name in headers):
            headers["Content-Type"] = "application/json"
    headers["Host"] = given["ApiEndpoint"]
    url = f"{endpoint or 'https://' + given['ApiEndpoint']}/{path}{'?' + query if query else ''}"
    return url, headers, None if body is None else _bytes(body)


def _bytes(body: Any) -> bytes:
    return (body if isinstance(body, str) else print_json(body)).encode("utf-8", "replace")


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(member) for name, member in value.items() if member is not None}
    return [_without_nulls(item) for item in value if item is not None] if isinstance(value, list) else value


def _signed(
    credentials: Any, method: str, url: str, headers: dict[str, str], body: bytes | None, region: str
) -> dict[str, str]:
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest

    request = AWSRequest(method=method, url=url, data=body, headers=headers)
    SigV4Auth(credentials, "execute-api", region).add_auth(request)
    return dict(request.headers.items())


def _unsigned(refusal: Refusal | None) -> Failure:
    if refusal is None:
        return Failure(f"{PREFIX}.SdkClientException", sdk_metadata.NO_CREDENTIALS)
    if refusal.kind == "forbidden":
        return Failure(TASK_FAILED, refusal.message)
    return Failure(f"{PREFIX}.SdkClientException", refusal.message)


# --- the answer -------------------------------------------------------------------------------------------------------


def _outcome(response: Response) -> Outcome:
    """`{Headers, ResponseBody, StatusCode, StatusText}`; from 400 on `ApiGateway.<status>`, its cause the body."""
    text = response.body.decode("utf-8", "replace")
    if response.status >= 400:
        return Failure(f"{PREFIX}.{response.status}", text)
    headers: dict[str, list[str]] = {}
    for name, value in response.headers:
        headers.setdefault(name, []).append(value)
    output = {"Headers": headers, "ResponseBody": _parsed(text)}
    return Payload.of({**output, "StatusCode": response.status, "StatusText": response.reason})


def _parsed(text: str) -> Any:
    try:
        return parse_json(text)
    except JsonError:
        return text
