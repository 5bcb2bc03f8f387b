"""Members in, members out: constraints with AWS's texts, types, dates, spellings."""

import botocore
import orjson
import pytest

from stepwell.api.codec import Decoders, Encoders, snake_name
from stepwell.api.model import load_operations, read_model
from stepwell.errors import ConstraintViolation, SerializationException

OPERATIONS = load_operations()
VERSION_ARN = "arn:aws:states:us-east-1:000000000000:stateMachine:m:1"
ALIAS_PATTERN = "^(?=.*[a-zA-Z_\\-\\.])[a-zA-Z0-9_\\-\\.]+$"


def decode(operation, members):
    return OPERATIONS[operation].decode(orjson.dumps(members))


def refusal(operation, members):
    with pytest.raises(ConstraintViolation) as caught:
        decode(operation, members)
    return caught.value.message


def test_snake_names_are_botocores():
    shapes = read_model()["shapes"].values()
    names = {name for shape in shapes for name in shape.get("members", {})} | set(OPERATIONS)
    assert len(names) > 150
    for name in [*names, "GatewayARNs", "billedMemoryUsedInMB"]:
        assert snake_name(name) == botocore.xform_name(name)


def test_members_are_snake_case_null_is_absent_and_strangers_are_ignored():
    members = decode("StartExecution", {"stateMachineArn": "a", "name": None, "input": "{}", "stranger": 1})
    assert members == {"state_machine_arn": "a", "input": "{}"}


def test_nested_members():
    given = {
        "name": "m",
        "definition": "{}",
        "roleArn": "r",
        "loggingConfiguration": {
            "level": "ALL",
            "includeExecutionData": True,
            "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": "g"}}],
        },
        "tags": [{"key": "k", "value": ""}],
        "tracingConfiguration": {"enabled": False},
        "publish": True,
    }
    assert decode("CreateStateMachine", given) == {
        "name": "m",
        "definition": "{}",
        "role_arn": "r",
        "logging_configuration": {
            "level": "ALL",
            "include_execution_data": True,
            "destinations": [{"cloud_watch_logs_log_group": {"log_group_arn": "g"}}],
        },
        "tags": [{"key": "k", "value": ""}],
        "tracing_configuration": {"enabled": False},
        "publish": True,
    }


@pytest.mark.parametrize(
    "operation, members, text",
    [
        # Recorded texts.
        ("ListStateMachines", {"maxResults": 1001}, "'1001' at 'maxResults' …have value less than or equal to 1000"),
        (
            "ListStateMachines",
            {"nextToken": "x" * 1025},
            f"'{'x' * 1025}' at 'nextToken' …have length less than or equal to 1024",
        ),
        (
            "CreateStateMachineAlias",
            {"name": "123", "routingConfiguration": [{"stateMachineVersionArn": VERSION_ARN, "weight": 100}]},
            f"'123' at 'name' …satisfy regular expression pattern: {ALIAS_PATTERN}",
        ),
        (
            "CreateStateMachineAlias",
            {"name": "A" * 81, "routingConfiguration": [{"stateMachineVersionArn": VERSION_ARN, "weight": 100}]},
            f"'{'A' * 81}' at 'name' …have length less than or equal to 80",
        ),
        (
            "CreateStateMachineAlias",
            {"name": "a", "routingConfiguration": [{"stateMachineVersionArn": VERSION_ARN, "weight": 101}]},
            "'101' at 'routingConfiguration.1.member.weight' …have value less than or equal to 100",
        ),
        (
            "CreateStateMachineAlias",
            {
                "name": "a",
                "routingConfiguration": [
                    {"stateMachineVersionArn": VERSION_ARN, "weight": weight} for weight in (50, 30, 20)
                ],
            },
            f"'[RoutingConfigurationListItem(stateMachineVersionArn={VERSION_ARN}, weight=50), "
            f"RoutingConfigurationListItem(stateMachineVersionArn={VERSION_ARN}, weight=30), "
            f"RoutingConfigurationListItem(stateMachineVersionArn={VERSION_ARN}, weight=20)]' "
            "at 'routingConfiguration' …have length less than or equal to 2",
        ),
        ("SendTaskHeartbeat", {"taskToken": ""}, "'' at 'taskToken' …have length greater than or equal to 1"),
        (
            "ListExecutions",
            {"statusFilter": "X"},
            "'X' at 'statusFilter' …satisfy enum value set: "
            "[SUCCEEDED, TIMED_OUT, PENDING_REDRIVE, ABORTED, FAILED, RUNNING]",
        ),
        (
            "ValidateStateMachineDefinition",
            {"definition": "{}", "severity": "INFO"},
            "'INFO' at 'severity' …satisfy enum value set: [ERROR, WARNING]",
        ),
        (
            "CreateActivity",
            {"name": "a", "encryptionConfiguration": {"type": "X"}},
            "'X' at 'encryptionConfiguration.type' …satisfy enum value set: [AWS_OWNED_KEY, CUSTOMER_MANAGED_KMS_KEY]",
        ),
        (
            "CreateActivity",
            {"name": "a", "encryptionConfiguration": {"type": "AWS_OWNED_KEY", "kmsDataKeyReusePeriodSeconds": 59}},
            "'59' at 'encryptionConfiguration.kmsDataKeyReusePeriodSeconds' …have value greater than or equal to 60",
        ),
        # By the same rules.
        (
            "DescribeActivity",
            {"activityArn": "a" * 257},
            f"'{'a' * 257}' at 'activityArn' …have length less than or equal to 256",
        ),
        (
            "UpdateMapRun",
            {"mapRunArn": "a", "toleratedFailurePercentage": 101},
            "'101.0' at 'toleratedFailurePercentage' …have value less than or equal to 100",
        ),
        (
            "StartExecution",
            {"stateMachineArn": "a", "traceHeader": "é"},
            "'é' at 'traceHeader' …satisfy regular expression pattern: \\p{ASCII}*",
        ),
        (
            "TagResource",
            {"resourceArn": "a", "tags": [{"key": "k"}, {"key": ""}]},
            "'' at 'tags.2.member.key' …have length greater than or equal to 1",
        ),
    ],
)
def test_constraint_text(operation, members, text):
    full = f"1 validation error detected: Value {text}".replace("…", "failed to satisfy constraint: Member must ")
    assert refusal(operation, members) == full


