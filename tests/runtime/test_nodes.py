"""Several nodes: requests reach the owner of an execution, and executions go on when owners change."""

import asyncio
from dataclasses import replace
from random import Random
from unittest import mock

import pytest

from stepwell.engine.failure import Failure
from stepwell.limits import AWS
from stepwell.payload import Payload
from stepwell.runtime.dispatcher import UNKNOWN_OUTCOME
from stepwell.runtime.identity import TaskRef
from stepwell.runtime.refusals import NameTaken, StoreUnavailable
from stepwell.store.protocol import StoreError
from tests.runtime.network import Network, SimCarrier
from tests.runtime.shared import LEASE_S, SHARDS, Node, Shared, on_nodes
from tests.runtime.world import ACCOUNT, ACTIVITY, GLUE, LAMBDA, REGION, SQS, TOKEN, flow, never, task

WAIT = flow(("W", {"Type": "Wait", "Seconds": 60}))
PRESS = flow(("P", task(ACTIVITY)))


def ref_of(node: Node, token: str) -> TaskRef:
    ref = node.runtime.tokens.read(token, ACCOUNT, REGION)
    assert ref is not None
    return ref


async def events_of(node: Node, execution_id: bytes) -> list[str]:
    events, _ = await node.runtime.reader.history(execution_id, start=None, limit=1_000)
    return [event["type"] for event in events]


# Requests


@on_nodes
async def test_a_new_execution_goes_to_a_shard_of_its_node(shared: Shared) -> None:
    first, second = await shared.nodes(WAIT)
    for number in range(200):
        for node in (first, second):
            execution_id = await node.start(shared, f"{id(node)}-{number}")
            assert node.runtime.ownership.shard_of(execution_id) in node.shards
    assert shared.count("open_executions") == 400


@on_nodes
async def test_a_name_is_taken_whichever_node_took_it(shared: Shared) -> None:
    first, second = await shared.nodes(WAIT)
    execution_id = await first.start(shared, "e")
    with pytest.raises(NameTaken) as caught:
        await second.start(shared, "e")
    assert caught.value.execution_id == execution_id


@on_nodes
async def test_a_stop_reaches_the_owner(shared: Shared) -> None:
    first, second = await shared.nodes(WAIT)
    execution_id = await first.start(shared, "e")
    assert await second.runtime.stop_execution(execution_id, "Halt", "enough")
    assert await shared.status(execution_id) == "ABORTED"
    assert not await second.runtime.stop_execution(execution_id, "Halt", "again")
    await shared.rest()
    assert (shared.count("inbox"), shared.count("replies")) == (0, 0)


@on_nodes
async def test_a_worker_may_ask_any_node(shared: Shared) -> None:
    """For a task, with a heartbeat and with the result; tokens are the same everywhere."""
    first, second = await shared.nodes(PRESS)
    execution_id = await first.start(shared, "e", '{"n":1}')
    taken = await second.runtime.poll_activity(shared.activity, "worker")
    assert taken is not None
    assert taken.input == '{"n":1}'
    assert await second.runtime.heartbeat(ref_of(second, taken.token))
    assert await second.runtime.finish_task(ref_of(second, taken.token), Payload('"done"'))
    assert not await first.runtime.finish_task(ref_of(first, taken.token), Payload('"twice"'))
    assert not await second.runtime.heartbeat(ref_of(second, taken.token))
    assert (await events_of(second, execution_id))[-1] == "ExecutionSucceeded"


@on_nodes
async def test_a_task_that_two_nodes_want_goes_to_one(shared: Shared) -> None:
    first, second = await shared.nodes(PRESS)
    third = await shared.node("third")
    polls = [asyncio.ensure_future(node.runtime.poll_activity(shared.activity, None)) for node in (second, third) * 3]
    await asyncio.sleep(0.5)
    ids = [await first.start(shared, f"e{number}") for number in range(4)]
    await shared.rest()
    taken = [poll.result() for poll in polls if poll.done()]
    assert len({task.token for task in taken if task is not None}) == len(ids) == len(taken)
    for execution_id in ids:
        assert (await events_of(first, execution_id)).count("ActivityStarted") == 1


