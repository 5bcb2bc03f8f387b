"""Hints about jobs: who is woken by which event, and that a hinted job is asked about at once."""

import asyncio

import pytest

from stepwell.integrations.catalog import name_of
from stepwell.integrations.hints import Hints, names_in
from stepwell.integrations.polling import Pace
from tests.functions.test_pool import until
from tests.integrations.fake_aws import fake_aws
from tests.integrations.test_catalog import JSON, RUN, SUBMITTED, Peer, a_task

TASK = "arn:aws:ecs:eu-west-1:123456789012:task/default/c13b4cb40f1f4fe4a2971f76ae5a47ad"


def an_event(detail, *resources):
    return {"source": "aws.x", "detail-type": "X State Change", "resources": list(resources), "detail": detail}


@pytest.mark.parametrize(
    "name, event",
    [
        (TASK, an_event({"lastStatus": "STOPPED", "taskArn": TASK}, TASK)),
        ("7d5-job", an_event({"jobId": "7d5-job", "status": "SUCCEEDED"})),
        ("project:1a2", an_event({"build-id": "arn:aws:codebuild:eu-west-1:123456789012:build/project:1a2"})),
        ("jr_1", an_event({"runs": [{"id": "jr_1"}]})),
    ],
)
def test_names_in_events(name, event):
    assert name in names_in(event)


@pytest.mark.parametrize("event", [None, [], "x", 1, {}, {"detail": None}, {"resources": 5, "detail": [1, None]}])
def test_what_is_no_event_names_nothing(event):
    assert names_in(event) == set()


def test_events_that_name_too_much_or_too_deeply_are_cut():
    assert len(names_in(an_event({str(number): str(number) for number in range(50_000)}))) < 1_100
    deep = "bottom"
    for _ in range(50):
        deep = [deep]
    assert names_in(an_event(deep)) == set()


async def test_only_the_jobs_that_are_named_are_woken():
    hints = Hints()
    waiting = [asyncio.create_task(hints.wait(name, 60)) for name in ("a", "a", "b")]
    await asyncio.sleep(0)
    assert hints.tell(["a", "c"]) == 1
    assert await asyncio.gather(*waiting[:2]) == [True, True]
    assert not waiting[2].done()
    waiting[2].cancel()
    await asyncio.wait(waiting)
    assert hints.tell(["a", "b"]) == 0


async def test_who_is_not_told_goes_on_in_time():
    hints = Hints()
    assert await hints.wait("a", 0) is False
    assert hints.tell(["a"]) == 0


async def test_a_hinted_job_is_asked_about_at_once():
    hints = Hints()
    answers = [(200, JSON, a_task("RUNNING")), (200, JSON, a_task("STOPPED", 0))]
    async with fake_aws(*answers) as fake, Peer(fake, "ecs:runTask", "sync") as peer:
        peer.task._pace = Pace(first_s=1_000, hints=hints)
        watching = asyncio.create_task(peer.task.watch(peer.call(RUN), SUBMITTED))
        await until(lambda: hints.tell(["t"]))
        await until(lambda: len(fake.asked) == 1)
        await until(lambda: hints.tell(["t"]))
        assert (await watching).value["LastStatus"] == "STOPPED"


def test_jobs_are_called_by_their_most_exact_name():
    assert name_of({"cluster": "c", "tasks": ["t1", "t2"]}) == "t2"
    assert name_of({"JobName": "j", "RunId": "r"}) == "r"
    assert name_of({"Ids": []}) is None
    assert name_of({}) is None


async def test_a_hint_begins_the_count_anew():
    hints = Hints()
    pace = Pace(hints=hints)
    pausing = asyncio.create_task(pace.pause(9, "a"))
    await until(lambda: hints.tell(["a"]))
    assert await pausing == 1
    fast = Pace(first_s=0.0, gap_s=0.0, hints=hints)
    assert await fast.pause(9, "a") == 10
