"""How many resources an account may have: counted once, counted anew when it matters, for each account by itself."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from stepwell.caller import Caller
from stepwell.errors import ActivityLimitExceeded
from stepwell.operations.quotas import Quota
from stepwell.runtime.clock import ManualClock
from tests.operations.conftest import PASS, PREFIX, ROLE, MakeServer, Server

HERE, THERE = Caller("1" * 12, "us-east-1"), Caller("2" * 12, "us-east-1")


class Names:
    """A listing that remembers how often it was read."""

    def __init__(self, count: int) -> None:
        self.names = [f"{number:06}" for number in range(count)]
        self.pages = 0

    async def __call__(self, account: str, region: str, after: str | None, limit: int) -> Sequence[Any]:
        self.pages += 1
        found = [name for name in self.names if after is None or name > after] if account == HERE.account else []
        return [SimpleNamespace(name=name) for name in found[:limit]]


def a_quota(names: Names, most: int) -> tuple[Quota, ManualClock]:
    clock = ManualClock()
    return Quota(most, names, clock, ActivityLimitExceeded("full")), clock


async def test_it_is_counted_once_a_page_at_a_time():
    names = Names(2_500)
    quota, _ = a_quota(names, 2_502)
    for _ in range(2):
        await quota.check(HERE)
        quota.created(HERE)
    assert names.pages == 3
    names.names += ["a", "b"]
    with pytest.raises(ActivityLimitExceeded, match="full"):
        await quota.check(HERE)
    await quota.check(THERE)


async def test_what_was_deleted_makes_room_and_refusals_stand_for_a_while():
    names = Names(3)
    quota, clock = a_quota(names, 3)
    for _ in range(5):
        with pytest.raises(ActivityLimitExceeded):
            await quota.check(HERE)
    pages = names.pages
    names.names.pop()
    with pytest.raises(ActivityLimitExceeded):
        await quota.check(HERE)
    assert names.pages == pages
    clock.advance(5_001)
    await quota.check(HERE)


async def test_accounts_that_are_remembered_are_bounded():
    quota, _ = a_quota(Names(0), 3)
    for number in range(10_010):
        await quota.check(Caller(f"{number:012}", "us-east-1"))
    assert len(quota._counts) == 10_000


async def test_the_operations_keep_it(make_server: MakeServer):
    server: Server = await make_server(state_machines_max=2, activities_max=1)
    await server.machine("one")
    await server.machine("two")
    await server.machine("two")  # it is there
    assert await server.refusal("CreateStateMachine", name="three", definition=PASS, roleArn=ROLE) == (
        "StateMachineLimitExceeded",
        "The maximum number of state machines has been reached. Existing state machines must be deleted before a new "
        "state machine can be created.",
    )
    await server("CreateActivity", name="one")
    await server("CreateActivity", name="one")
    code, message = await server.refusal("CreateActivity", name="two")
    assert code == "ActivityLimitExceeded"
    assert message.startswith("The maximum number of activities has been reached.")
    await server("DeleteActivity", activityArn=f"{PREFIX}:activity:one")
