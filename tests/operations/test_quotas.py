"""How many resources an account may have: counted once, counted anew when it matters, for each account by itself."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from stepwell.caller import Caller
from stepwell.errors import ActivityLimitExceeded, ExecutionLimitExceeded
from stepwell.operations.quotas import Quota, _by_pages
from stepwell.runtime.clock import ManualClock
from tests.operations.conftest import PASS, PREFIX, ROLE, WAIT, MakeServer, Server

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
    return Quota(most, _by_pages(names), clock, ActivityLimitExceeded("full")), clock


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


TOO_MANY = (
    "ExecutionLimitExceeded",
    "The maximum number of running executions has been reached. Running executions must end or be stopped before a new "
    "execution can be started.",
)


async def test_running_executions_are_bounded(make_server: MakeServer):
    clock = ManualClock()
    server: Server = await make_server(clock, open_executions_max=2)
    one, two = await server.machine("one", WAIT), await server.machine("two", WAIT)
    first = await server.start(one, name="first")
    await server.start(two)
    assert await server.refusal("StartExecution", stateMachineArn=one) == TOO_MANY
    assert await server.start(one, name="first") == first  # it runs already
    await server("StopExecution", executionArn=first)
    await server.start(one)
    assert await server.refusal("StartExecution", stateMachineArn=two) == TOO_MANY


async def test_a_redrive_needs_room_too(make_server: MakeServer):
    """The service model: RedriveExecution may answer ExecutionLimitExceeded."""
    server: Server = await make_server(ManualClock(), open_executions_max=1)
    machine = await server.machine("one", WAIT)
    stopped = await server.start(machine)
    await server("StopExecution", executionArn=stopped)
    running = await server.start(machine)
    assert await server.refusal("RedriveExecution", executionArn=stopped) == TOO_MANY
    await server("StopExecution", executionArn=running)
    await server("RedriveExecution", executionArn=stopped)
    assert (await server("DescribeExecution", executionArn=stopped))["redriveCount"] == 1


async def test_others_may_go_on_where_one_account_is_full(make_server: MakeServer):
    server: Server = await make_server(open_executions_max=2)
    machine = await server.machine("one", WAIT)
    for _ in range(2):
        await server.start(machine)
    other = (await server("CreateStateMachine", "2" * 12, name="m", definition=WAIT, roleArn=ROLE))["stateMachineArn"]
    for _ in range(2):
        await server("StartExecution", "2" * 12, stateMachineArn=other)
    for account, arn in (("2" * 12, other), ("123456789012", machine)):
        with pytest.raises(ExecutionLimitExceeded):
            await server("StartExecution", account, stateMachineArn=arn)


async def test_express_executions_do_not_count(make_server: MakeServer):
    server: Server = await make_server(open_executions_max=1)
    await server.start(await server.machine("one", WAIT))
    await server.start(await server.machine("quick", type="EXPRESS"))


async def test_what_ran_before_a_restart_counts(make_server: MakeServer):
    server: Server = await make_server(open_executions_max=1)
    machine = await server.machine("one", WAIT)
    await server.start(machine)
    await server.close()
    again: Server = await make_server(open_executions_max=1)
    assert await again.refusal("StartExecution", stateMachineArn=machine) == TOO_MANY
