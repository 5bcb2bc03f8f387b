"""State machines: what AWS was recorded to answer, and what must hold whatever is asked."""

import asyncio
import json

import pytest

from tests.operations.conftest import ACCOUNT, FAIL, PASS, PREFIX, REGION, ROLE, WAIT, Server

ARN = f"{PREFIX}:stateMachine:m"
GROUP = {"cloudWatchLogsLogGroup": {"logGroupArn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/vendedlogs/x:*"}}
DEFAULTS = {
    "loggingConfiguration": {"includeExecutionData": False, "level": "OFF"},
    "tracingConfiguration": {"enabled": False},
    "encryptionConfiguration": {"type": "AWS_OWNED_KEY"},
}
KMS = {"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": "alias/a"}


async def test_described_as_created(server: Server):
    arn = await server.machine(definition="\n" + PASS + " ")
    answer = await server("DescribeStateMachine", stateMachineArn=arn)
    assert isinstance(answer.pop("creationDate"), float)
    assert answer == {
        "stateMachineArn": ARN,
        "name": "m",
        "status": "ACTIVE",
        "type": "STANDARD",
        "definition": "\n" + PASS + " ",
        "roleArn": ROLE,
        **DEFAULTS,
    }


REFUSED_CREATIONS = [
    ({"name": "a b"}, "InvalidName", "Invalid Name: 'a b'"),
    ({"roleArn": "nobody"}, "InvalidArn", "Invalid Role Arn: 'nobody'"),
    (
        {"definition": '{"Comment": "BASE_INVALID_DER", "StartAt": "State_1"}'},
        "InvalidDefinition",
        "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: These fields are required: [States] at /'",
    ),
    (
        {"definition": '{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "A"}}}'},
        "InvalidDefinition",
        "Invalid State Machine Definition: 'MISSING_END_STATE: Workflow has no terminal state at null'",
    ),
    (
        {"loggingConfiguration": {"level": "ERROR"}},
        "InvalidLoggingConfiguration",
        "Invalid Logging Configuration: Must specify exactly one Log Destination.",
    ),
    (
        {"loggingConfiguration": {"level": "ALL", "destinations": [GROUP, GROUP]}},
        "InvalidLoggingConfiguration",
        "Invalid Logging Configuration: Must specify exactly one Log Destination.",
    ),
    (
        {
            "loggingConfiguration": {
                "level": "ALL",
                "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": "arn:aws:logs:us-east-1:1:log-group:x"}}],
            }
        },
        "InvalidLoggingConfiguration",
        "Invalid Logging Configuration: Log Destination not found.",
    ),
    (
        {"encryptionConfiguration": {"type": "CUSTOMER_MANAGED_KMS_KEY"}},
        "InvalidEncryptionConfiguration",
        "Invalid Encryption Configuration: Must set a valid kmsKeyId.",
    ),
    (
        {"encryptionConfiguration": {"type": "AWS_OWNED_KEY", "kmsKeyId": "k"}},
        "InvalidEncryptionConfiguration",
        "Invalid Encryption Configuration: Custom kmsKeyId is not allowed when selecting AWS_OWNED_KEY.",
    ),
    (
        {"encryptionConfiguration": {"type": "AWS_OWNED_KEY", "kmsDataKeyReusePeriodSeconds": 60}},
        "InvalidEncryptionConfiguration",
        "Invalid Encryption Configuration: Custom kmsDataKeyReusePeriodSeconds is not allowed when selecting "
        "AWS_OWNED_KEY.",
    ),
    (
        {"tracingConfiguration": {}},
        "InvalidTracingConfiguration",
        "Invalid Tracing Configuration: 'enabled' must be set to true or false.",
    ),
    (
        {"versionDescription": "one"},
        "ValidationException",
        "Version description can only be set when publish is true",
    ),
    (
        {"tags": [{"key": "aws:x", "value": ""}]},
        "AccessDeniedException",
        "Caller is an end user and not allowed to mutate system tags",
    ),
    (
        {"tags": [{"key": str(i), "value": ""} for i in range(51)]},
        "TooManyTags",
        "A resource can have at most 50 tags",
    ),
]


