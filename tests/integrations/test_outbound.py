"""Gates: how many at once, how fast, in which order, and that one service never holds up another."""

import asyncio

import pytest

from stepwell.integrations.outbound import CALLS_MAX, InvalidLimits, Outbound, ServiceLimit, read_limits


class Calls:
    """Calls that last until they are told to end."""

    def __init__(self, outbound):
        self.outbound = outbound
        self.begun = []
        self.go_on = asyncio.Event()
        self.tasks = {}

    async def _call(self, name, service):
        gate = self.outbound.passage(service)
        await gate.enter()
        self.begun.append(name)
        await self.go_on.wait()
        gate.leave()

    async def begin(self, *names, service="sqs"):
        for name in names:
            self.tasks[name] = asyncio.create_task(self._call(name, service))
        for _ in range(5):
            await asyncio.sleep(0)

    async def end(self):
        self.go_on.set()
        await asyncio.gather(*self.tasks.values(), return_exceptions=True)


async def test_so_many_at_once_and_the_others_in_their_order():
    calls = Calls(Outbound({"sqs": ServiceLimit(2)}))
    await calls.begin("a", "b", "c", "d")
    assert calls.begun == ["a", "b"]
    await calls.end()
    assert calls.begun == ["a", "b", "c", "d"]


async def test_both_ways_to_call_a_service_share_its_line_and_others_have_their_own():
    calls = Calls(Outbound({"sqs": ServiceLimit(1)}))
    await calls.begin("a")
    await calls.begin("b", service="aws-sdk:sqs")
    await calls.begin("c", service="sns")
    assert calls.begun == ["a", "c"]
    await calls.end()
    assert calls.begun == ["a", "c", "b"]


async def test_who_leaves_the_line_takes_no_room():
    calls = Calls(Outbound({"*": ServiceLimit(1)}))
    await calls.begin("a", "b", "c")
    calls.tasks["b"].cancel()
    await calls.end()
    assert calls.begun == ["a", "c"]


async def test_calls_begin_evenly(monkeypatch):
    waits = []

    async def sleep(seconds):
        waits.append(round(seconds, 2))

    monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: 100.0)
    monkeypatch.setattr("stepwell.integrations.outbound.asyncio.sleep", sleep)
    outbound = Outbound({"sqs": ServiceLimit(10, 4.0)})
    for _ in range(4):
        await outbound.passage("sqs").enter()
        outbound.passage("sqs").leave()
    assert waits == [0.25, 0.5, 0.75]


async def test_a_service_has_one_line_however_it_is_called():
    outbound = Outbound()
    assert outbound.passage("sqs") is outbound.passage("aws-sdk:sqs")
    assert outbound.passage("sqs") is not outbound.passage("sns")


async def test_without_a_word_there_is_a_limit_too():
    calls = Calls(Outbound())
    await calls.begin(*range(CALLS_MAX + 1))
    assert len(calls.begun) == CALLS_MAX
    await calls.end()


def test_limits_as_a_setting_has_them():
    found = read_limits(" lambda=200, sqs=50@20,*=100@0.5 ,")
    assert found == {"lambda": ServiceLimit(200), "sqs": ServiceLimit(50, 20.0), "*": ServiceLimit(100, 0.5)}
    assert read_limits("") == {}


@pytest.mark.parametrize(
    "text", ["lambda", "lambda=", "=5", "lambda=0", "sqs=5@0", "sqs=-1", "SQS=1", "a b=1", "sqs=1@x"]
)
def test_what_is_no_limit_is_refused(text):
    with pytest.raises(InvalidLimits, match="is not SERVICE=AT_ONCE"):
        read_limits(text)
