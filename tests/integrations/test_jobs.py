"""The jobs of all services that have some: submitted, watched to every status that ends them, and stopped.

What is sent and answered is made from the services' models, so a member that a description misspells is found here.
"""

import pytest
from botocore.model import OperationModel

from stepwell.engine.failure import Failure
from stepwell.integrations.aws_shapes import upper_first
from stepwell.payload import Payload, print_json
from tests.integrations.fake_aws import fake_aws
from tests.integrations.test_catalog import A_JOB, JOB_IDS, JOBS, JSON, Peer, a_model

SUBMITTED = Payload.of(A_JOB.submitted)
DONE_WELL = {"ecs": {"Containers": [{"ExitCode": 0, "Name": "c"}]}}
"""What a description needs besides its status to tell of a success."""
SUBMISSIONS = [
    pytest.param(service, action, id=name)
    for (service, action), name in zip(JOBS, JOB_IDS, strict=True)
    if service.name != "elasticmapreduce"  # whose parameters are not the operation's
]


def wire(shape, value):
    """A value that is spelled as tasks spell it, as the service sends it."""
    if shape.type_name == "list":
        return [wire(shape.member, item) for item in value]
    if shape.type_name != "structure":
        return value
    members = {
        upper_first(name): (member.serialization.get("name", name), member) for name, member in shape.members.items()
    }
    return {members[name][0]: wire(members[name][1], member) for name, member in value.items()}


def least(shape):
    """The least that a shape requires, spelled as tasks spell it."""
    if shape.type_name == "structure":
        return {upper_first(name): least(shape.members[name]) for name in shape.required_members}
    if shape.type_name == "list":
        return [least(shape.member)]
    if shape.type_name == "string":
        return shape.enum[0] if shape.enum else "x" * shape.metadata.get("min", 1)
    return {"map": {}, "boolean": True}.get(shape.type_name, shape.metadata.get("min", 1))


def description(service, status_path, status):
    """A job's description with a status somewhere in it."""
    for name in reversed(status_path.split(".")):
        status = {name: status}
    return {**status, **DONE_WELL.get(service.name, {})}


def described(operation: OperationModel, find, job):
    """The answer to a question about a job, in which the description is where it is looked for."""
    members = operation.output_shape.members.items()
    kinds = {upper_first(name): [job] if member.type_name == "list" else job for name, member in members}
    places = [job, *({name: value} for name, value in kinds.items())]
    return wire(operation.output_shape, next(answer for answer in places if find(answer) == job))


def answer(body):
    return 200, JSON, print_json(body).encode()


@pytest.mark.parametrize("service, action", SUBMISSIONS)
async def test_it_is_submitted(service, action):
    operation = a_model(service, action).operation_model(action.operation)
    result = {
        name: value
        for name, value in A_JOB.submitted.items()
        if name in map(upper_first, operation.output_shape.members)
    }
    answered = answer(wire(operation.output_shape, result))
    async with fake_aws(answered) as fake, Peer(fake, f"{service.name}:{action.name}", "sync") as peer:
        outcome = await peer.task.perform(peer.call(least(operation.input_shape)))
    assert not isinstance(outcome, Failure), outcome
    assert result.items() <= outcome.value.items()
    assert len(fake.asked) == 1


@pytest.mark.parametrize("service, action", JOBS, ids=JOB_IDS)
async def test_it_ends_as_its_status_says(service, action):
    sync = action.sync
    operation = a_model(service).operation_model(sync.poll.operation)
    running = described(operation, sync.find, description(service, sync.status, "RUNNING"))
    async with fake_aws(None) as fake, Peer(fake, f"{service.name}:{action.name}", "sync") as peer:
        for number, status in enumerate(sorted(sync.done | sync.failed), 1):
            found = description(service, sync.status, status)
            fake.answers = [answer(running), answer(described(operation, sync.find, found))]
            outcome = await peer.task.watch(peer.call(A_JOB.parameters), SUBMITTED)
            assert len(fake.asked) == 2 * number, status
            if status in sync.done:
                assert outcome.value == sync.show(found), status
            else:
                assert outcome == Failure("States.TaskFailed", print_json(sync.show(found))), status


@pytest.mark.parametrize("service, action", JOBS, ids=JOB_IDS)
async def test_it_is_stopped_where_aws_stops_it(service, action):
    async with fake_aws(answer({})) as fake, Peer(fake, f"{service.name}:{action.name}", "sync") as peer:
        await peer.task.cancel(peer.call(A_JOB.parameters), SUBMITTED)
    assert len(fake.asked) == (action.sync.cancel is not None)
