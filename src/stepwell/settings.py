"""What a server can be told: one frozen value, one table of names, defaults and meanings.

Each setting is an option of `stepwell serve`, and an environment variable of the same name in capitals behind
`STEPWELL_`. An option wins over the environment. Addresses of AWS-compatible endpoints and the region also come from
the variables that AWS's own tools read.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from ipaddress import ip_network
from typing import Any, Final

from stepwell.hosts import is_host_name
from stepwell.limits import AWS, Limits, read_limits

PREFIX: Final = "STEPWELL_"
_BASE: Final = re.compile(r"/([A-Za-z0-9_-]+/)+")
_NODE_ADDRESS: Final = re.compile(r"none|[^:\s]+:\d{1,5}|\[[0-9a-fA-F:]+\]:\d{1,5}")
_EVERYWHERE: Final = ("0.0.0.0:", "[::]:")  # nobody can call such an address
_SWITCH: Final = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


class SettingError(ValueError):
    """A setting that cannot be used; the message says which, and what would do."""


def _setting(default: Any, meaning: str, *, choices: tuple[str, ...] = ()) -> Any:
    return field(default=default, metadata={"meaning": meaning, "choices": choices, "read": None})


@dataclass(frozen=True, slots=True)
class Settings:
    """How one server is to run."""

    host: str = _setting("127.0.0.1", "address to listen on; loopback only while signatures are not checked")
    hosts: str | None = _setting(
        None, "more names by which clients may ask, besides those of loopback: stepwell.internal,*.example.org"
    )
    port: int = _setting(8083, "port to listen on; 0 takes a free one")
    database: str = _setting(
        "stepwell.db", "what holds everything: a SQLite file, postgresql://user@host/name?schema=stepwell, or :memory:"
    )
    durability: str = _setting(
        "full",
        "full: survives loss of power; fast: survives the end of the process only",
        choices=("full", "fast"),
    )
    functions: str | None = _setting(
        None, "local functions for Lambda tasks: a folder, a functions.toml or a SAM template"
    )
    region: str = _setting("us-east-1", "region of requests that name none")
    account: str = _setting("000000000000", "account of requests that name none, twelve digits")
    recovery: str = _setting(
        "fail",
        "calls that were in flight at a crash: fail them (never twice) or rerun them (at least once)",
        choices=("fail", "rerun"),
    )
    lambda_endpoint: str | None = _setting(None, "address of a Lambda API for Lambda tasks")
    buckets: str | None = _setting(None, "folder of local buckets for distributed Maps, instead of S3")
    roles: str = _setting(
        "server",
        "in whose name AWS is called: server, the server's own identity; assume, the role of the state machine, by STS",
        choices=("server", "assume"),
    )
    connections: str | None = _setting(None, "TOML file of connections for HTTP tasks, besides those of EventBridge")
    egress: str | None = _setting(
        None, "networks that HTTP tasks may call though they are not public, over http too: 127.0.0.0/8,10.1.0.0/16"
    )
    s3_endpoint: str | None = _setting(None, "address of an S3 API for distributed Maps")
    outbound: str | None = _setting(
        None, "calls of a service at once, and that begin in a second: lambda=200,sqs=50@20,*=100; 1000 if not said"
    )
    containers: str | None = _setting(None, "file of task and job definitions: ECS and Batch run on this machine")
    lease: float = _setting(5.0, "seconds without a sign of life after which other nodes take over; PostgreSQL only")
    node_address: str = _setting(
        "127.0.0.1:0",
        "where other nodes bring requests directly, 0 for a free port; not encrypted, so of this machine or a private "
        "network; none: they go through the database; PostgreSQL only",
    )
    processes: int = _setting(1, "how many processes serve the port, best one for each core; PostgreSQL only")
    execution_logs: str | None = _setting(
        None, "folder for the execution logs of state machines that want some, a file of JSON lines each"
    )
    logs_endpoint: str | None = _setting(
        None, "address of a CloudWatch Logs API for execution logs, or aws for AWS's own; log groups are checked there"
    )
    kms_endpoint: str | None = _setting(
        None, "address of a KMS API, or aws for AWS's own; keys of encryption configurations are looked up there"
    )
    sandbox: bool = _setting(False, "start an AWS-compatible sandbox, and lead calls of AWS services there")
    sandbox_port: int = _setting(8084, "port of the sandbox; 0 takes a free one")
    console_base: str = _setting("/console/", "path under which the console is served")
    retention_days: int = _setting(90, "days that closed executions are kept, as AWS does; 0 keeps them for ever")
    grace_s: float = _setting(10.0, "seconds that calls in flight get when the server is asked to stop")
    commit_delay_ms: float = _setting(0.0, "make every commit slower by so much, as a slow disk would; for benchmarks")
    limits: Limits = field(
        default=AWS,
        metadata={
            "meaning": "strict, which are AWS's, or changes: payload_bytes_max=1048576,history_events_max=100000",
            "choices": (),
            "read": read_limits,
        },
    )

    def __post_init__(self) -> None:
        if not (len(self.account) == 12 and self.account.isdecimal()):
            raise SettingError(f"account must be twelve digits, not {self.account!r}")
        if not 0.5 <= self.lease <= 3_600:
            raise SettingError(f"lease must be between 0.5 and 3600 seconds, not {self.lease:g}")
        if not 1 <= self.processes <= 64:
            raise SettingError(f"processes must be between 1 and 64, not {self.processes}")
        for name in ("port", "sandbox_port"):
            if not 0 <= getattr(self, name) <= 65_535:
                raise SettingError(f"{name} must be between 0 and 65535, not {getattr(self, name)}")
        if not _NODE_ADDRESS.fullmatch(self.node_address) or self.node_address.startswith(_EVERYWHERE):
            raise SettingError(f"node_address must be none or like 10.0.0.5:7000, not {self.node_address!r}")
        if not _BASE.fullmatch(self.console_base):
            raise SettingError(f"console_base must be a path like /console/, not {self.console_base!r}")
        _check_networks(self.egress or "")
        for name in self.host_names:
            if not is_host_name(name):
                raise SettingError(f"hosts must be names such as stepwell.internal,*.example.org, not {name!r}")
        if not 0 <= self.retention_days <= 36_500:
            raise SettingError(f"retention_days must be between 0 and 36500, not {self.retention_days}")
        for row in fields(self):
            choices = row.metadata.get("choices")
            if choices and getattr(self, row.name) not in choices:
                raise SettingError(f"{row.name} must be one of {', '.join(choices)}, not {getattr(self, row.name)!r}")

    @property
    def host_names(self) -> list[str]:
        """The names in `hosts`."""
        return [name for name in map(str.strip, (self.hosts or "").split(",")) if name]


def _check_networks(text: str) -> None:
    for part in filter(None, map(str.strip, text.split(","))):
        try:
            ip_network(part)
        except ValueError as error:
            raise SettingError(f"egress must be networks such as 10.1.0.0/16, separated by commas: {error}") from None


def read_settings(environment: Mapping[str, str], options: Mapping[str, Any]) -> Settings:
    """Settings from the environment and from options (those that are None were not given). Raises SettingError."""
    given: dict[str, Any] = {}
    region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION")
    endpoint = environment.get("AWS_ENDPOINT_URL_LAMBDA") or environment.get("AWS_ENDPOINT_URL")
    s3_endpoint = environment.get("AWS_ENDPOINT_URL_S3") or environment.get("AWS_ENDPOINT_URL")
    logs_endpoint = environment.get("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS") or environment.get("AWS_ENDPOINT_URL")
    kms_endpoint = environment.get("AWS_ENDPOINT_URL_KMS") or environment.get("AWS_ENDPOINT_URL")
    if region:
        given["region"] = region
    if s3_endpoint:
        given["s3_endpoint"] = s3_endpoint
    if logs_endpoint:
        given["logs_endpoint"] = logs_endpoint
    if kms_endpoint:
        given["kms_endpoint"] = kms_endpoint
    if endpoint:
        given["lambda_endpoint"] = endpoint
    for row in fields(Settings):
        text = environment.get(PREFIX + row.name.upper())
        if text:
            given[row.name] = text if row.metadata["read"] else _converted(row.name, text, row.default)
    given.update({name: value for name, value in options.items() if value is not None})
    for row in fields(Settings):
        if row.metadata["read"] and isinstance(given.get(row.name), str):
            given[row.name] = _read(row.name, row.metadata["read"], given[row.name])
    return Settings(**given)


def _read(name: str, read: Callable[[str], Any], text: str) -> Any:
    try:
        return read(text)
    except ValueError as error:
        raise SettingError(f"{name}: {error}") from None


def _converted(name: str, text: str, default: Any) -> Any:
    kind = type(default) if default is not None else str
    try:
        return _SWITCH[text.lower()] if kind is bool else kind(text)
    except (ValueError, KeyError):
        raise SettingError(f"{PREFIX}{name.upper()} must be a {kind.__name__}, not {text!r}") from None


def meanings() -> list[tuple[str, Any, str]]:
    """Name, default and meaning of every setting, for help texts and the reference page."""
    return [(row.name, row.default, row.metadata["meaning"]) for row in fields(Settings)]