def test_missing_and_null_members_have_the_recorded_text():
    text = "1 validation error detected: Value at 'output' failed to satisfy constraint: Member must not be null"
    assert refusal("SendTaskSuccess", {"taskToken": "t"}) == text
    assert refusal("SendTaskSuccess", {"taskToken": "t", "output": None}) == text


def test_several_errors_are_told_at_once():
    assert refusal("SendTaskSuccess", {"taskToken": ""}) == (
        "2 validation errors detected: Value '' at 'taskToken' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1; "
        "Value at 'output' failed to satisfy constraint: Member must not be null"
    )


def test_sensitive_values_are_not_repeated():
    secret = "s" * 262_145
    text = refusal("StartExecution", {"stateMachineArn": "a", "input": secret})
    assert text == (
        "1 validation error detected: Value at 'input' failed to satisfy constraint: "
        "Member must have length less than or equal to 262144"
    )


def test_null_in_a_list():
    assert "Value at 'tagKeys.1.member' failed" in refusal("UntagResource", {"resourceArn": "a", "tagKeys": [None]})


def test_a_hundred_faults_are_enough():
    text = refusal("TagResource", {"resourceArn": "a", "tags": [{"key": ""}] * 10_000})
    assert text.startswith("100 validation errors detected: ")


@pytest.mark.parametrize(
    "operation, members, text",
    [
        ("StartExecution", {"stateMachineArn": 1}, "NUMBER_VALUE can not be converted to a String"),
        ("StartExecution", {"stateMachineArn": True}, "TRUE_VALUE can not be converted to a String"),
        (
            "StartExecution",
            {"stateMachineArn": "a", "input": {"a": 1}},
            "Start of structure or map found where not expected.",
        ),
        ("StartExecution", {"stateMachineArn": ["a"]}, "Start of list found where not expected"),
        ("ListStateMachines", {"maxResults": "10"}, "STRING_VALUE can not be converted to an Integer"),
        ("ListStateMachines", {"maxResults": True}, "TRUE_VALUE can not be converted to an Integer"),
        ("ListStateMachines", {"maxResults": 1.5}, "NUMBER_VALUE can not be converted to an Integer"),
        ("ListStateMachines", {"maxResults": 2**31}, "NUMBER_VALUE can not be converted to an Integer"),
        ("ListStateMachines", {"maxResults": 1e300}, "NUMBER_VALUE can not be converted to an Integer"),
        (
            "UpdateMapRun",
            {"mapRunArn": "a", "toleratedFailureCount": 2**63},
            "NUMBER_VALUE can not be converted to a Long",
        ),
        (
            "UpdateMapRun",
            {"mapRunArn": "a", "toleratedFailurePercentage": "x"},
            "STRING_VALUE can not be converted to a Float",
        ),
        ("CreateStateMachine", {"publish": "true"}, None),
        (
            "TagResource",
            {"resourceArn": "a", "tags": {"k": "v"}},
            "Start of structure or map found where not expected.",
        ),
        ("TagResource", {"resourceArn": "a", "tags": "k"}, "Unexpected value found where a list was expected"),
        ("TagResource", {"resourceArn": "a", "tags": ["k"]}, "Unexpected value found where a structure was expected"),
        ("StartExecution", [], "Start of list found where not expected"),
        ("StartExecution", None, "Unexpected value found where a structure was expected"),
        ("StartExecution", "x", "Unexpected value found where a structure was expected"),
    ],
)
def test_wrong_json_type(operation, members, text):
    with pytest.raises(SerializationException) as caught:
        decode(operation, members)
    if text is not None:
        assert caught.value.message == text