@on_nodes
async def test_a_task_whose_worker_goes_away_meanwhile_is_handed_to_the_next(shared: Shared) -> None:
    first, second = await shared.nodes(PRESS)
    poll = asyncio.ensure_future(second.runtime.poll_activity(shared.activity, "gone"))
    await asyncio.sleep(0.5)
    execution_id = await first.start(shared, "e")
    while second.runtime.outbox.waiting == 0:  # noqa: ASYNC110  # the store tells nobody
        await asyncio.sleep(0.001)
    poll.cancel()
    await shared.rest()
    taken = await second.runtime.poll_activity(shared.activity, "next")
    assert taken is not None
    assert (await events_of(first, execution_id)).count("ActivityStarted") == 1


@on_nodes
async def test_a_redrive_reaches_the_owner(shared: Shared) -> None:
    first, second = await shared.nodes(flow(("F", {"Type": "Fail", "Error": "No"})))
    execution_id = await first.start(shared, "e")
    row = await shared.row(execution_id)
    assert await second.runtime.requests.redrive(row, shared.clock.now_ms(), b"\x01\x90")
    again = await shared.row(execution_id)
    assert (again.status, again.redrives, again.redrive) == ("FAILED", 1, b"\x01\x90")
    assert (await events_of(second, execution_id)).count("ExecutionRedriven") == 1


@on_nodes
async def test_a_redrive_that_meets_nothing_is_refused_by_the_owner(shared: Shared) -> None:
    first, second = await shared.nodes(flow(("P", {"Type": "Pass"})))
    row = await shared.row(await first.start(shared, "e"))
    assert not await second.runtime.requests.redrive(row, shared.clock.now_ms(), b"")


@on_nodes
async def test_a_redrive_that_comes_late_is_refused_by_the_owner(shared: Shared) -> None:
    """It was asked for before another redrive, and would undo what has happened since."""
    first, second = await shared.nodes(flow(("F", {"Type": "Fail", "Error": "No"})))
    execution_id = await first.start(shared, "e")
    row = await shared.row(execution_id)
    for redriven in (True, False):
        assert await second.runtime.requests.redrive(row, shared.clock.now_ms(), b"") == redriven
    assert (await events_of(first, execution_id)).count("ExecutionRedriven") == 1


@on_nodes
async def test_the_owner_knows_when_a_history_is_full(shared: Shared) -> None:
    """Whatever the node that was asked has seen."""
    first, second = await shared.nodes(flow(("F", {"Type": "Fail", "Error": "No"})))
    first.runtime.redriving._limits = replace(AWS, history_events_max=5)
    execution_id = await first.start(shared, "e")
    for redriven in (True, False):
        row = await shared.row(execution_id)
        assert await second.runtime.requests.redrive(row, shared.clock.now_ms(), b"") == redriven
    assert (await events_of(first, execution_id))[-1] == "ExecutionFailed"


@on_nodes
async def test_whoever_waits_for_an_end_hears_of_it_on_another_node(shared: Shared) -> None:
    first, second = await shared.nodes(WAIT)
    execution_id = await first.start(shared, "e")
    await asyncio.wait_for(second.runtime.wait_closed(execution_id), 65)
    assert await shared.status(execution_id) == "SUCCEEDED"


@on_nodes
async def test_a_request_is_answered_by_the_next_owner_if_the_first_dies(shared: Shared) -> None:
    first, second = await shared.nodes(WAIT)
    execution_id = await first.start(shared, "e")
    await shared.kill(first)
    assert await second.runtime.stop_execution(execution_id, None, None)
    assert await shared.status(execution_id) == "ABORTED"


@on_nodes
async def test_a_request_that_nobody_answers_is_given_up(shared: Shared) -> None:
    first, second = await shared.nodes(WAIT)
    execution_id = await first.start(shared, "e")
    second.store.down = True
    with mock.patch("stepwell.runtime.outbox._PATIENCE_S", 1.0), pytest.raises(StoreUnavailable):
        await second.runtime.stop_execution(execution_id, None, None)


@on_nodes
async def test_a_node_that_has_nothing_to_do_looks_a_few_times_a_second(shared: Shared) -> None:
    """At its messages, at the others, and at its lease; whether it is alone or not."""
    await shared.define(WAIT)
    for name in ("first", "second"):
        node = await shared.node(name)
        await asyncio.sleep(5)
        before = node.store.verbs.total()
        await asyncio.sleep(10)
        assert node.store.verbs.total() - before < 10 * 12, node.store.verbs