@pytest.mark.parametrize("members, code, message", REFUSED_CREATIONS)
async def test_refused_creations(server: Server, members, code, message):
    given = {"name": "m", "definition": PASS, "roleArn": ROLE, **members}
    assert await server.refusal("CreateStateMachine", **given) == (code, message)
    assert await server("ListStateMachines") == {"stateMachines": []}


SAME = [{}, {"roleArn": ROLE + "2"}, {"tags": [{"key": "k", "value": "v"}]}, {"loggingConfiguration": {"level": "OFF"}}]
OTHER = [
    {"definition": PASS + " "},
    {"type": "EXPRESS"},
    {"loggingConfiguration": {"level": "ALL", "destinations": [GROUP]}},
    {"tracingConfiguration": {"enabled": True}},
    {"encryptionConfiguration": KMS},
]


@pytest.mark.parametrize("members", SAME)
async def test_creating_the_same_again_answers_the_first(server: Server, members):
    given = {"name": "m", "definition": PASS, "roleArn": ROLE}
    first = await server("CreateStateMachine", **given)
    assert await server("CreateStateMachine", **{**given, **members}) == first
    assert (await server("DescribeStateMachine", stateMachineArn=ARN))["roleArn"] == ROLE
    assert await server("ListTagsForResource", resourceArn=ARN) == {"tags": []}


@pytest.mark.parametrize("members", OTHER)
async def test_creating_another_of_the_name_is_refused(server: Server, members):
    await server.machine()
    given = {"name": "m", "definition": PASS, "roleArn": ROLE, **members}
    expected = ("StateMachineAlreadyExists", f"State Machine Already Exists: '{ARN}'")
    assert await server.refusal("CreateStateMachine", **given) == expected


async def test_creations_at_once_make_one_machine(server: Server):
    arns = await asyncio.gather(*(server.machine() for _ in range(10)))
    assert set(arns) == {ARN}
    assert len((await server("ListStateMachines"))["stateMachines"]) == 1


async def test_creation_compares_with_the_current_definition(server: Server):
    await server.machine()
    await server("UpdateStateMachine", stateMachineArn=ARN, definition=WAIT)
    code, _ = await server.refusal("CreateStateMachine", name="m", definition=PASS, roleArn=ROLE)
    assert code == "StateMachineAlreadyExists"
    assert await server.machine(definition=WAIT) == ARN


@pytest.mark.parametrize(
    "given, described",
    [
        ({"loggingConfiguration": {"destinations": []}}, {"destinations": [], **DEFAULTS["loggingConfiguration"]}),
        (
            {"loggingConfiguration": {"level": "OFF", "includeExecutionData": True, "destinations": [GROUP]}},
            {"level": "OFF", "includeExecutionData": True, "destinations": [GROUP]},
        ),
        (
            {"loggingConfiguration": {"level": "FATAL", "destinations": [GROUP]}},
            {"level": "FATAL", "includeExecutionData": False, "destinations": [GROUP]},
        ),
        ({"tracingConfiguration": {"enabled": True}}, {"enabled": True}),
        ({"encryptionConfiguration": KMS}, {**KMS, "kmsDataKeyReusePeriodSeconds": 300}),
    ],
)
async def test_configurations_come_back(server: Server, given, described):
    await server.machine(**given)
    answer = await server("DescribeStateMachine", stateMachineArn=ARN)
    assert answer[next(iter(given))] == described


UNKNOWN = [
    ("m", "InvalidArn", "Invalid Arn: 'Invalid ARN prefix: m'"),
    (
        f"{PREFIX}:stateMachine:x",
        "StateMachineDoesNotExist",
        f"State Machine Does Not Exist: '{PREFIX}:stateMachine:x'",
    ),
    (f"{ARN}:1", "StateMachineDoesNotExist", f"State Machine Version Does Not Exist: '{ARN}:1'"),
    (f"{ARN}:live", "StateMachineDoesNotExist", f"State Machine Does Not Exist: '{ARN}:live'"),
    (
        f"arn:aws:states:{REGION}:999999999999:stateMachine:m",
        "StateMachineDoesNotExist",
        f"State Machine Does Not Exist: 'arn:aws:states:{REGION}:999999999999:stateMachine:m'",
    ),
    (f"{PREFIX}:activity:m", "InvalidArn", "Invalid Arn: 'Resource type not valid in this context: activity'"),
]


