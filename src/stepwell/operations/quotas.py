"""How many resources an account may have in a region. (AWS, "Service quotas"; texts of the service model.)

The number is counted once for an account, a page at a time, and kept from then on: what is created counts at once, what
is deleted when the quota seems to be reached, and all is counted anew then. A refusal stands for some seconds, so that
whoever is at the quota cannot have it counted with every request. Several servers on one database may exceed a quota
by what the others created meanwhile.

Running executions come and go too fast for that: nothing is counted as long as this node runs fewer, of all accounts
together, than one account may have.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from msgspec import Struct

from stepwell.caller import Caller
from stepwell.errors import ActivityLimitExceeded, ApiError, ExecutionLimitExceeded, StateMachineLimitExceeded
from stepwell.runtime.clock import Clock
from stepwell.store.protocol import Store

_PAGE: Final = 1_000
_REFUSED_MS: Final = 5_000
_ACCOUNTS_MAX: Final = 10_000
Listing = Callable[[str, str, str | None, int], Awaitable[Sequence[Any]]]
"""Resources by account, region, the name to go on after, and how many."""
Counting = Callable[[str, str, int], Awaitable[int]]
"""How many resources an account has in a region, counted no further than to a number."""


class _Count(Struct):
    """At most so many there are; `refused_until_ms` is when they may be counted again."""

    number: int
    refused_until_ms: int = 0


class Quota:
    """The quota of one kind of resource."""

    def __init__(self, most: int, counting: Counting, clock: Clock, refusal: ApiError) -> None:
        self._most = most
        self._counting = counting
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

    def forget(self) -> None:
        """Know no number any more: whoever asks next has it counted."""
        self._counts.clear()

    async def _counted(self, caller: Caller) -> _Count:
        number = await self._counting(caller.account, caller.region, self._most)
        if len(self._counts) >= _ACCOUNTS_MAX:
            del self._counts[next(iter(self._counts))]
        count = self._counts[caller.account, caller.region] = _Count(number)
        return count


class RunningQuota:
    """The quota of running executions; those of Express workflows and of Map Runs do not count (AWS)."""

    def __init__(self, store: Store, most: int, clock: Clock, running: Callable[[], int]) -> None:
        """`running` is how many this node runs, of all accounts together."""
        text = "The maximum number of running executions has been reached. Running executions must end or be stopped "
        refusal = ExecutionLimitExceeded(f"{text}before a new execution can be started.")
        self._quota = Quota(most, _running_of(store), clock, refusal)
        self._most = most
        self._running = running

    async def check(self, caller: Caller) -> None:
        """Whether one more may be started. Raises `ExecutionLimitExceeded`."""
        if self._running() < self._most:
            self._quota.forget()
        else:
            await self._quota.check(caller)
            self._quota.created(caller)


def _by_pages(listing: Listing) -> Counting:
    async def count(account: str, region: str, most: int) -> int:
        number, after = 0, None
        while number < most:
            page = await listing(account, region, after, _PAGE)
            number += len(page)
            if len(page) < _PAGE:
                break
            after = page[-1].name
        return number

    return count


def _running_of(store: Store) -> Counting:
    """Machine by machine: each has its running executions in an index."""

    async def count(account: str, region: str, most: int) -> int:
        number, after = 0, None
        while number < most:
            page = await store.list_state_machines(account, region, after, _PAGE)
            for machine in page:
                number += await store.count_open(machine.id)
                if number >= most:
                    break
            if len(page) < _PAGE:
                break
            after = page[-1].name
        return number

    return count


def state_machine_quota(store: Store, most: int, clock: Clock) -> Quota:
    """Of state machines in an account and region."""
    text = (
        "The maximum number of state machines has been reached. Existing state machines must be deleted before a new "
    )
    return Quota(
        most,
        _by_pages(store.list_state_machines),
        clock,
        StateMachineLimitExceeded(f"{text}state machine can be created."),
    )


def activity_quota(store: Store, most: int, clock: Clock) -> Quota:
    """Of activities in an account and region."""
    text = "The maximum number of activities has been reached. Existing activities must be deleted before a new "
    refusal = ActivityLimitExceeded(f"{text}activity can be created.")
    return Quota(most, _by_pages(store.list_activities), clock, refusal)