# Lines


async def linked(shared: Shared) -> tuple[Node, Node, Network]:
    """Two nodes; the second has a line to the first."""
    shared.network = Network(Random(2), lambda: False)
    first, second = await shared.nodes(PRESS)
    execution_id = await first.start(shared, "the line is made")
    assert await second.runtime.stop_execution(execution_id, None, None)
    await shared.rest()
    return first, second, shared.network


async def taken_by(node: Node, shared: Shared, owner: Node, name: str) -> TaskRef:
    """A task of the owner's, for a worker that asks the node."""
    await owner.start(shared, name)
    task = await node.runtime.poll_activity(shared.activity, "worker")
    assert task is not None
    await shared.rest()
    return ref_of(node, task.token)


@on_nodes
async def test_a_completion_goes_over_a_line(shared: Shared) -> None:
    first, second, network = await linked(shared)
    ref = await taken_by(second, shared, first, "e")
    frames = network.frames
    with mock.patch.object(second.runtime.outbox, "collect", side_effect=AssertionError("by the post")):
        assert await second.runtime.finish_task(ref, Payload("1"))
    assert network.frames == frames + 2
    assert not await second.runtime.finish_task(ref, Payload("2"))
    assert await shared.status(ref.execution_id) == "SUCCEEDED"


@on_nodes
async def test_of_a_line_that_breaks_behind_a_request_nobody_says_what_nobody_knows(shared: Shared) -> None:
    """It was carried out; asked again the owner refuses it, which is no answer for who asked once."""
    first, second, network = await linked(shared)
    ref = await taken_by(second, shared, first, "e")
    finished = asyncio.ensure_future(second.runtime.finish_task(ref, Payload("1")))
    while await shared.status(ref.execution_id) == "RUNNING":  # noqa: ASYNC110  # the store tells nobody
        await asyncio.sleep(0.0001)
    for end in network.ends:
        end.hang_up()
    with pytest.raises(StoreUnavailable, match="whether the request was carried out is unknown"):
        await finished
    assert not await second.runtime.finish_task(ref, Payload("1"))
    await shared.rest()
    assert (shared.count("inbox"), shared.count("replies")) == (0, 0)


@on_nodes
async def test_a_request_that_a_broken_line_lost_goes_by_the_post(shared: Shared) -> None:
    first, second, network = await linked(shared)
    ref = await taken_by(second, shared, first, "e")
    finished = asyncio.ensure_future(second.runtime.finish_task(ref, Payload("1")))
    await asyncio.sleep(0)
    for end in network.ends:
        end.hang_up()
    assert await finished
    assert await shared.status(ref.execution_id) == "SUCCEEDED"


@on_nodes
async def test_what_the_owner_could_not_commit_is_asked_again_by_the_post(shared: Shared) -> None:
    first, second, network = await linked(shared)
    ref = await taken_by(second, shared, first, "e")

    async def hang_up(number: int) -> None:
        for end in network.ends:
            end.hang_up()

    first.store.before, first.store.failing = hang_up, {first.store.commits + 1}
    assert await second.runtime.finish_task(ref, Payload("1"))
    assert await shared.status(ref.execution_id) == "SUCCEEDED"


@on_nodes
async def test_a_dead_owner_is_followed_and_its_requests_with_it(shared: Shared) -> None:
    first, second, _ = await linked(shared)
    ref = await taken_by(second, shared, first, "e")
    await shared.kill(first)
    assert await second.runtime.finish_task(ref, Payload("1"))
    assert second.shards == list(range(SHARDS))
    assert await shared.status(ref.execution_id) == "SUCCEEDED"


@on_nodes
async def test_news_of_jobs_reach_those_who_watch_them(shared: Shared) -> None:
    first, second, _ = await linked(shared)
    heard: list[list[str]] = []
    for node in (first, second):
        node.runtime.news.listeners.append(heard.append)
    second.runtime.news.tell({"job 2", "job 1"})
    second.runtime.news.tell(())
    await shared.rest()
    assert heard == [["job 1", "job 2"]] * 2


