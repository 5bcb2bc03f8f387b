"""What a connection adds to requests: who asks, and whatever else every request to that API carries."""

from dataclasses import dataclass, field
from typing import Protocol

from stepwell.engine.failure import Failure
from stepwell.integrations.base import Call

NOT_FOUND = "Events.ConnectionResource.NotFound"
NO_ACCESS = "Events.ConnectionResource.AccessDenied"
INVALID_STATE = "Events.ConnectionResource.InvalidConnectionState"
INVALID_SECRET = "Events.ConnectionResource.InvalidSecretArn"


@dataclass(frozen=True, slots=True)
class Additions:
    """Headers, query parameters and members of the body. Nothing of them is ever printed."""

    headers: dict[str, str] = field(default_factory=dict, repr=False)
    query: dict[str, str] = field(default_factory=dict, repr=False)
    body: dict[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class OAuth:
    """Where a token is got by client credentials, and with what."""

    endpoint: str
    method: str
    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)
    additions: Additions = field(default_factory=Additions, repr=False)


@dataclass(frozen=True, slots=True)
class Connection:
    """A connection that is ready for use; with `oauth`, a token is still to be got."""

    additions: Additions = field(default_factory=Additions, repr=False)
    oauth: OAuth | None = None


class Connections(Protocol):
    """Where connections are kept."""

    async def find(self, arn: str, call: Call) -> Connection | Failure | None:
        """The connection of an ARN, or why it cannot be used; None where there is none of this ARN here."""
        ...


def name_of(arn: str) -> tuple[str, str] | None:
    """Account and name in `arn:aws:events:REGION:ACCOUNT:connection/NAME/UUID` (the last part may be missing)."""
    parts = arn.split(":", 5)
    words = parts[-1].split("/")
    if len(parts) != 6 or parts[2] != "events" or words[0] != "connection" or len(words) not in (2, 3) or not words[1]:
        return None
    return parts[4], words[1]
