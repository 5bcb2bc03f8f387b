"""Which texts name a resource, and what they name."""

import pytest

from stepwell.asl.resource import PATTERNS, Resource, parse_resource

LAMBDA = "arn:aws:lambda:us-east-1:000000000000:function:f"
KNOWN = [
    (LAMBDA, ("lambda", "lambda", "invoke", "", "lambda", LAMBDA)),
    (LAMBDA + ":live", ("lambda", "lambda", "invoke", "", "lambda", LAMBDA + ":live")),
    (LAMBDA + ":$LATEST", ("lambda", "lambda", "invoke", "", "lambda", LAMBDA + ":$LATEST")),
    ("arn:aws:states:::lambda:invoke", ("service", "lambda", "invoke", "", "lambda", "invoke")),
    (
        "arn:aws:states:::lambda:invoke.waitForTaskToken",
        ("service", "lambda", "invoke", "waitForTaskToken", "lambda", "invoke.waitForTaskToken"),
    ),
    (
        "arn:aws:states:::states:startExecution.sync:2",
        ("service", "states", "startExecution", "sync:2", "states", "startExecution.sync:2"),
    ),
    (
        "arn:aws-cn:states:::glue:startJobRun.sync",
        ("service", "glue", "startJobRun", "sync", "glue", "startJobRun.sync"),
    ),
    (
        "arn:${Partition}:states:::elasticmapreduce:addStep.sync",
        ("service", "elasticmapreduce", "addStep", "sync", "elasticmapreduce", "addStep.sync"),
    ),
    (
        "arn:aws:states:::aws-sdk:sfn:startExecution",
        ("service", "aws-sdk:sfn", "startExecution", "", "aws-sdk:sfn", "startExecution"),
    ),
    (
        "arn:aws:states:::aws-sdk:s3:listObjectsV2.waitForTaskToken",
        ("service", "aws-sdk:s3", "listObjectsV2", "waitForTaskToken", "aws-sdk:s3", "listObjectsV2.waitForTaskToken"),
    ),
]


@pytest.mark.parametrize(("arn", "expected"), KNOWN)
def test_known(arn, expected):
    assert parse_resource(arn) == Resource(arn, *expected)


def test_activity():
    arn = "arn:aws:states:us-east-1:000000000000:activity:a"
    assert parse_resource(arn) == Resource(arn, "activity", "", "", "", "", arn)


@pytest.mark.parametrize(
    "arn",
    [
        "",
        "x",
        "${Function}",
        "arn:aws:lambda:us-east-1:000000000000:function:",
        "arn:aws:lambda:us-east-1:000000000000:function:${f}",
        "arn:aws:states:::lambda:nope",
        "arn:aws:states:::lambda:invoke.sync",
        "arn:aws:states:::nope:invoke",
        "arn:aws:states:::dynamodb:query",
        "arn:aws:states:::states:startExecution.sync:3",
        "arn:aws:states:::aws-sdk:s3:putObject.sync",
        "arn:aws:states:::aws-sdk:s3:PutObject",
        "arn:aws:states:::aws-sdk:s3",
        "arn:aws:states:us-east-1:000000000000:stateMachine:m",
        "arn:aws:states:us-east-1:000000000000:activity:",
        "arn:aws:states:::lambda:invoke\n",
        " arn:aws:states:::lambda:invoke",
    ],
)
def test_unknown(arn):
    assert parse_resource(arn) is None


def test_the_table_of_integrations():
    assert PATTERNS["states", "startExecution"] == {"", "sync", "sync:2", "waitForTaskToken"}
    assert PATTERNS["ecs", "runTask"] == {"", "sync", "waitForTaskToken"}
    assert PATTERNS["http", "invoke"] == {""}
    assert all(action.isalnum() and "" in patterns for (_, action), patterns in PATTERNS.items())