@pytest.mark.parametrize("arn, code, message", UNKNOWN)
@pytest.mark.parametrize("operation", ["DescribeStateMachine", "StartExecution", "ListExecutions"])
async def test_unknown_machines(server: Server, operation, arn, code, message):
    await server.machine()
    assert await server.refusal(operation, stateMachineArn=arn) == (code, message)


async def test_other_accounts_and_regions_see_nothing(server: Server):
    await server.machine()
    for account, region in (("999999999999", REGION), (ACCOUNT, "eu-west-1")):
        who = {"account": account, "region": region}
        assert await server("ListStateMachines", **who) == {"stateMachines": []}
        code, _ = await server.refusal("DescribeStateMachine", stateMachineArn=ARN, **who)
        assert code == "StateMachineDoesNotExist"
        assert await server("DeleteStateMachine", stateMachineArn=ARN, **who) == {}
    assert (await server("DescribeStateMachine", stateMachineArn=ARN))["status"] == "ACTIVE"


async def test_metadata_only_hides_the_definition(server: Server):
    await server.machine()
    answer = await server("DescribeStateMachine", stateMachineArn=ARN, includedData="METADATA_ONLY")
    assert answer["definition"] == "{}"


async def test_an_update_makes_a_revision(server: Server):
    await server.machine()
    first = await server("UpdateStateMachine", stateMachineArn=ARN, roleArn=ROLE)
    assert list(first) == ["updateDate"]  # nothing changed, and no revision has an id yet
    second = await server("UpdateStateMachine", stateMachineArn=ARN, definition=FAIL)
    assert second["revisionId"]
    assert await server("UpdateStateMachine", stateMachineArn=ARN, definition=FAIL, roleArn=ROLE) == second
    third = await server("UpdateStateMachine", stateMachineArn=ARN, tracingConfiguration={"enabled": True})
    assert third["revisionId"] != second["revisionId"]
    described = await server("DescribeStateMachine", stateMachineArn=ARN)
    assert (described["definition"], described["revisionId"]) == (FAIL, third["revisionId"])
    assert described["tracingConfiguration"] == {"enabled": True}


async def test_updates_at_once_all_count(server: Server):
    await server.machine()
    roles = [f"{ROLE}{i}" for i in range(3)]
    answers = await asyncio.gather(*(server("UpdateStateMachine", stateMachineArn=ARN, roleArn=role) for role in roles))
    assert len({answer["revisionId"] for answer in answers}) == 3
    machine = await server.store.find_state_machine(ACCOUNT, REGION, "m")
    assert machine is not None
    assert machine.revision == 4


REFUSED_UPDATES = [
    (
        {},
        "MissingRequiredParameter",
        "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified",
    ),
    (
        {"encryptionConfiguration": {"type": "AWS_OWNED_KEY"}},
        "MissingRequiredParameter",
        "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified",
    ),
    (
        {"definition": "{}"},
        "InvalidDefinition",
        "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: These fields are required: [States, StartAt] at /'",
    ),
    (
        {"stateMachineArn": f"{ARN}:2", "definition": PASS},
        "StateMachineDoesNotExist",
        f"State Machine Does Not Exist: '{ARN}:2'",
    ),
    (
        {"stateMachineArn": f"{ARN}/label", "definition": PASS},
        "ValidationException",
        "Labeled State Machine ARNs are not supported for this API",
    ),
]


@pytest.mark.parametrize("members, code, message", REFUSED_UPDATES)
async def test_refused_updates(server: Server, members, code, message):
    await server.machine()
    assert await server.refusal("UpdateStateMachine", **{"stateMachineArn": ARN, **members}) == (code, message)


