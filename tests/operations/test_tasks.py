"""Activities and the tasks that workers take from them."""

import asyncio
import json

import pytest

from tests.operations.conftest import PREFIX, WAIT, Server

MACHINE = f"{PREFIX}:stateMachine:m"
EXECUTION = f"{PREFIX}:execution:m:e"
ACTIVITY = f"{PREFIX}:activity:a"
GONE = ("TaskTimedOut", f"Task Timed Out: '{ACTIVITY}'")
NO_TOKEN = ("InvalidToken", "Invalid Token: 'Invalid token'")


def task(**fields: object) -> str:
    state = {"Type": "Task", "Resource": ACTIVITY, "End": True, **fields}
    return json.dumps({"StartAt": "T", "States": {"T": state}})


async def leased(server: Server, **fields: object) -> str:
    """The token of a task that a worker has taken."""
    await server("CreateActivity", name="a")
    await server.machine(definition=task(**fields))
    await server.start(MACHINE, name="e", input='{"n":1}')
    answer = await server("GetActivityTask", activityArn=ACTIVITY, workerName="w")
    assert answer["input"] == '{"n":1}'
    return str(answer["taskToken"])


# Activities


@pytest.mark.parametrize("name", ["activity_123.name", "ACTIVITY", "a" * 80])
async def test_an_activity_lives(server: Server, name):
    first = await server("CreateActivity", name=name)
    assert await server("CreateActivity", name=name, tags=[{"key": "k", "value": "v"}]) == first
    arn = first["activityArn"]
    assert arn == f"{PREFIX}:activity:{name}"
    assert await server("ListTagsForResource", resourceArn=arn) == {"tags": []}
    assert await server("DescribeActivity", activityArn=arn) == {
        "activityArn": arn,
        "name": name,
        "creationDate": first["creationDate"],
        "encryptionConfiguration": {"type": "AWS_OWNED_KEY"},
    }
    assert await server("DeleteActivity", activityArn=arn) == {}
    assert await server("DeleteActivity", activityArn=arn) == {}
    expected = ("ActivityDoesNotExist", f"Activity Does Not Exist: '{arn}'")
    assert await server.refusal("DescribeActivity", activityArn=arn) == expected
    assert await server.refusal("GetActivityTask", activityArn=arn) == expected


@pytest.mark.parametrize("name", ["activity/name", "activity\x1f", "activity\x7f"])
async def test_bad_names(server: Server, name):
    assert await server.refusal("CreateActivity", name=name) == ("InvalidName", f"Invalid Name: '{name}'")


async def test_bad_arns(server: Server):
    expected = ("InvalidArn", "Invalid Arn: 'Invalid ARN prefix: no_an_activity_arn'")
    for operation in ("DescribeActivity", "DeleteActivity", "GetActivityTask"):
        assert await server.refusal(operation, activityArn="no_an_activity_arn") == expected


async def test_an_activity_with_a_key_of_ones_own(server: Server):
    key = {"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": "k"}
    arn = (await server("CreateActivity", name="a", encryptionConfiguration=key))["activityArn"]
    wanted = {**key, "kmsDataKeyReusePeriodSeconds": 300}
    assert (await server("DescribeActivity", activityArn=arn))["encryptionConfiguration"] == wanted
    await server("CreateActivity", name="a", encryptionConfiguration=wanted)
    other = ("ActivityAlreadyExists", f"Activity Already Exists: '{arn}'")
    assert await server.refusal("CreateActivity", name="a") == other
    key = {"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": "other"}
    assert await server.refusal("CreateActivity", name="a", encryptionConfiguration=key) == other


async def test_activities_are_listed_by_name(server: Server):
    for name in ("c", "a", "b"):
        await server("CreateActivity", name=name)
    first = await server("ListActivities", maxResults=2)
    second = await server("ListActivities", maxResults=2, nextToken=first["nextToken"])
    assert [line["name"] for page in (first, second) for line in page["activities"]] == ["a", "b", "c"]
    assert "nextToken" not in second


async def test_others_see_no_activity(server: Server):
    await server("CreateActivity", name="a")
    for operation in ("DescribeActivity", "GetActivityTask"):
        code, _ = await server.refusal(operation, activityArn=ACTIVITY, account="999999999999")
        assert code == "ActivityDoesNotExist"
    assert await server("DeleteActivity", activityArn=ACTIVITY, account="999999999999") == {}
    assert (await server("DescribeActivity", activityArn=ACTIVITY))["name"] == "a"


