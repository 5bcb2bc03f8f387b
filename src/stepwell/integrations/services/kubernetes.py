"""Kubernetes inside an EKS cluster: `eks:call`, any request to its API, and `eks:runJob`, a job and its end.

Who asks is proved as `aws eks get-token` does it: by a signed request to STS that only the holder of the credentials
can have made, and that the cluster makes. The address comes out of a workflow's data, so it is called as HTTP tasks
call theirs; the cluster's own certificate vouches for it.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Any, Final, Protocol
from urllib.parse import quote

from stepwell.engine.failure import RUNTIME, TASK_FAILED, Failure
from stepwell.integrations import sdk_metadata
from stepwell.integrations.aws_answer import Refusal
from stepwell.integrations.aws_roles import Principal, principal_of
from stepwell.integrations.base import Call, Outcome, WithoutJobs
from stepwell.integrations.http.egress import NoAnswer, Oversize, Response, Unreadable
from stepwell.integrations.http.form import text_of
from stepwell.integrations.polling import Pace
from stepwell.payload import JsonError, Payload, parse_json, print_json

PREFIX: Final = "EKS"
_CLUSTER: Final = ("ClusterName", "CertificateAuthority", "Endpoint")
CALL_REQUIRED: Final = (*_CLUSTER, "Method", "Path")
CALL_MEMBERS: Final = (*CALL_REQUIRED, "QueryParameters", "RequestBody")
JOB_REQUIRED: Final = (*_CLUSTER, "Job")
JOB_MEMBERS: Final = (*JOB_REQUIRED, "Namespace", "LogOptions")
_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
_NAME: Final = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?", re.ASCII)
_TOKEN_S: Final = 60
_MISSES_MAX: Final = 5


class Web(Protocol):
    """Connections to addresses that workflows name (`Egress`)."""

    async def request(
        self, method: str, url: str, headers: dict[str, str], body: bytes | None, *, authority: str | None = None
    ) -> Response:
        """Ask once. Raises `NoAnswer`, `Oversize`, `Unreadable`."""
        ...


class Aws(Protocol):
    """Whoever has credentials for calls in somebody's name (`AwsCaller`)."""

    async def credentials(self, principal: Principal, *, emulated: bool) -> Any:
        """botocore's credentials, None where there are none, or a `Refusal`."""
        ...


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to a cluster's API; `query` is spelled as in the address."""

    method: str
    path: str
    query: str = ""
    body: Any = None


class Cluster:
    """Requests to the API of the cluster that a call's parameters name."""

    def __init__(self, web: Web, aws: Aws) -> None:
        self._web = web
        self._aws = aws

    async def ask(self, call: Call, asked: Asked) -> Response | Failure:
        """Ask once; a status from 400 on is a failure `EKS.<status>`, its cause the answer."""
        given = call.parameters.value
        credentials = await self._aws.credentials(principal_of(call), emulated=False)
        if credentials is None or isinstance(credentials, Refusal):
            return _unsigned(credentials)
        headers = {"Authorization": f"Bearer {_token(credentials, call.region, given['ClusterName'])}"}
        if asked.body is not None:
            headers["Content-Type"] = "application/json"
        body = None if asked.body is None else print_json(asked.body).encode("utf-8", "replace")
        url = f"{given['Endpoint'].rstrip('/')}/{asked.path.lstrip('/')}{'?' + asked.query if asked.query else ''}"
        authority = base64.b64decode(given["CertificateAuthority"]).decode("ascii", "replace")
        try:
            response = await self._web.request(asked.method, url, headers, body, authority=authority)
        except NoAnswer as error:
            return Failure(f"{PREFIX}.SdkClientException", f"Unable to execute HTTP request: {error}")
        except Oversize:
            return sdk_metadata.oversize_failure(call.resource_type)
        except Unreadable as error:
            return Failure(RUNTIME, str(error))
        if response.status >= 400:
            return Failure(f"{PREFIX}.{response.status}", response.body.decode("utf-8", "replace"))
        return response