async def test_executions_keep_their_revision(server: Server):
    await server.machine(definition=WAIT)
    execution = await server.start(ARN)
    updated = await server("UpdateStateMachine", stateMachineArn=ARN, definition=PASS)
    old = await server("DescribeStateMachineForExecution", executionArn=execution)
    assert isinstance(old.pop("updateDate"), float)
    assert old == {"stateMachineArn": ARN, "name": "m", "definition": WAIT, "roleArn": ROLE, **DEFAULTS}
    new = await server("DescribeStateMachineForExecution", executionArn=await server.start(ARN))
    assert new["definition"] == PASS
    assert {key: new[key] for key in updated} == updated


async def test_deleting_what_is_not_there_succeeds(server: Server):
    assert await server("DeleteStateMachine", stateMachineArn=ARN) == {}
    code, _ = await server.refusal("DeleteStateMachine", stateMachineArn=f"{ARN}:1")
    assert code == "ValidationException"


async def test_a_deleted_machine_is_gone_with_its_tags(server: Server):
    await server.machine(tags=[{"key": "k", "value": "v"}])
    execution = await server.start(ARN)
    await server.closed(execution)
    assert await server("DeleteStateMachine", stateMachineArn=ARN) == {}
    assert (await server.refusal("DescribeStateMachine", stateMachineArn=ARN))[0] == "StateMachineDoesNotExist"
    assert (await server.refusal("DescribeExecution", executionArn=execution))[0] == "ExecutionDoesNotExist"
    await server.machine(definition=FAIL)
    assert await server("ListTagsForResource", resourceArn=ARN) == {"tags": []}
    assert await server("ListExecutions", stateMachineArn=ARN) == {"executions": []}


ACTIVITY_TASK = json.dumps(
    {"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": f"{PREFIX}:activity:a", "End": True}}}
)


async def deleting(server: Server) -> tuple[str, str]:
    """A machine that is being deleted while a worker holds a task of it: the execution, and the task's token."""
    await server("CreateActivity", name="a")
    await server.machine(definition=ACTIVITY_TASK)
    execution = await server.start(ARN)
    task = await server("GetActivityTask", activityArn=f"{PREFIX}:activity:a")
    await server("DeleteStateMachine", stateMachineArn=ARN)
    await server("DeleteStateMachine", stateMachineArn=ARN)
    return execution, task["taskToken"]


async def gone(server: Server) -> None:
    for _ in range(1000):
        if await server.store.find_state_machine(ACCOUNT, REGION, "m") is None:
            return
        await asyncio.sleep(0.005)
    pytest.fail("the machine is still there")


async def test_a_machine_is_deleting_until_its_executions_have_ended(server: Server):
    execution, token = await deleting(server)
    assert (await server("DescribeStateMachine", stateMachineArn=ARN))["status"] == "DELETING"
    assert (await server("DescribeExecution", executionArn=execution))["status"] == "RUNNING"
    expected = ("StateMachineDeleting", f"State Machine is being deleted: '{ARN}'")
    assert await server.refusal("StartExecution", stateMachineArn=ARN) == expected
    assert await server.refusal("UpdateStateMachine", stateMachineArn=ARN, definition=PASS) == expected
    assert await server.refusal("CreateStateMachine", name="m", definition=PASS, roleArn=ROLE) == expected
    await server("SendTaskSuccess", taskToken=token, output="{}")
    await gone(server)
    assert (await server.refusal("DescribeExecution", executionArn=execution))[0] == "ExecutionDoesNotExist"


async def test_an_execution_cut_off_fails(server: Server):
    machine = await server.machine(definition=WAIT)
    row = await server.store.find_state_machine(ACCOUNT, REGION, "m")
    execution = await server.start(machine)
    await server("DeleteStateMachine", stateMachineArn=machine)
    await server("StopExecution", executionArn=execution)
    await gone(server)
    assert row is not None
    assert await server.store.list_open_of(row.id, 1) == []