def test_a_whole_number_may_have_a_fraction_of_zero():
    assert decode("ListStateMachines", {"maxResults": 10.0}) == {"max_results": 10}


def test_an_empty_body_has_no_members():
    assert OPERATIONS["ListStateMachines"].decode(b"") == {}


def test_dates_none_and_lists_of_an_answer():
    answer = {
        "state_machines": [
            {"state_machine_arn": "a", "name": "m", "type": "STANDARD", "creation_date": 1_700_000_000_123},
        ],
        "next_token": None,
    }
    assert OPERATIONS["ListStateMachines"].encode(answer) == (
        b'{"stateMachines":[{"stateMachineArn":"a","name":"m","type":"STANDARD","creationDate":1700000000.123}]}'
    )
    assert OPERATIONS["StopExecution"].encode({"stop_date": 1_700_000_000_000}) == b'{"stopDate":1700000000.0}'


def test_history_events_pass_through():
    event = {"timestamp": 1.5, "id": 1, "type": "ExecutionStarted", "executionStartedEventDetails": {"input": "{}"}}
    assert orjson.loads(OPERATIONS["GetExecutionHistory"].encode({"events": [event]})) == {"events": [event]}


def test_maps_of_an_answer_keep_their_keys():
    body = OPERATIONS["DescribeStateMachine"].encode({"variable_references": {"My State": ["my_variable"]}})
    assert body == b'{"variableReferences":{"My State":["my_variable"]}}'


def test_billing_details():
    given = {"billing_details": {"billed_memory_used_in_mb": 64, "billed_duration_in_milliseconds": 100}}
    assert OPERATIONS["StartSyncExecution"].encode(given) == (
        b'{"billingDetails":{"billedMemoryUsedInMB":64,"billedDurationInMilliseconds":100}}'
    )


def test_nothing_is_an_empty_object():
    assert OPERATIONS["DeleteActivity"].encode(None) == b"{}"
    assert OPERATIONS["DeleteActivity"].encode({}) == b"{}"


def test_lone_surrogates_are_escaped():
    assert OPERATIONS["DescribeExecution"].encode({"cause": "\ud800"}) == b'{"cause":"\\ud800"}'


def test_an_unknown_member_of_an_answer_is_our_fault():
    with pytest.raises(KeyError):
        OPERATIONS["StopExecution"].encode({"stopped": 1})


def test_other_types_and_shapes_within_themselves():
    shapes = {
        "Tree": {
            "type": "structure",
            "members": {
                "leaf": {"shape": "Leaf"},
                "bytes": {"shape": "Bytes"},
                "size": {"shape": "Size"},
                "below": {"shape": "Trees"},
                "named": {"shape": "Named"},
                "odd": {"shape": "Odd"},
            },
        },
        "Leaf": {"type": "timestamp"},
        "Bytes": {"type": "blob"},
        "Size": {"type": "double"},
        "Trees": {"type": "list", "member": {"shape": "Tree"}},
        "Named": {"type": "map", "key": {"shape": "Odd"}, "value": {"shape": "Leaf"}},
        "Odd": {"type": "string", "pattern": "\\p{Alpha}+"},
    }
    wire = {
        "leaf": 1.5,
        "bytes": "AAE=",
        "size": 2,
        "below": [{"leaf": 2}],
        "named": {"aKey": 3, "gone": None},
        "odd": "1",
    }
    members = Decoders(shapes).of("Tree")(wire, "", [])
    assert members == {
        "leaf": 1500,
        "bytes": b"\x00\x01",
        "size": 2.0,
        "below": [{"leaf": 2000}],
        "named": {"aKey": 3000},
        "odd": "1",
    }
    del wire["named"]["gone"]
    assert Encoders(shapes).of("Tree")(members) == wire
    for wrong in ({"leaf": "x"}, {"bytes": 1}, {"bytes": "§"}, {"named": []}):
        with pytest.raises(SerializationException):
            Decoders(shapes).of("Tree")(wrong, "", [])
