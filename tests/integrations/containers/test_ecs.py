"""`ecs:runTask` on this machine, over real processes: results, descriptions, failures, stopping."""

import asyncio
import json

import pytest

from stepwell.engine.failure import Failure
from stepwell.integrations.containers.definitions import Container
from stepwell.integrations.containers.ecs import LocalEcs
from stepwell.integrations.containers.processes import ProcessRunner
from tests.functions.test_pool import until
from tests.integrations.fakes import ACCOUNT, REGION, a_call

TASKS = {
    "ship": (Container("main", "shell", ("exit 0",), {"WORD": "own"}),),
    "fails": (Container("main", "shell", ("exit 3",)),),
    "nothing": (Container("main", "none"),),
    "pair": (
        Container("main_a", "shell", ("exit 0",)),
        Container("main-a", "shell", ("exit 9",), essential=False),
    ),
    "long": (Container("main", "shell", ("echo up > up; sleep 60",)),),
}
PLACE = f"arn:aws:ecs:{REGION}:{ACCOUNT}"


@pytest.fixture
async def ecs(tmp_path):
    runner = ProcessRunner({"shell": ("sh", "-c")}, tmp_path)
    yield LocalEcs(runner, TASKS)
    await runner.close()


def a_task(definition, pattern="sync", **parameters):
    return a_call("ecs", "runTask", {"TaskDefinition": definition, **parameters}, pattern)


async def run(ecs, call):
    submitted = await ecs.perform(call)
    assert not isinstance(submitted, Failure), submitted
    return submitted.value, await ecs.watch(call, submitted)


async def test_a_task_that_succeeds(ecs):
    submitted, outcome = await run(
        ecs, a_task("ship:7", Cluster="shop", LaunchType="FARGATE", StartedBy="AWS Step Functions")
    )
    assert list(submitted) == ["Failures", "SdkHttpMetadata", "SdkResponseMetadata", "Tasks"]
    [task] = submitted["Tasks"]
    assert (task["LastStatus"], task["StartedBy"]) == ("PROVISIONING", "AWS Step Functions")
    assert task["TaskArn"].startswith(f"{PLACE}:task/shop/")
    assert task["TaskDefinitionArn"] == f"{PLACE}:task-definition/ship:1"
    ended = outcome.value
    assert list(ended) == sorted(ended)
    assert ended["TaskArn"] == task["TaskArn"]
    assert (ended["LastStatus"], ended["DesiredStatus"], ended["LaunchType"]) == ("STOPPED", "STOPPED", "FARGATE")
    assert (ended["StopCode"], ended["StoppedReason"]) == (
        "EssentialContainerExited",
        "Essential container in task exited",
    )
    assert ended["CreatedAt"] <= ended["StartedAt"] <= ended["StoppedAt"]
    [container] = ended["Containers"]
    assert (container["ExitCode"], container["Image"], container["LastStatus"]) == (0, "shell", "STOPPED")


@pytest.mark.parametrize(
    "definition, code, reason",
    [
        ("fails", "EssentialContainerExited", "Essential container in task exited"),
        ("nothing", "TaskFailedToStart", "CannotPullContainerError: no command stands for the image none"),
    ],
)
async def test_a_task_that_fails(ecs, definition, code, reason):
    _, outcome = await run(ecs, a_task(definition))
    assert outcome.error == "States.TaskFailed"
    ended = json.loads(outcome.cause)
    assert (ended["StopCode"], ended["StoppedReason"]) == (code, reason)
    assert ended["Containers"][0].get("ExitCode") == (3 if definition == "fails" else None)


async def test_only_essential_containers_count_even_with_names_alike(ecs):
    _, outcome = await run(ecs, a_task("pair"))
    assert {one["Name"]: one["ExitCode"] for one in outcome.value["Containers"]}["main_a"] == 0


