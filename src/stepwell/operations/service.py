"""What every operation is given, and how faults of the layers below become answers.

`Service` holds no rule of an operation; those live in the files named after what they are about.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, Final, TypeVar

from stepwell.caller import Caller
from stepwell.errors import ActivityWorkerLimitExceeded, ServiceUnavailable, ThrottlingException
from stepwell.integrations.invocations import Invocations
from stepwell.limits import Limits
from stepwell.operations.configurations import LogGroups
from stepwell.operations.deletion import Deletions
from stepwell.operations.encryption import Keys
from stepwell.operations.job_list import Jobs
from stepwell.operations.paging import PageTokens
from stepwell.operations.quotas import RunningQuota, activity_quota, state_machine_quota
from stepwell.runtime.activities import TooManyPollers
from stepwell.runtime.clock import Clock
from stepwell.runtime.runtime import Runtime
from stepwell.runtime.shard import Overloaded, StoreUnavailable
from stepwell.runtime.tracks import Tracks
from stepwell.store.protocol import Store, StoreError

_REDRIVE_LOCKS: Final = 64  # so that redrives of one execution come one after the other
T = TypeVar("T")
Operation = Callable[..., Awaitable[dict[str, Any]]]
"""`async (service, caller, *, members in snake_case) -> members of the answer`; raises `ApiError`."""


class Service:
    """The things that operations work with. Made once; `open` when the runtime is open, `close` before it closes."""

    def __init__(
        self,
        store: Store,
        runtime: Runtime,
        limits: Limits,
        clock: Clock,
        log_groups: LogGroups | None = None,
        keys: Keys | None = None,
        invocations: Invocations | None = None,
    ) -> None:
        self.store = store
        self.runtime = runtime
        self.limits = limits
        self.clock = clock
        self.log_groups = log_groups
        self.keys = keys
        self.invocations = invocations or Invocations()
        self.pages = PageTokens(store, clock, limits)
        self.deletions = Deletions(store, runtime)
        self.tracks = Tracks(store, runtime.reader, runtime.express.histories)
        self.jobs = Jobs()
        self.state_machine_quota = state_machine_quota(store, limits.state_machines_max, clock)
        self.activity_quota = activity_quota(store, limits.activities_max, clock)
        self.running_quota = RunningQuota(
            store, limits.open_executions_max, clock, lambda: runtime.watchers.counts.running
        )
        self.redrives = [asyncio.Lock() for _ in range(_REDRIVE_LOCKS)]

    async def open(self) -> None:
        """Go on with the deletions of state machines that an earlier server left unfinished. Raises StoreError."""
        await self.deletions.resume()
        self.runtime.nodes.when_one_ends.append(self.deletions.resume)

    async def close(self) -> None:
        """Let deletions be; the next `open` goes on with them."""
        await self.jobs.close()
        await self.deletions.close()


def guarded(operation: Callable[..., Awaitable[T]]) -> Callable[..., Awaitable[T]]:
    """The operation, with faults of runtime and store turned into the errors that clients know."""

    @wraps(operation)
    async def perform(service: Service, caller: Caller, **members: Any) -> T:
        try:
            return await operation(service, caller, **members)
        except Overloaded:
            raise ThrottlingException("Rate exceeded") from None
        except TooManyPollers:
            raise ActivityWorkerLimitExceeded(
                "The maximum number of workers concurrently polling for activity tasks has been reached."
            ) from None
        except (StoreUnavailable, StoreError) as error:
            raise ServiceUnavailable(f"The database cannot be used at the moment: {error}") from error

    return perform