async def test_a_deleted_activity_takes_its_tasks_along(server: Server):
    await server("CreateActivity", name="a", tags=[{"key": "k", "value": "v"}])
    await server.machine(definition=task())
    await server.start(MACHINE, name="e")
    await server("DeleteActivity", activityArn=ACTIVITY)
    await server("CreateActivity", name="a")
    assert await server("GetActivityTask", activityArn=ACTIVITY) == {}
    assert await server("ListTagsForResource", resourceArn=ACTIVITY) == {"tags": []}


async def test_a_task_of_an_unknown_activity_fails(server: Server):
    await server.machine(definition=task())
    answer = await server.closed(await server.start(MACHINE))
    assert (answer["status"], answer["error"]) == ("FAILED", "States.Runtime")
    await server("CreateActivity", name="a")
    execution = await server.start(MACHINE)
    assert (await server("DescribeExecution", executionArn=execution))["status"] == "RUNNING"


# Polling


async def test_nothing_to_do(server: Server):
    await server("CreateActivity", name="a")
    assert await server("GetActivityTask", activityArn=ACTIVITY) == {}


async def test_each_task_goes_to_one_worker(make_server):
    server: Server = await make_server()
    await server("CreateActivity", name="a")
    await server.machine(definition=task())
    polls = [asyncio.ensure_future(server("GetActivityTask", activityArn=ACTIVITY)) for _ in range(4)]
    await asyncio.sleep(0)
    for _ in range(3):
        await server.start(MACHINE)
    answers = await asyncio.gather(*polls)
    tokens = [answer["taskToken"] for answer in answers if answer]
    assert len(tokens) == len(set(tokens)) == 3


async def test_too_many_workers(make_server):
    server: Server = await make_server(activity_pollers_max=1)
    await server("CreateActivity", name="a")
    first = asyncio.ensure_future(server("GetActivityTask", activityArn=ACTIVITY))
    await asyncio.sleep(0.01)
    assert await server.refusal("GetActivityTask", activityArn=ACTIVITY) == (
        "ActivityWorkerLimitExceeded",
        "The maximum number of workers concurrently polling for activity tasks has been reached.",
    )
    assert await first == {}


# Answers


async def test_success(server: Server):
    token = await leased(server)
    assert await server("SendTaskHeartbeat", taskToken=token) == {}
    assert await server("SendTaskSuccess", taskToken=token, output='{ "a" : 1.00 }') == {}
    answer = await server.closed(EXECUTION)
    assert (answer["status"], answer["output"]) == ("SUCCEEDED", '{ "a" : 1.00 }')


@pytest.mark.parametrize("reason", [{}, {"error": "E"}, {"cause": "C"}, {"error": "E", "cause": "C"}])
async def test_failure(server: Server, reason):
    token = await leased(server)
    assert await server("SendTaskFailure", taskToken=token, **reason) == {}
    answer = await server.closed(EXECUTION)
    assert answer["status"] == "FAILED"
    assert {key: answer[key] for key in reason} == reason


SENDS = [
    ("SendTaskSuccess", {"output": "{}"}),
    ("SendTaskFailure", {}),
    ("SendTaskHeartbeat", {}),
]


@pytest.mark.parametrize("operation, members", SENDS)
@pytest.mark.parametrize("end", ["SendTaskSuccess", "SendTaskFailure", "StopExecution"])
async def test_after_the_end(server: Server, operation, members, end):
    token = await leased(server)
    given = {"output": "1"} if end == "SendTaskSuccess" else {}
    subject = {"executionArn": EXECUTION} if end == "StopExecution" else {"taskToken": token}
    await server(end, **subject, **given)
    assert await server.refusal(operation, taskToken=token, **members) == GONE


@pytest.mark.parametrize("operation, members", [*SENDS, ("SendTaskSuccess", {"output": "not-json"})])
async def test_tokens_that_are_not_ours(server: Server, operation, members):
    token = await leased(server)
    for wrong in ("not-a-task-token", token[:-4] + "AAA=", token + "A"):
        assert await server.refusal(operation, taskToken=wrong, **members) == NO_TOKEN
    for other in ({"region": "eu-west-1"}, {"account": "999999999999"}):
        assert await server.refusal(operation, taskToken=token, **other, **members) == NO_TOKEN


async def test_bad_output_leaves_the_task_open(server: Server):
    token = await leased(server)
    expected = ("InvalidOutput", "Invalid Output: 'not-json' is not valid JSON.")
    assert await server.refusal("SendTaskSuccess", taskToken=token, output="not-json") == expected
    await server("SendTaskHeartbeat", taskToken=token)
    await server("SendTaskSuccess", taskToken=token, output="{}")
    assert await server.refusal("SendTaskSuccess", taskToken=token, output="not-json") == expected


