"""Task: findings and compiled form."""

import pytest

from stepwell.asl.resource import Resource
from tests.asl.definitions import scope, state_findings, state_of

INVOKE = "arn:aws:states:::lambda:invoke"
FINDINGS = [
    ({"Resource": INVOKE}, []),
    ({}, ["These fields are required: [Resource] at /States/S"]),
    ({"Resource": 5}, ["Expected value of type String at /States/S/Resource"]),
    (
        {"Resource": "arn:nope"},
        [
            "The resource provided arn:nope is not recognized. The value is not a valid resource ARN, or the resource "
            "is not available in this region. at /States/S/Resource"
        ],
    ),
    ({"Resource": INVOKE, "TimeoutSeconds": 0}, ["Minimum value is 1 at /States/S/TimeoutSeconds"]),
    (
        {"Resource": INVOKE, "TimeoutSeconds": 5, "TimeoutSecondsPath": "$.t"},
        ["Only one of these fields is allowed: [TimeoutSeconds, TimeoutSecondsPath] at /States/S"],
    ),
    (
        {"Resource": INVOKE, "HeartbeatSeconds": 5, "HeartbeatSecondsPath": "$.t"},
        ["Only one of these fields is allowed: [HeartbeatSeconds, HeartbeatSecondsPath] at /States/S"],
    ),
    (
        {"Resource": INVOKE, "TimeoutSeconds": 5, "HeartbeatSeconds": 5},
        ["'HeartbeatSeconds' must be smaller than 'TimeoutSeconds' at /States/S"],
    ),
    ({"Resource": INVOKE, "TimeoutSeconds": 5, "HeartbeatSecondsPath": "$.h"}, []),
    ({"Resource": INVOKE, "Credentials": {"RoleArn": "arn:aws:iam::000000000000:role/r"}}, []),
    ({"Resource": INVOKE, "Credentials": {"RoleArn.$": "$.role"}}, []),
    (
        {"Resource": INVOKE, "Credentials": {"InvalidField": "x"}},
        ["The field 'RoleArn' is required but was missing at /States/S/Credentials"],
    ),
    (
        {"Resource": INVOKE, "Credentials": {"RoleArn": 1}},
        ["Expected value of type String at /States/S/Credentials/RoleArn"],
    ),
    ({"Resource": INVOKE, "Credentials": 1}, ["Expected value of type Object at /States/S/Credentials"]),
    (
        {"Resource": INVOKE, "Parameters": {"a.$": "b"}},
        [
            "The value for the field 'a.$' must be a valid JSONPath or a valid intrinsic function call "
            "at /States/S/Parameters"
        ],
    ),
    (
        {"Resource": "arn:aws:states:::ecs:runTask.sync", "Parameters": {"Count.$": "$.n", "StartedBy": "me"}},
        [
            "The field 'Count' is not supported by Step Functions at /States/S/Parameters",
            "The field 'StartedBy' is not supported by Step Functions at /States/S/Parameters",
        ],
    ),
    ({"Resource": "arn:aws:states:::ecs:runTask", "Parameters": {"Count": 2}}, []),
    ({"Resource": "arn:aws:states:::ecs:runTask.sync", "Parameters": {"Cluster": "c"}}, []),
    ({"Resource": "arn:aws:states:::ecs:runTask.sync"}, []),
    ({"Resource": INVOKE, "Items": []}, ["Field 'Items' is not supported at /States/S"]),
    (
        {"Resource": INVOKE, "Arguments": {}},
        [
            "The QueryLanguage is set to 'JSONPath', but field 'Arguments' is only supported for the 'JSONata' "
            "QueryLanguage at /States/S"
        ],
    ),
    (
        {"Resource": INVOKE, "Parameters": {"a": "$.b", "c": ["$.d"], "e": {"f": "$$.g"}, "h": "$5", "i": "$.("}},
        [
            "!NO_DOLLAR: The value of 'a' looks like a JSONPath. Instead of 'a', use 'a.$' to evaluate it as a JSONPath "
            "at runtime. at /States/S/Parameters",
            "!NO_DOLLAR: The value of 'f' looks like a JSONPath. Instead of 'f', use 'f.$' to evaluate it as a JSONPath "
            "at runtime. at /States/S/Parameters",
        ],
    ),
]