@on_nodes
async def test_nodes_that_cannot_listen_have_the_post(shared: Shared) -> None:
    shared.network = Network(Random(2), lambda: False)
    with mock.patch.object(SimCarrier, "listen", side_effect=OSError("no such address")):
        first, second = await shared.nodes(WAIT)
    execution_id = await first.start(shared, "e")
    assert await second.runtime.stop_execution(execution_id, None, None)
    assert shared.network.frames == 0


# Owners that change


@on_nodes
async def test_a_dead_node_is_followed_within_a_lease_and_a_half_second(shared: Shared) -> None:
    first, second = await shared.nodes(flow(("W", {"Type": "Wait", "Seconds": 2}), ("P", task(ACTIVITY))))
    execution_id = await first.start(shared, "e")
    await shared.kill(first)
    began_s = shared.loop.now_s
    while len(second.shards) < SHARDS:  # noqa: ASYNC110  # the store tells nobody
        await asyncio.sleep(0.01)
    assert shared.loop.now_s - began_s <= LEASE_S + 0.5
    taken = await second.runtime.poll_activity(shared.activity, None)
    assert taken is not None
    assert await second.runtime.finish_task(ref_of(second, taken.token), Payload("{}"))
    assert await shared.status(execution_id) == "SUCCEEDED"


@on_nodes
async def test_a_call_of_a_dead_node_fails_and_is_not_made_again(shared: Shared) -> None:
    first, second = await shared.nodes(flow(("C", task(LAMBDA))))
    first.script.answer = never
    execution_id = await first.start(shared, "e")
    await shared.rest()
    await shared.kill(first)
    await asyncio.sleep(2 * LEASE_S)
    row = await shared.row(execution_id)
    _, _, cause = await second.runtime.reader.result_of(row)
    assert (row.status, cause) == ("FAILED", UNKNOWN_OUTCOME)
    assert not second.script.performed


@on_nodes
async def test_a_call_of_a_dead_node_is_made_again_where_the_service_knows_repetitions(shared: Shared) -> None:
    first, second = await shared.nodes(flow(("C", task(SQS))))
    first.repeatable.answer = never
    execution_id = await first.start(shared, "e")
    await shared.rest()
    await shared.kill(first)
    await asyncio.sleep(2 * LEASE_S)
    assert await shared.status(execution_id) == "SUCCEEDED"
    assert [call.attempt_id for call in second.repeatable.performed] == [
        call.attempt_id for call in first.repeatable.performed
    ]


@on_nodes
async def test_a_job_moves_with_its_shard(shared: Shared) -> None:
    first, second = await shared.nodes(flow(("J", task(GLUE))))
    first.script.end = never
    execution_id = await first.start(shared, "e")
    await shared.rest()
    await first.runtime.close(0.0)
    await shared.rest()
    assert await shared.status(execution_id) == "SUCCEEDED"
    assert (len(first.script.performed), len(second.script.performed)) == (1, 0)
    assert len(second.script.watched) == 1


@on_nodes
async def test_a_node_that_joins_gets_its_share_and_calls_in_flight_end_where_they_began(shared: Shared) -> None:
    """Their outcomes are sent to the new owners; nothing is called twice, nothing fails."""
    await shared.define(flow(("C", task(LAMBDA))))
    first = await shared.node("first")
    answers: list[asyncio.Future[Payload]] = []

    async def later(_call: object) -> Payload:
        answers.append(asyncio.get_running_loop().create_future())
        return await answers[-1]

    first.script.answer = later
    ids = [await first.start(shared, f"e{number}") for number in range(200)]
    second = await shared.node("second")
    moved = [each for each in ids if second.runtime.ownership.drives(each)]
    assert 0 < len(moved) < len(ids)
    for answer in answers:
        answer.set_result(Payload('"late"'))
    await shared.rest()
    assert {await shared.status(execution_id) for execution_id in ids} == {"SUCCEEDED"}
    assert (len(first.script.performed), second.script.performed) == (200, [])
    assert shared.count("inbox") == 0


@on_nodes
async def test_the_calls_of_a_former_owner_that_dies_fail(shared: Shared) -> None:
    await shared.define(flow(("C", task(LAMBDA))))
    first = await shared.node("first")
    first.script.answer = never
    ids = [await first.start(shared, f"e{number}") for number in range(200)]
    second = await shared.node("second")
    moved = [each for each in ids if second.runtime.ownership.drives(each)]
    await asyncio.sleep(10 * LEASE_S)
    assert {await shared.status(execution_id) for execution_id in moved} == {"RUNNING"}
    await shared.kill(first)
    await asyncio.sleep(2 * LEASE_S)
    assert {await shared.status(execution_id) for execution_id in ids} == {"FAILED"}
    assert not second.script.performed