async def test_a_deletion_goes_on_after_a_restart(server: Server, make_server):
    execution, token = await deleting(server)
    await server.close()
    again = await make_server()
    assert (await again("DescribeExecution", executionArn=execution))["status"] == "RUNNING"
    await again("SendTaskSuccess", taskToken=token, output="{}")
    await gone(again)


async def test_no_execution_slips_through_a_deletion(server: Server):
    """Starts that raced with the deletion were refused, or ended with the machine."""
    await server.machine()
    row = await server.store.find_state_machine(ACCOUNT, REGION, "m")
    starts = [asyncio.ensure_future(server("StartExecution", stateMachineArn=ARN)) for _ in range(20)]
    await asyncio.sleep(0)
    await server("DeleteStateMachine", stateMachineArn=ARN)
    await asyncio.gather(*starts, return_exceptions=True)
    await gone(server)
    assert row is not None
    assert await server.store.list_open_of(row.id, 1) == []


async def test_lists_are_paged_by_name(server: Server):
    names = [f"m{i}" for i in range(5)]
    for name in reversed(names):
        await server.machine(name)
    first = await server("ListStateMachines", maxResults=2)
    await server.machine("m00")  # an insert before the page's end moves nothing
    second = await server("ListStateMachines", maxResults=2, nextToken=first["nextToken"])
    third = await server("ListStateMachines", maxResults=2, nextToken=second["nextToken"])
    assert "nextToken" not in third
    pages = [machine["name"] for page in (first, second, third) for machine in page["stateMachines"]]
    assert pages == names
    assert set(first["stateMachines"][0]) == {"stateMachineArn", "name", "type", "creationDate"}


REFERENCES = [
    ({"Type": "Pass", "Parameters": {"r": "$result"}, "End": True}, {}),
    ({"Type": "Pass", "Parameters": {"r.$": "$result"}, "End": True}, {"S": ["result"]}),
    ({"Type": "Pass", "InputPath": "$theAnswer", "End": True}, {"S": ["theAnswer"]}),
    ({"Type": "Pass", "Result": {"x.$": "$no"}, "End": True}, {}),
    (
        {"Type": "Pass", "Parameters": {"a": [{"b.$": "States.Format($z, $$.State.Name, $y.k)"}]}, "End": True},
        {"S": ["y", "z"]},
    ),
    (
        {
            "Type": "Map",
            "ItemsPath": "$list",
            "ItemSelector": {"t.$": "$u"},
            "ItemProcessor": {"StartAt": "I", "States": {"I": {"Type": "Wait", "SecondsPath": "$w", "End": True}}},
            "End": True,
        },
        {"S": ["list", "u"], "I": ["w"]},
    ),
    (
        {
            "Type": "Choice",
            "QueryLanguage": "JSONata",
            "Choices": [{"Condition": "{% $z = 1 and ($l := $y; $l > 2) %}", "Next": "First", "Output": "{% $w %}"}],
            "Default": "End",
            "Assign": {"u": "{% $theAnswer[$ = $list] %}"},
        },
        {"S": ["list", "theAnswer", "w", "y", "z"]},
    ),
    (
        {
            "Type": "Wait",
            "Seconds": 1,
            "QueryLanguage": "JSONata",
            "Assign": {"u": "{% $nowhere %}", "text": "$z"},
            "End": True,
        },
        {"S": ["nowhere"]},
    ),
]


@pytest.mark.parametrize("state, references", REFERENCES)
async def test_variable_references(server: Server, state, references):
    given = dict.fromkeys(("result", "theAnswer", "y", "z", "list", "u", "w"), 1)
    first = {"Type": "Pass", "Assign": given, "Next": "S"}
    end = {"End": {"Type": "Succeed"}} if "Default" in state else {}
    await server.machine(definition=json.dumps({"StartAt": "First", "States": {"First": first, "S": state, **end}}))
    answer = await server("DescribeStateMachine", stateMachineArn=ARN)
    assert answer.get("variableReferences", {}) == references
    assert ("variableReferences" in answer) == bool(references)
