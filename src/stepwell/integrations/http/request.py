"""What an HTTP task asks: its parameters, with what its connection adds. (Rules and texts recorded.)

A request is made twice from the same parameters: as it is sent, and, for whoever tests a state without being allowed
to see secrets, without anything that the connection adds.
"""

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlsplit

from stepwell.engine.failure import RUNTIME, Failure
from stepwell.integrations import sdk_metadata
from stepwell.integrations.base import Call
from stepwell.integrations.http.connection import Additions
from stepwell.integrations.http.form import ARRAY_FORMATS, encode_form, text_of
from stepwell.payload import Payload, print_json

METHODS: Final = ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD")
MEMBERS: Final = (
    *("ApiEndpoint", "Method", "Authentication", "InvocationConfig"),
    *("Headers", "QueryParameters", "RequestBody", "Transform"),
)
REQUIRED: Final = ("ApiEndpoint", "Method")
_FORBIDDEN: Final = frozenset(
    (
        *("a-im", "accept-charset", "accept-datetime", "accept-encoding", "authorization", "cache-control"),
        *("connection", "content-encoding", "content-md5", "date", "expect", "forwarded", "from", "host"),
        *("http2-settings", "max-forwards", "origin", "pragma", "proxy-authorization", "referer", "server", "te"),
        *("trailer", "transfer-encoding", "upgrade", "via", "warning"),
    )
)
_FORBIDDEN_STARTS: Final = ("if-", "x-forwarded-", "x-amz-", "x-amzn-")
_JSON: Final = "application/json; charset=UTF-8"
_FORM: Final = "application/x-www-form-urlencoded"
_CANNOT_MERGE: Final = "Cannot merge connection body authorization parameters with request body."


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request as it goes over the wire."""

    method: str
    url: str
    headers: dict[str, str]
    body: str | None


def connection_arn(parameters: dict[str, Any]) -> str | None:
    """The connection that a task names."""
    for group in ("InvocationConfig", "Authentication"):
        found = parameters.get(group)
        if isinstance(found, dict) and isinstance(found.get("ConnectionArn"), str):
            return str(found["ConnectionArn"])
    return None


def refused_headers(given: dict[str, Any]) -> list[str]:
    """The headers that no task may set, in lower case."""
    names = (name.lower() for name in given)
    return [name for name in names if name in _FORBIDDEN or name.startswith(_FORBIDDEN_STARTS)]


def parameter_failure(parameters: Payload) -> Failure | None:
    """What is wrong with parameters by themselves."""
    given = parameters.value
    reasons = _reasons(given) if isinstance(given, dict) else ["Unable to parse the parameters as a JSON object"]
    return sdk_metadata.parameters_failure(parameters.text, reasons) if reasons else None


def _reasons(given: dict[str, Any]) -> list[str]:
    reasons = [sdk_metadata.missing(name) for name in REQUIRED if given.get(name) is None]
    if connection_arn(given) is None:
        reasons.append(sdk_metadata.missing("Authentication"))
    reasons = reasons or [sdk_metadata.unsupported(name, MEMBERS) for name in given if name not in MEMBERS]
    if reasons:
        return reasons
    checks = {
        "ApiEndpoint": _is_address(given["ApiEndpoint"]),
        "Method": given["Method"] in METHODS,
        "Headers": _is_flat(given.get("Headers")),
        "QueryParameters": _is_flat(given.get("QueryParameters")),
        "Transform": _is_transform(given),
    }
    reasons = [f"The value of the field '{name}' has an invalid format" for name, holds in checks.items() if not holds]
    if reasons:
        return reasons
    refused = refused_headers(given.get("Headers") or {})
    return [f"The 'Headers' field contains unsupported values: [{', '.join(refused)}]"] if refused else []


def _is_address(value: Any) -> bool:
    """An http or https URL with a host, without a user. Which hosts may be called is decided at the connection."""
    if not isinstance(value, str) or not value.isprintable() or " " in value:
        return False
    try:
        parts = urlsplit(value)
        return (
            parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc and parts.port != 0
        )
    except ValueError:
        return False


def _is_flat(value: Any) -> bool:
    """Names and texts, or lists of texts; no text that would begin another line."""
    if value is None:
        return True
    if not isinstance(value, dict):
        return False
    items = [one for member in value.values() for one in (member if isinstance(member, list) else [member])]
    texts = [*value, *(text_of(one) for one in items)]
    return not any(isinstance(one, dict | list) for one in items) and not any(
        "\n" in text or "\r" in text or "\0" in text for text in texts
    )


def _is_transform(given: dict[str, Any]) -> bool:
    transform = given.get("Transform")
    if transform is None:
        return True
    if not isinstance(transform, dict) or transform.get("RequestBodyEncoding", "NONE") not in ("NONE", "URL_ENCODED"):
        return False
    options = transform.get("RequestEncodingOptions") or {}
    return isinstance(options, dict) and options.get("ArrayFormat", "INDICES") in ARRAY_FORMATS


def build(call: Call, additions: Additions, *, hide: bool = False) -> HttpRequest | Failure:
    """The request that parameters without faults make; `hide` leaves out whatever the connection adds or replaces."""
    given = call.parameters.value
    body = _body(given, additions, hide=hide)
    if isinstance(body, Failure):
        return body
    return HttpRequest(given["Method"], _url(given, additions, hide=hide), _headers(call, body, additions, hide), body)


def _body(given: dict[str, Any], additions: Additions, *, hide: bool) -> str | Failure | None:
    body = given.get("RequestBody")
    if additions.body:
        if body is not None and not isinstance(body, dict):
            return Failure(RUNTIME, _CANNOT_MERGE)
        body = _merged(body or {}, additions.body, hide=hide)
    if body is None:
        return None
    transform = given.get("Transform") or {}
    if transform.get("RequestBodyEncoding") == "URL_ENCODED" and isinstance(body, dict):
        return encode_form(body, (transform.get("RequestEncodingOptions") or {}).get("ArrayFormat", "INDICES"))
    return body if isinstance(body, str) else print_json(body)


def _merged(given: dict[str, Any], added: dict[str, str], *, hide: bool) -> dict[str, Any]:
    """Equal keys are replaced in place, others come behind (recorded); or the keys that are nobody's secret."""
    return {name: value for name, value in given.items() if name not in added} if hide else {**given, **added}