async def test_one_answer_wins(server: Server):
    token = await leased(server)
    sends = (server("SendTaskSuccess", taskToken=token, output=str(number)) for number in range(10))
    answers = await asyncio.gather(*sends, return_exceptions=True)
    assert answers.count({}) == 1
    assert (await server.closed(EXECUTION))["output"] == str(answers.index({}))


async def test_a_retry_has_a_new_token(server: Server):
    retry = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 1}]
    token = await leased(server, Retry=retry)
    await server("SendTaskFailure", taskToken=token, error="E")
    assert await server.refusal("SendTaskSuccess", taskToken=token, output="{}") == GONE
    second = None
    for _ in range(100):
        second = (await server("GetActivityTask", activityArn=ACTIVITY)).get("taskToken")
        if second:
            break
    assert second != token
    assert await server.refusal("SendTaskSuccess", taskToken=token, output="{}") == GONE
    await server("SendTaskSuccess", taskToken=second, output="{}")


async def test_where_the_activity_is_not_sure_none_is_named(server: Server):
    await server("CreateActivity", name="a")
    await server("CreateActivity", name="b")
    states = {
        "T": {"Type": "Task", "Resource": ACTIVITY, "Next": "U"},
        "U": {"Type": "Task", "Resource": f"{PREFIX}:activity:b", "End": True},
    }
    await server.machine(definition=json.dumps({"StartAt": "T", "States": states}))
    await server.start(MACHINE, name="e")
    token = (await server("GetActivityTask", activityArn=ACTIVITY))["taskToken"]
    await server("SendTaskSuccess", taskToken=token, output="{}")
    expected = ("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'")
    assert await server.refusal("SendTaskSuccess", taskToken=token, output="{}") == expected


async def test_a_task_that_was_given_up_for_anothers_failure(server: Server):
    """Its heartbeats are still accepted (recorded); all else says which activity's it was."""
    other = f"{PREFIX}:activity:b"
    for name in ("a", "b"):
        await server("CreateActivity", name=name)
    arms = [
        {"StartAt": n, "States": {n: {"Type": "Task", "Resource": f"{PREFIX}:activity:{n}", "End": True}}} for n in "ab"
    ]
    both = {"Type": "Parallel", "Branches": arms, "End": True}
    await server.machine(definition=json.dumps({"StartAt": "P", "States": {"P": both}}))
    execution = await server.start(MACHINE, name="e")
    failing = (await server("GetActivityTask", activityArn=ACTIVITY))["taskToken"]
    token = (await server("GetActivityTask", activityArn=other))["taskToken"]
    await server("SendTaskFailure", taskToken=failing, error="E")
    await server.closed(execution)
    assert await server("SendTaskHeartbeat", taskToken=token) == {}
    expected = ("TaskTimedOut", f"Task Timed Out: '{other}'")
    assert await server.refusal("SendTaskSuccess", taskToken=token, output="{}") == expected
    assert await server.refusal("SendTaskFailure", taskToken=token) == expected
    assert (await server.refusal("SendTaskHeartbeat", taskToken=failing))[0] == "TaskTimedOut"


async def test_a_task_of_a_stopped_execution(server: Server):
    other = f"{PREFIX}:activity:b"
    for name in ("a", "b"):
        await server("CreateActivity", name=name)
    states = {
        "T": {"Type": "Task", "Resource": other, "Next": "U"},
        "U": {"Type": "Task", "Resource": ACTIVITY, "End": True},
    }
    await server.machine(definition=json.dumps({"StartAt": "T", "States": states}))
    execution = await server.start(MACHINE, name="e")
    token = (await server("GetActivityTask", activityArn=other))["taskToken"]
    await server("StopExecution", executionArn=execution)
    expected = ("TaskTimedOut", f"Task Timed Out: '{other}'")
    assert await server.refusal("SendTaskHeartbeat", taskToken=token) == expected
    assert await server.refusal("SendTaskSuccess", taskToken=token, output="{}") == expected


async def test_lengths_are_judged_without_the_wire_too(server: Server):
    """Tasks that call this service hand members in that no service model has seen."""
    from stepwell.caller import Caller
    from stepwell.errors import ApiError
    from stepwell.operations import OPERATIONS

    caller = Caller("123456789012", "us-east-1")
    await server.machine(definition=WAIT)
    await server.start(MACHINE, name="e")
    for members in ({"error": "x" * 257}, {"cause": "x" * 32_769}):
        with pytest.raises(ApiError, match="length less than or equal to"):
            await OPERATIONS["StopExecution"](server.service, caller, execution_arn=EXECUTION, **members)
