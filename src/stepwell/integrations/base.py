"""What an integration is, and how the one for a Task's resource is found. No service is named here.

Third parties add integrations by entry points of the group `stepwell.integrations`: the entry point's name is a service
(`sqs`, `aws-sdk:s3`) or a service and an action (`sqs:sendMessage`), its object a function without arguments that
returns the `Integration`.
"""

import hashlib
import uuid
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final, Protocol

from msgspec import Struct

from stepwell.engine.failure import RUNTIME, Failure
from stepwell.integrations.outbound import Outbound
from stepwell.payload import Payload

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

ENTRY_POINTS: Final = "stepwell.integrations"

Outcome = Payload | Failure


class Call(Struct, frozen=True):
    """One attempt of one Task, as its integration sees it.

    `resource_type` and `resource` are the texts of the history events (`resource` of a plain Lambda task is the
    function's ARN). `attempt_id` is the same text when an attempt is performed again after a crash, and no other
    attempt has it. `role_arn` is the machine's role, `credentials_role_arn` that of the task's Credentials. `timeout_s`
    is the time the Task has left, in seconds, or None. `entered_id`, of a call that `perform` makes, is the history
    event that entered the state. `trace` is filled in for a test of a state.
    """

    execution_arn: str
    execution_name: str
    machine_arn: str
    state_name: str
    resource_type: str
    resource: str
    service: str
    action: str
    pattern: str
    parameters: Payload
    region: str
    account: str
    attempt_id: str
    task_token: str | None = None
    role_arn: str | None = None
    credentials_role_arn: str | None = None
    timeout_s: float | None = None
    entered_id: int = 0
    trace: "HttpTrace | None" = None

    @property
    def attempt_uuid(self) -> str:
        """A UUID that is the attempt's alone, and the same whenever it is performed: a name or a token for services."""
        digest = hashlib.sha256(f"{self.execution_arn}\n{self.attempt_id}".encode()).digest()
        return str(uuid.UUID(bytes=digest[:16], version=4))


class HttpSent(Struct, frozen=True):
    """A request of an HTTP task."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: str | None


class HttpReceived(Struct, frozen=True):
    """The answer to it."""

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: str


class HttpTrace(Struct):
    """What whoever tests a state is shown of its HTTP task; `reveal`: with the secrets that the connection adds."""

    reveal: bool = False
    request: HttpSent | None = None
    response: HttpReceived | None = None


class Integration(Protocol):
    """A connector to one service. Cancelling a coroutine gives its call up."""

    def is_repeatable(self, action: str) -> bool:
        """Whether `perform` may be called again with the same `attempt_id` after a crash without a second effect, for
        an action (`sendMessage`).
        """
        ...

    async def perform(self, call: Call) -> Outcome:
        """Make the service call: the whole of a request-response task, the submission of a sync or token task."""
        ...

    async def watch(self, call: Call, submitted: Payload) -> Outcome:
        """Wait until the job that `perform` submitted has ended (`.sync`), and say how."""
        ...

    async def cancel(self, call: Call, submitted: Payload | None) -> None:
        """Stop the job as far as that is possible; nobody waits for it any more. Raises nothing for a gone job."""
        ...


class WithoutJobs:
    """What integrations have in common that only call: there is nothing to wait for, and a call is not taken back."""

    def is_repeatable(self, action: str) -> bool:
        """Not unless somebody knows better: whoever was called may have done it."""
        return False

    async def watch(self, call: Call, submitted: Payload) -> Outcome:
        """No task of theirs is a job's, so this is never asked for."""
        return Failure(RUNTIME, f"{call.resource} starts no job")

    async def cancel(self, call: Call, submitted: Payload | None) -> None:
        """AWS takes back nothing but jobs."""


class Operations(Protocol):
    """The operations of this server, for tasks that call Step Functions itself. Made by `app`."""

    async def call(self, account: str, region: str, operation_name: str, members: dict[str, Any]) -> dict[str, Any]:
        """Perform an operation named as in the service model (`StartExecution`).

        `members` and the answer are spelled in snake_case; dates in the answer are milliseconds since 1970. Raises
        `ApiError`.
        """
        ...

    async def wait_closed(self, execution_arn: str) -> None:
        """Return once the execution has ended. Raises `ApiError` if there is no such execution."""
        ...


Family = Callable[[str, str], Integration | None]
"""Makes the integration of a service's action, or has none for it."""


class UnknownIntegration(LookupError):
    """No integration performs this service's action here."""


def _installed() -> "Iterable[EntryPoint]":
    """What third parties offer in this Python."""
    from importlib.metadata import entry_points

    return entry_points(group=ENTRY_POINTS)


class Registry:
    """The integrations of this server, by service and action."""

    def __init__(
        self,
        third_parties: "Callable[[], Iterable[EntryPoint]] | None" = None,
        *,
        outbound: Outbound | None = None,
    ) -> None:
        """`outbound`: the limits that all their calls keep."""
        self.outbound = outbound or Outbound()
        self._known: dict[str, Integration] = {}
        self._found: dict[tuple[str, str], Integration] = {}
        self._families: dict[str, Family] = {}
        self._third_parties = third_parties or _installed
        self._offered: dict[str, EntryPoint] | None = None

    def register(self, service: str, integration: Integration, action: str | None = None) -> None:
        """Add an integration for a service (`lambda`, `aws-sdk:sfn`, `aws-sdk` for all of these) or for one action."""
        self._known[f"{service}:{action}" if action else service] = integration
        self._found.clear()

    def register_family(self, service: str, family: Family) -> None:
        """Add what makes the integrations of a service's actions (`aws-sdk` for all of these). Any that is registered
        for the service itself, or for one action, comes before it.
        """
        self._families[service] = family
        self._found.clear()

    def find(self, service: str, action: str) -> Integration:
        """The integration for an action; the most exact key wins, and ours before third parties' of the same key.

        Raises `UnknownIntegration`. Entry points are read at the first question that our own integrations leave open.
        """
        found = self._found.get((service, action))
        if found is None:
            found = self._found[service, action] = self._search(service, action)
        return found

    def _search(self, service: str, action: str) -> Integration:
        for key in _keys(service, action):
            known = self._known.get(key) or self._made(key, service, action) or self._load(key)
            if known is not None:
                return known
        raise UnknownIntegration(f"No integration for {service}:{action}")

    def is_offered(self, service: str, action: str) -> bool:
        """Whether third parties brought an integration along for an action, or for its whole service."""
        return any(key in self._entry_points() for key in _keys(service, action))

    def _made(self, key: str, service: str, action: str) -> Integration | None:
        family = self._families.get(key)
        return None if family is None else family(service, action)

    def _load(self, key: str) -> Integration | None:
        offered = self._entry_points().get(key)
        if offered is None:
            return None
        integration: Integration = offered.load()()
        self._known[key] = integration
        return integration

    def _entry_points(self) -> "dict[str, EntryPoint]":
        if self._offered is None:
            self._offered = {offered.name: offered for offered in self._third_parties()}
        return self._offered


def _keys(service: str, action: str) -> tuple[str, ...]:
    keys = (f"{service}:{action}", service)
    return (*keys, "aws-sdk") if service.startswith("aws-sdk:") else keys