def _url(given: dict[str, Any], additions: Additions, *, hide: bool) -> str:
    pairs = _merged(given.get("QueryParameters") or {}, additions.query, hide=hide)
    query = "&".join(
        f"{_quoted(name)}={_quoted(text_of(one))}"
        for name, value in pairs.items()
        for one in (value if isinstance(value, list) else [value])
    )
    address, _, kept = given["ApiEndpoint"].partition("#")[0].partition("?")
    whole = "&".join(part for part in (kept, query) if part)
    return quote(address, safe=":/%[]!$&'()*+,;=@~") + (f"?{whole}" if whole else "")


def _headers(call: Call, body: str | None, additions: Additions, hide: bool) -> dict[str, str]:
    given = call.parameters.value
    headers = {"User-Agent": f"Amazon|StepFunctions|HttpInvoke|{call.region}", "Range": "bytes=0-262144"}
    if body is not None:
        is_form = (given.get("Transform") or {}).get("RequestBodyEncoding") == "URL_ENCODED"
        headers["Content-Type"] = _FORM if is_form else _JSON
    for name, value in (given.get("Headers") or {}).items():
        text = ", ".join(text_of(one) for one in value) if isinstance(value, list) else text_of(value)
        _put(headers, name, text)
    for name, text in additions.headers.items():
        _put(headers, name, None if hide else text)
    return headers


def _put(headers: dict[str, str], name: str, value: str | None) -> None:
    """Set a header whatever the case of its name, in the place of an equal one; None takes it away."""
    spelled = next((known for known in headers if known.lower() == name.lower()), name)
    if value is None:
        headers.pop(spelled, None)
    else:
        headers[spelled] = value


def _quoted(text: str) -> str:
    return quote(text, safe="", errors="replace")