class EksCall(WithoutJobs):
    """`eks:call`: one request to the cluster's API."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    async def perform(self, call: Call) -> Outcome:
        """Make the request."""
        given = call.parameters.value
        reasons = _reasons(given, CALL_REQUIRED, CALL_MEMBERS)
        if reasons:
            return sdk_metadata.parameters_failure(call.parameters.text, reasons)
        query = _query(given.get("QueryParameters") or {})
        asked = Asked(given["Method"], quote(given["Path"], safe="/%-._~:@"), query, given.get("RequestBody"))
        response = await self._cluster.ask(call, asked)
        return response if isinstance(response, Failure) else Payload.of(_shown(response))


class EksRunJob:
    """`eks:runJob`: a Kubernetes job; `.sync` is done when it is complete, and shows its logs if they are asked for."""

    def __init__(self, cluster: Cluster, pace: Pace) -> None:
        self._cluster = cluster
        self._pace = pace

    def is_repeatable(self, action: str) -> bool:
        """A job's name may be the cluster's to choose."""
        return False

    async def perform(self, call: Call) -> Outcome:
        """Make the job."""
        given = call.parameters.value
        reasons = _reasons(given, JOB_REQUIRED, JOB_MEMBERS)
        if reasons:
            return sdk_metadata.parameters_failure(call.parameters.text, reasons)
        response = await self._cluster.ask(call, Asked("POST", _jobs(call), body=given["Job"]))
        return response if isinstance(response, Failure) else Payload.of(_shown(response))

    async def watch(self, call: Call, submitted: Payload) -> Outcome:
        """Ask for the job until it is complete or has failed."""
        name = _name_in(submitted)
        misses = polls = 0
        while True:
            polls = await self._pace.pause(polls)
            response = await self._cluster.ask(call, Asked("GET", f"{_jobs(call)}/{name}"))
            if isinstance(response, Failure):
                misses += 1
                if misses >= _MISSES_MAX:
                    return response
                continue
            misses = 0
            job = _value(response)
            ended = _ended(job)
            if ended == "Failed":
                return Failure(TASK_FAILED, print_json(job))
            if ended == "Complete":
                return Payload.of(await self._with_logs(call, job, name))

    async def cancel(self, call: Call, submitted: Payload | None) -> None:
        """Delete the job, and with it its pods."""
        if submitted is not None and call.pattern == "sync":
            asked = Asked("DELETE", f"{_jobs(call)}/{_name_in(submitted)}", "propagationPolicy=Background")
            await self._cluster.ask(call, asked)

    async def _with_logs(self, call: Call, job: Any, name: str) -> Any:
        options = call.parameters.value.get("LogOptions") or {}
        if not options.get("RetrieveLogs"):
            return job
        space = _space(call)
        listed = await self._cluster.ask(call, Asked("GET", f"{space}/pods", f"labelSelector=job-name%3D{name}"))
        pods = {} if isinstance(listed, Failure) else _value(listed)
        logs = {}
        for pod in pods.get("items") or ():
            containers = {}
            for container in pod["spec"]["containers"]:
                query = _query({"container": [container["name"]], **(options.get("LogParameters") or {})})
                path = f"{space}/pods/{pod['metadata']['name']}/log"
                containers[container["name"]] = {"log": await self._log(call, Asked("GET", path, query), options)}
            logs[pod["metadata"]["name"]] = {"containers": containers}
        return {**job, "logs": {"pods": logs}}

    async def _log(self, call: Call, asked: Asked, options: dict[str, Any]) -> Any:
        """What a container wrote: a value where it is JSON, unless the text itself is wanted."""
        response = await self._cluster.ask(call, asked)
        if isinstance(response, Failure):
            return None
        text = response.body.decode("utf-8", "replace")
        return text if options.get("RawLogs") else _parsed(text)


# --- parameters -------------------------------------------------------------------------------------------------------


def _reasons(given: Any, required: tuple[str, ...], known: tuple[str, ...]) -> list[str]:
    if not isinstance(given, dict):
        return ["Unable to parse the parameters as a JSON object"]
    reasons = [sdk_metadata.missing(name) for name in required if given.get(name) is None]
    reasons = reasons or [sdk_metadata.unsupported(name, known) for name in given if name not in known]
    if reasons:
        return reasons
    checks = {
        "ClusterName": isinstance(given["ClusterName"], str) and given["ClusterName"].isprintable(),
        "CertificateAuthority": _is_base64(given["CertificateAuthority"]),
        "Endpoint": isinstance(given["Endpoint"], str) and given["Endpoint"].startswith("https://"),
        "Method": given.get("Method", "GET") in _METHODS,
        "Path": isinstance(given.get("Path", ""), str),
        "QueryParameters": _are_lists(given.get("QueryParameters")),
        "Namespace": _is_name(given.get("Namespace", "default")),
        "LogOptions": isinstance(given.get("LogOptions"), dict | None) and _are_lists(_log_parameters(given)),
        "Job": isinstance(given.get("Job", {}), dict),
    }
    return [f"The value of the field '{name}' has an invalid format" for name, holds in checks.items() if not holds]


def _log_parameters(given: dict[str, Any]) -> Any:
    options = given.get("LogOptions")
    return options.get("LogParameters") if isinstance(options, dict) else None


def _is_base64(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(base64.b64decode(value, validate=True))
    except (binascii.Error, ValueError):
        return False


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and bool(_NAME.fullmatch(value))


def _are_lists(value: Any) -> bool:
    return value is None or (isinstance(value, dict) and all(isinstance(items, list) for items in value.values()))


def _query(parameters: dict[str, Any]) -> str:
    return "&".join(
        f"{quote(name, safe='')}={quote(text_of(item), safe='', errors='replace')}"
        for name, items in parameters.items()
        for item in items
    )


def _jobs(call: Call) -> str:
    return f"/apis/batch/v1/namespaces/{call.parameters.value.get('Namespace', 'default')}/jobs"


def _space(call: Call) -> str:
    return f"/api/v1/namespaces/{call.parameters.value.get('Namespace', 'default')}"


def _token(credentials: Any, region: str, cluster: str) -> str:
    """A bearer token of EKS: the address of a signed GetCallerIdentity that only this cluster may use."""
    from botocore.auth import SigV4QueryAuth
    from botocore.awsrequest import AWSRequest

    url = f"https://sts.{region}.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15"
    request = AWSRequest(method="GET", url=url, headers={"x-k8s-aws-id": cluster})
    SigV4QueryAuth(credentials, "sts", region, expires=_TOKEN_S).add_auth(request)
    return "k8s-aws-v1." + base64.urlsafe_b64encode(request.url.encode()).decode().rstrip("=")


def _unsigned(refusal: Refusal | None) -> Failure:
    if refusal is not None and refusal.kind == "forbidden":
        return Failure(TASK_FAILED, refusal.message)
    return Failure(f"{PREFIX}.SdkClientException", sdk_metadata.NO_CREDENTIALS if refusal is None else refusal.message)


# --- answers ----------------------------------------------------------------------------------------------------------


def _shown(response: Response) -> dict[str, Any]:
    return {"ResponseBody": _value(response), "StatusCode": response.status, "StatusText": response.reason}


def _value(response: Response) -> Any:
    return _parsed(response.body.decode("utf-8", "replace"))


def _parsed(text: str) -> Any:
    try:
        return parse_json(text)
    except JsonError:
        return text


def _name_in(submitted: Payload) -> str:
    """The job's name, which Kubernetes may have made up."""
    return quote(str(submitted.value["ResponseBody"]["metadata"]["name"]), safe="")


def _ended(job: Any) -> str | None:
    """`Complete` or `Failed`, or None while it runs."""
    conditions = (job.get("status") or {}).get("conditions") or () if isinstance(job, dict) else ()
    held = [one.get("type") for one in conditions if one.get("status") == "True"]
    return next((kind for kind in ("Complete", "Failed") if kind in held), None)
