"""Logging, tracing and encryption of a state machine: what may be said, and what silence means.

The three stand as one JSON object in a revision's `settings`, in the form in which Describe answers them. Two machines
are the same only if these are (AWS, CreateStateMachine's idempotency).
"""

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple, Protocol

from stepwell.errors import (
    InvalidArn,
    InvalidLoggingConfiguration,
    InvalidTracingConfiguration,
)
from stepwell.operations.encryption import Document, read_encryption
from stepwell.payload import parse_json, print_json

_LOG_GROUP: Final = re.compile(r"arn:aws[\w-]*:logs:[a-z0-9-]+:[0-9]{12}:log-group:[\w./#-]+:\*")
_ROLE: Final = re.compile(r"arn:aws[\w-]*:iam::[0-9]{12}:role/.+", re.DOTALL)


class LogGroups(Protocol):
    """Knows where execution logs can be put."""

    async def has_group(self, account: str, region: str, name: str) -> bool:
        """Whether there is a log group of this name, as far as anybody can tell."""


class Configurations(NamedTuple):
    """The three configurations, complete."""

    logging: dict[str, Any]
    tracing: dict[str, Any]
    encryption: dict[str, Any]

    def to_bytes(self) -> bytes:
        """As a revision's `settings`."""
        return print_json(self._asdict()).encode()

    def described(self) -> dict[str, Any]:
        """As members of a Describe answer."""
        return {
            "logging_configuration": self.logging,
            "tracing_configuration": self.tracing,
            "encryption_configuration": self.encryption,
        }


def configurations_from(settings: bytes) -> Configurations:
    """The other way."""
    return Configurations(**parse_json(settings))


def read_configurations(
    logging: Document | None, tracing: Document | None, encryption: Document | None
) -> Configurations:
    """What a new state machine is to have. Raises `InvalidLoggingConfiguration` and its sisters."""
    return Configurations(read_logging(logging), read_tracing(tracing), read_encryption(encryption))


def read_logging(given: Document | None) -> dict[str, Any]:
    """Level and destinations; level OFF and no execution data by default, given destinations kept (recorded).

    Recorded: "Must specify exactly one Log Destination." for another level than OFF without exactly one, "Log
    Destination not found." for one that is no log group; a log group's ARN ends in `:*`.
    """
    given = given or {}
    logging = {
        "level": given.get("level") or "OFF",
        "include_execution_data": bool(given.get("include_execution_data")),
    }
    destinations = given.get("destinations")
    groups = [arn for arn in map(_log_group_of, destinations or ()) if arn]
    if len(destinations or ()) > 1 or (logging["level"] != "OFF" and len(groups) != 1):
        raise InvalidLoggingConfiguration("Invalid Logging Configuration: Must specify exactly one Log Destination.")
    if groups and not _LOG_GROUP.fullmatch(groups[0]):
        raise InvalidLoggingConfiguration("Invalid Logging Configuration: Log Destination not found.")
    if destinations is not None:
        logging["destinations"] = [{"cloud_watch_logs_log_group": {"log_group_arn": arn}} for arn in groups]
    return logging


async def check_log_group(groups: LogGroups | None, logging: Mapping[str, Any]) -> None:
    """Refuse a log group that is not there, where somebody knows (recorded). Nothing is asked for level OFF."""
    if groups is None or logging["level"] == "OFF":
        return
    [destination] = logging["destinations"]
    fields = destination["cloud_watch_logs_log_group"]["log_group_arn"].split(":")
    if not await groups.has_group(fields[4], fields[3], fields[6]):
        raise InvalidLoggingConfiguration("Invalid Logging Configuration: Log Destination not found.")


def _log_group_of(destination: Document) -> str | None:
    arn: str | None = (destination.get("cloud_watch_logs_log_group") or {}).get("log_group_arn")
    return arn


def read_tracing(given: Document | None) -> dict[str, Any]:
    """Whether traces are wanted; not by default. AWS's model: `enabled` must be set to true or false."""
    if given is None:
        return {"enabled": False}
    if given.get("enabled") is None:
        raise InvalidTracingConfiguration("Invalid Tracing Configuration: 'enabled' must be set to true or false.")
    return {"enabled": bool(given["enabled"])}


def check_role(arn: str) -> None:
    """The form of a role's ARN; whether the role exists is not looked up (recorded). Raises `InvalidArn`."""
    if _ROLE.fullmatch(arn) is None:
        raise InvalidArn(f"Invalid Role Arn: '{arn}'")
