"""How many resources an account may have in a region. (AWS, "Service quotas"; texts of the service model.)

The number is counted once for an account, a page at a time, and kept from then on: what is created counts at once, what
is deleted when the quota seems to be reached, and all is counted anew then. A refusal stands for some seconds, so that
whoever is at the quota cannot have it counted with every request. Several servers on one database may exceed a quota
by what the others created meanwhile.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from stepwell.caller import Caller
from stepwell.errors import ActivityLimitExceeded, ApiError, StateMachineLimitExceeded
from stepwell.runtime.clock import Clock
from stepwell.store.protocol import Store

_PAGE: Final = 1_000
_REFUSED_MS: Final = 5_000
_ACCOUNTS_MAX: Final = 10_000
Listing = Callable[[str, str, str | None, int], Awaitable[Sequence[Any]]]


@dataclass(slots=True)
class _Count:
    """At most so many there are; `refused_until_ms` is when they may be counted again."""

    number: int
    refused_until_ms: int = 0


class Quota:
    """The quota of one kind of resource."""

    def __init__(self, most: int, listing: Listing, clock: Clock, refusal: ApiError) -> None:
        """`listing` gives resources by account, region, the name to go on after, and how many."""
        self._most = most
        self._listing = listing
        self._clock = clock
        self._refusal = refusal
        self._counts: dict[tuple[str, str], _Count] = {}

    async def check(self, caller: Caller) -> None:
        """Whether one more may be created. Raises the quota's error."""
        count = self._counts.get((caller.account, caller.region)) or await self._counted(caller)
        if count.number < self._most:
            return
        now_ms = self._clock.now_ms()
        if now_ms >= count.refused_until_ms:
            count = await self._counted(caller)
        if count.number >= self._most:
            count.refused_until_ms = max(count.refused_until_ms, now_ms + _REFUSED_MS)
            raise type(self._refusal)(self._refusal.message)

    def created(self, caller: Caller) -> None:
        """There is one more."""
        count = self._counts.get((caller.account, caller.region))
        if count is not None:
            count.number += 1

    async def _counted(self, caller: Caller) -> _Count:
        number, after = 0, None
        while number < self._most:
            page = await self._listing(caller.account, caller.region, after, _PAGE)
            number += len(page)
            if len(page) < _PAGE:
                break
            after = page[-1].name
        if len(self._counts) >= _ACCOUNTS_MAX:
            del self._counts[next(iter(self._counts))]
        count = self._counts[caller.account, caller.region] = _Count(number)
        return count


def state_machine_quota(store: Store, most: int, clock: Clock) -> Quota:
    """Of state machines in an account and region."""
    text = (
        "The maximum number of state machines has been reached. Existing state machines must be deleted before a new "
    )
    return Quota(
        most, store.list_state_machines, clock, StateMachineLimitExceeded(f"{text}state machine can be created.")
    )


def activity_quota(store: Store, most: int, clock: Clock) -> Quota:
    """Of activities in an account and region."""
    text = "The maximum number of activities has been reached. Existing activities must be deleted before a new "
    return Quota(most, store.list_activities, clock, ActivityLimitExceeded(f"{text}activity can be created."))