@pytest.mark.parametrize(("fields", "expected"), FINDINGS)
def test_findings(fields, expected):
    assert state_findings({"Type": "Task", "End": True, **fields}) == expected


EXPRESS = [
    (INVOKE, []),
    (INVOKE + ".waitForTaskToken", [".waitForTaskToken"]),
    ("arn:aws:states:::states:startExecution.sync", [".sync"]),
    ("arn:aws:states:::states:startExecution.sync:2", [".sync"]),
    ("arn:aws:lambda:us-east-1:000000000000:function:f", []),
]


@pytest.mark.parametrize(("resource", "patterns"), EXPRESS)
def test_express_runs_request_response_only(resource, patterns):
    blank = " " if patterns == [".waitForTaskToken"] else ""
    expected = [
        f"Express state machine does not support '{pattern}' service integration{blank} at /States/S/Resource"
        for pattern in patterns
    ]
    assert state_findings({"Type": "Task", "Resource": resource, "End": True}, type="EXPRESS") == expected
    assert state_findings({"Type": "Task", "Resource": resource, "End": True}) == []


def test_express_has_no_activities():
    activity = {"Type": "Task", "Resource": "arn:aws:states:us-east-1:000000000000:activity:a", "End": True}
    assert state_findings(activity, type="EXPRESS") == [
        "Express state machine does not support Activity ARN at /States/S/Resource"
    ]
    assert state_findings(activity) == []


def test_jsonata_task_is_checked_as_far_as_it_goes():
    task = {"Type": "Task", "QueryLanguage": "JSONata", "Resource": "arn:aws:states:::ecs:runTask.sync", "End": True}
    assert state_findings({**task, "Arguments": {"Count": 1}}) == [
        "The field 'Count' is not supported by Step Functions at /States/S/Arguments"
    ]
    credentials = {"RoleArn": "{% $role %}"}
    fields = {"Arguments": "{% $a %}", "Credentials": credentials, "TimeoutSeconds": "{% 1 %}"}
    state = state_of({**task, **fields, "HeartbeatSeconds": "{% $states.context.Task.Token %}"})
    assert (state.arguments.field, state.credentials.field) == ("Arguments", "Credentials")
    assert (state.evaluated_timeout.field, state.evaluated_heartbeat.field) == ("TimeoutSeconds", "HeartbeatSeconds")
    assert (state.timeout_s, state.heartbeat_s, state.parameters) == (None, None, None)


def test_compiled():
    state = state_of({
        "Type": "Task",
        "Resource": INVOKE,
        "Parameters": {"FunctionName": "f"},
        "ResultSelector": {"p.$": "$.Payload"},
        "ResultPath": "$.r",
        "TimeoutSeconds": 10,
        "HeartbeatSecondsPath": "$.h",
        "Credentials": {"RoleArn.$": "$.role"},
        "Retry": [{"ErrorEquals": ["E"]}],
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Z", "ResultPath": "$.e"}],
        "End": True,
    })  # fmt: skip
    assert state.resource == Resource(INVOKE, "service", "lambda", "invoke", "", "lambda", "invoke")
    assert state.parameters.evaluate(scope({})) == {"FunctionName": "f"}
    assert state.result_selector.evaluate(scope({"Payload": 1})) == {"p": 1}
    assert (state.timeout_s, state.timeout_path, state.heartbeat_s) == (10, None, None)
    assert state.heartbeat_path.read(scope({"h": 2})) == 2
    assert state.credentials.evaluate(scope({"role": "x"})) == {"RoleArn": "x"}
    assert [retrier.error_equals for retrier in state.retry] == [("E",)]
    assert state.catch[0].next.name == "Z"
    bare = state_of({"Type": "Task", "Resource": INVOKE, "End": True})
    assert (bare.parameters, bare.result_selector, bare.credentials, bare.retry, bare.catch) == (
        None,
        None,
        None,
        (),
        (),
    )
    assert (bare.timeout_s, bare.heartbeat_s, bare.heartbeat_path, bare.result_path) == (None, None, None, None)