async def test_overrides(ecs, tmp_path):
    override = {
        "Name": "main",
        "Command": ['echo "$WORD $MORE" > said'],
        "Environment": [{"Name": "MORE", "Value": "more"}],
    }
    _, outcome = await run(ecs, a_task("ship", Overrides={"ContainerOverrides": [override]}))
    assert outcome.value["Overrides"] == {"ContainerOverrides": [override]}
    assert (tmp_path / "said").read_text() == "own more\n"


async def test_a_plain_task_and_one_with_a_token_may_be_many(ecs, tmp_path):
    overrides = {"ContainerOverrides": [{"Name": "main", "Command": ["echo x >> marks"]}]}
    for pattern in ("", "waitForTaskToken"):
        submitted = await ecs.perform(a_task("ship", pattern, Count=2, Overrides=overrides))
        tasks = submitted.value["Tasks"]
        assert len({task["TaskArn"] for task in tasks}) == 2
        assert "StartedBy" not in tasks[0]
        await until(lambda: not ecs._ends)
        await ecs.cancel(a_task("ship", pattern), submitted)
    assert (tmp_path / "marks").read_text() == "x\n" * 2  # the same attempt is the same two tasks


@pytest.mark.parametrize(
    "parameters, error, said",
    [
        ({"TaskDefinition": "none"}, "ECS.ClientException", "TaskDefinition not found. (Service: AmazonECS; Status"),
        (
            {"TaskDefinition": "ship", "Overrides": {"ContainerOverrides": [{"Name": "x"}]}},
            "ECS.InvalidParameterException",
            "Override for container named x is not a container in the TaskDefinition.",
        ),
        ({}, "States.Runtime", "[The field 'TaskDefinition' is required but was missing]"),
        ({"TaskDefinition": 1}, "States.Runtime", "[The value for the field 'TaskDefinition' must be a STRING]"),
        ({"TaskDefinition": "ship", "Count": "2"}, "States.Runtime", "must be an INTEGER"),
        ({"TaskDefinition": "ship", "Count": 11}, "States.Runtime", "must be between 1 and 10"),
        ({"TaskDefinition": "ship", "Overrides": []}, "States.Runtime", "'Overrides' must be an object"),
        ({"TaskDefinition": "ship", "Overrides": {"ContainerOverrides": 1}}, "States.Runtime", "must be a list"),
        ([], "States.Runtime", "'Parameters' must be an object"),
    ],
)
async def test_what_is_refused(ecs, parameters, error, said):
    failure = await ecs.perform(a_call("ecs", "runTask", parameters, "sync"))
    assert failure.error == error
    assert said in failure.cause


@pytest.mark.parametrize(
    "override",
    [
        {"Command": "ls"},
        {"Command": [1]},
        {"Environment": {"A": "1"}},
        {"Environment": [1]},
        {"Environment": [{"Name": "A=B", "Value": "1"}]},
        {"Environment": [{"Name": "", "Value": "1"}]},
        {"Environment": [{"Name": "A"}]},
    ],
)
async def test_overrides_of_another_shape_are_refused(ecs, override):
    overrides = {"ContainerOverrides": [{"Name": "main", **override}]}
    assert (await ecs.perform(a_task("ship", Overrides=overrides))).error == "States.Runtime"


async def test_stopping_a_sync_task_stops_its_containers(ecs, tmp_path):
    call = a_task("long")
    submitted = await ecs.perform(call)
    watching = asyncio.create_task(ecs.watch(call, submitted))
    await until((tmp_path / "up").exists)
    await ecs.cancel(call, submitted)
    assert json.loads((await watching).cause)["Containers"][0]["ExitCode"] == 143


async def test_a_task_that_was_lost_with_its_server_has_failed(ecs, tmp_path):
    call = a_task("ship")
    submitted = await ecs.perform(call)
    another = LocalEcs(ProcessRunner({}, tmp_path), TASKS)
    ended = json.loads((await another.watch(call, submitted)).cause)
    assert (ended["StopCode"], ended["StoppedReason"]) == (
        "TerminationNotice",
        "The server that ran this task has stopped",
    )