@on_nodes
async def test_a_node_that_ends_in_good_order_leaves_no_gap(shared: Shared) -> None:
    first, second = await shared.nodes(WAIT)
    execution_id = await first.start(shared, "e")
    await first.runtime.close(0.0)
    await asyncio.sleep(0.5)
    assert second.shards == list(range(SHARDS))
    assert await second.runtime.stop_execution(execution_id, None, None)
    nodes, _ = await shared.inner.load_nodes()
    assert [node.name for node in nodes] == ["second"]


@on_nodes
async def test_a_node_that_was_paused_too_long_begins_anew(shared: Shared) -> None:
    """What it would have written fails; then it takes part again."""
    first, second = await shared.nodes(flow(("T", task(TOKEN, TimeoutSeconds=600))))
    execution_id = await first.start(shared, "e")
    old = first.runtime.nodes.leases.node_id
    first.store.down = True
    await asyncio.sleep(2 * LEASE_S)
    assert second.shards == list(range(SHARDS))
    assert not first.runtime.is_ready
    stop = asyncio.ensure_future(first.runtime.stop_execution(execution_id, None, None))
    await asyncio.sleep(0)
    first.store.down = False
    await shared.rest()
    assert first.runtime.nodes.leases.node_id != old
    assert first.runtime.is_ready
    assert len(first.shards) == SHARDS // 2
    await asyncio.gather(stop, return_exceptions=True)
    assert await first.runtime.stop_execution(execution_id, None, None) or await shared.status(execution_id)
    assert (await events_of(second, execution_id)).count("ExecutionAborted") == 1


@on_nodes
async def test_an_outage_of_the_database_is_nobody_s_death(shared: Shared) -> None:
    """Nobody could beat, and nobody watched: all go on as before."""
    first, second = await shared.nodes(flow(("W", {"Type": "Wait", "Seconds": 10})))
    names = [node.runtime.nodes.leases.node_id for node in (first, second)]
    ids = [await node.start(shared, f"{id(node)}") for node in (first, second)]
    first.store.down = second.store.down = True
    await asyncio.sleep(4 * LEASE_S)
    with pytest.raises(StoreUnavailable):
        await first.start(shared, "meanwhile")
    first.store.down = second.store.down = False
    await shared.rest()
    assert [node.runtime.nodes.leases.node_id for node in (first, second)] == names
    assert {await shared.status(execution_id) for execution_id in ids} == {"SUCCEEDED"}


@on_nodes
async def test_a_failed_task_may_be_reported_anywhere(shared: Shared) -> None:
    first, second = await shared.nodes(PRESS)
    execution_id = await first.start(shared, "e")
    taken = await first.runtime.poll_activity(shared.activity, None)
    assert taken is not None
    assert await second.runtime.finish_task(ref_of(second, taken.token), Failure("Broken \ud800", None))
    assert await shared.status(execution_id) == "FAILED"


@on_nodes
async def test_a_node_that_is_given_up_while_it_lets_shards_go_begins_anew(shared: Shared) -> None:
    """It waits for the group under way, whose commit came back too late to tell whose its shards are."""
    await shared.define(WAIT)
    first = await shared.node("first")
    slow = asyncio.Event()

    async def wait(number: int) -> None:
        await slow.wait()

    first.store.after = wait
    started = asyncio.ensure_future(first.start(shared, "e"))
    await asyncio.sleep(0.01)
    going = [first.runtime.ownership.home, *first.shards][:2]
    with mock.patch.object(first.runtime.nodes, "cheapest", return_value=going):
        second = await shared.node("second")
    with mock.patch.object(first.runtime.nodes.leases, "_beat", side_effect=StoreError("cut off")):
        await asyncio.sleep(LEASE_S + 1.0)
    assert second.shards == list(range(SHARDS))
    first.store.after = None
    slow.set()
    await shared.rest()
    await shared.rest()
    assert started.done()
    assert (len(first.shards), len(second.shards)) == (SHARDS // 2, SHARDS // 2)
