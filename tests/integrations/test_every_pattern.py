"""The services that workflows call most, each in every pattern it has, through an emulator: the task ends well, is
refused, runs out of time, and is stopped. Whole executions; only the emulator is not AWS.
"""

import asyncio
import io
import json
import re
import zipfile
from dataclasses import dataclass

import pytest

from tests.integrations.emulators import (
    ACCOUNT,
    REGION,
    ROLE,
    Way,
    a_function,
    job_resources,
    ministack,
    moto,
    simple_resources,
)
from tests.integrations.test_aws_peers import no_configuration, stepwell, until  # noqa: F401  # a fixture

FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:function"
TOKEN = {"token.$": "$$.Task.Token"}
KEY = {"id": {"S": "a"}}
GONE = {"TableName": "gone"}
JOBS, TOKENS, CALLS = "jobs", "tokens", "calls"
A_TOKEN = re.compile(r"[\w=-]{60,200}")
NO_FUNCTION = {"invocations": "ResourceNotFoundException"}
ECHO = b"def handler(event, context):\n    return event\n"


@dataclass(frozen=True)
class Pattern:
    """A task, what spoils its parameters and the error of that; `call` is what it asks of the service first.

    Of a job, `poll` and `cancel` are what is asked of it later. `shows` is a member of the output.
    """

    resource: str
    parameters: dict
    spoilt: dict
    error: str
    call: str
    shows: str = ""
    poll: str = ""
    cancel: str = ""

    @property
    def kind(self):
        return JOBS if self.poll else TOKENS if self.resource.endswith(".waitForTaskToken") else CALLS

    def state(self, **changes):
        resource = self.resource if self.resource.startswith("arn:") else f"arn:aws:states:::{self.resource}"
        return {"Resource": resource, "Parameters": {**self.parameters, **changes}}

    @property
    def refused(self):
        return {**self.state(), **self.spoilt} if "Resource" in self.spoilt else self.state(**self.spoilt)


def simple_patterns(queue, topic):
    """Lambda, DynamoDB, SNS and SQS."""
    no_queue, no_topic = {"QueueUrl": queue + "x"}, {"TopicArn": topic + "x"}
    message = {"QueueUrl": queue, "MessageBody": {"a": 1, **TOKEN}}
    update = {"UpdateExpression": "SET n = :n", "ExpressionAttributeValues": {":n": {"N": "1"}}}
    no_function, no_table = "Lambda.ResourceNotFoundException", "DynamoDB.ResourceNotFoundException"
    invoke = {"FunctionName": "function", "Payload": {"a": 1, **TOKEN}}
    plain = Pattern(FUNCTION, {"a": 1}, {"Resource": FUNCTION + "x"}, no_function, "invocations", "a")
    absent = {"FunctionName": "none"}
    return [
        plain,
        Pattern("lambda:invoke", {**invoke, "Payload": {"a": 1}}, absent, no_function, "invocations", "Payload"),
        Pattern("lambda:invoke.waitForTaskToken", invoke, absent, no_function, "invocations"),
        Pattern("dynamodb:putItem", {"TableName": "table", "Item": KEY}, GONE, no_table, "PutItem", "SdkHttpMetadata"),
        Pattern("dynamodb:getItem", {"TableName": "table", "Key": KEY}, GONE, no_table, "GetItem", "SdkHttpMetadata"),
        Pattern(
            *("dynamodb:updateItem", {"TableName": "table", "Key": KEY, **update}, GONE, no_table, "UpdateItem"),
            shows="SdkHttpMetadata",
        ),
        Pattern(
            *("dynamodb:deleteItem", {"TableName": "table", "Key": {"id": {"S": "b"}}}, GONE, no_table, "DeleteItem"),
            shows="SdkHttpMetadata",
        ),
        Pattern(
            *("sns:publish", {"TopicArn": topic, "Message": "m"}, no_topic, "SNS.NotFoundException", "Publish"),
            shows="MessageId",
        ),
        Pattern(
            *("sns:publish.waitForTaskToken", {"TopicArn": topic, "Message": TOKEN}, no_topic, "SNS.NotFoundException"),
            call="Publish",
        ),
        Pattern(
            *("sqs:sendMessage", {**message, "MessageBody": {"a": 1}}, no_queue, "SQS.QueueDoesNotExistException"),
            call="SendMessage",
            shows="MD5OfMessageBody",
        ),
        Pattern(
            *("sqs:sendMessage.waitForTaskToken", message, no_queue, "SQS.QueueDoesNotExistException", "SendMessage"),
        ),
    ]


def job_patterns(subnets):
    """ECS, Batch, Glue and SageMaker."""
    network = {"AwsvpcConfiguration": {"Subnets": subnets, "SecurityGroups": ["sg-1"]}}
    run = {"Cluster": "cluster", "TaskDefinition": "task", "LaunchType": "FARGATE", "NetworkConfiguration": network}
    variable = {"Name": "TOKEN", "Value.$": "$$.Task.Token"}
    overrides = {"Overrides": {"ContainerOverrides": [{"Name": "c", "Environment": [variable]}]}}
    no_task = ({"TaskDefinition": "none"}, "ECS.ClientException", "RunTask")
    job = {"JobName": "job", "JobQueue": "queue", "JobDefinition": "definition"}
    no_job = ({"JobDefinition": "none:1"}, "Batch.ClientException", "submitjob")
    no_glue = ({"JobName": "none"}, "Glue.EntityNotFoundException", "StartJobRun")
    return [
        Pattern("ecs:runTask", run, *no_task, shows="Tasks"),
        Pattern("ecs:runTask.sync", run, *no_task, shows="LastStatus", poll="DescribeTasks", cancel="StopTask"),
        Pattern("ecs:runTask.waitForTaskToken", {**run, **overrides}, *no_task),
        Pattern("batch:submitJob", job, *no_job, shows="JobId"),
        Pattern("batch:submitJob.sync", job, *no_job, shows="Status", poll="describejobs", cancel="terminatejob"),
        Pattern("glue:startJobRun", {"JobName": "job"}, *no_glue, shows="JobRunId"),
        Pattern(
            *("glue:startJobRun.sync", {"JobName": "job"}, *no_glue),
            shows="JobRunState",
            poll="GetJobRun",
            cancel="BatchStopJobRun",
        ),
        *sagemaker_patterns(),
    ]


def sagemaker_patterns():
    """Names are an execution's, for SageMaker wants new ones."""
    named = "$$.Execution.Name"
    output, instances = {"S3OutputPath": "s3://bucket/o"}, {"InstanceType": "ml.m5.large", "InstanceCount": 1}
    source = {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://bucket/i"}}}
    training = {
        "RoleArn": ROLE,
        "AlgorithmSpecification": {"TrainingImage": "image", "TrainingInputMode": "File"},
        "OutputDataConfig": output,
        "ResourceConfig": {**instances, "VolumeSizeInGB": 1},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
    }
    transform = {"ModelName": "m", "TransformInput": source, "TransformOutput": output, "TransformResources": instances}
    cluster = {"ClusterConfig": {**instances, "VolumeSizeInGB": 1}}
    image = {"AppSpecification": {"ImageUri": "image"}}
    processing = {"RoleArn": ROLE, "ProcessingResources": cluster, **image}
    kinds = {"TrainingJob": training, "TransformJob": transform, "ProcessingJob": processing}
    return [
        Pattern(
            resource=f"sagemaker:create{kind}{pattern}",
            parameters={f"{kind}Name.$": named, **parameters},
            spoilt={},
            error="SageMaker.ResourceInUseException",
            call=f"Create{kind}",
            shows=f"{kind}Arn",
            poll=f"Describe{kind}" if pattern else "",
            cancel=f"Stop{kind}" if pattern else "",
        )
        for kind, parameters in kinds.items()
        for pattern in ("", ".sync")
    ]


# --- the emulators ----------------------------------------------------------------------------------------------------


def archive(code):
    """A function's code as Lambda takes it."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archived:
        archived.writestr("index.py", code)
    return file.getvalue()


@pytest.fixture(scope="module")
def at_moto():
    """moto's address, the patterns of all eight services, and the refusals that are not like it."""
    never = dict.fromkeys(("CreateTrainingJob", "CreateTransformJob", "CreateProcessingJob"), "ResourceInUse")
    with moto() as url:
        a_function(url, archive(ECHO))
        yield (
            url,
            [*simple_patterns(*simple_resources(url)), *job_patterns(job_resources(url))],
            {**never, **NO_FUNCTION},
        )


@pytest.fixture(scope="module")
def at_ministack():
    """MiniStack's address, and the patterns of the services that do not only stand for work: its Lambda runs code."""
    with ministack() as url:
        a_function(url, archive(ECHO))
        yield url, simple_patterns(*simple_resources(url)), {}


@pytest.fixture(params=["at_moto", pytest.param("at_ministack", marks=pytest.mark.proof)])
def emulated(request):
    return request.getfixturevalue(request.param)


async def all_of(service, patterns, states):
    """Run a state of each pattern at the same time; give their executions."""
    arns = [await service.start(state) for state in states]
    ended = await asyncio.gather(*(service.ended(arn) for arn in arns))
    return zip(patterns, ended, strict=True)


# --- how a task ends --------------------------------------------------------------------------------------------------


async def test_each_pattern_ends_well(emulated, monkeypatch):
    url, patterns, _ = emulated
    patterns = [pattern for pattern in patterns if pattern.kind != TOKENS]
    async with stepwell(monkeypatch, url) as service:
        for pattern, found in await all_of(service, patterns, [pattern.state() for pattern in patterns]):
            assert found["status"] == "SUCCEEDED", (pattern.resource, found["error"], found["cause"])
            assert pattern.shows in json.loads(found["output"]), pattern.resource


async def test_each_token_is_answered(emulated, monkeypatch):
    url, patterns, _ = emulated
    patterns = [pattern for pattern in patterns if pattern.kind == TOKENS]
    async with stepwell(monkeypatch, url) as service:
        arns = [await service.start(pattern.state()) for pattern in patterns]
        for pattern, arn in zip(patterns, arns, strict=True):
            await service.event(arn, "TaskSubmitted")
            token = A_TOKEN.search(json.dumps(await service.event(arn, "TaskScheduled"), default=str))[0]
            await service.do("SendTaskSuccess", task_token=token, output='{"answered":true}')
            assert json.loads((await service.ended(arn))["output"]) == {"answered": True}, pattern.resource


async def test_each_pattern_is_refused(emulated, monkeypatch):
    url, patterns, never = emulated
    way = Way(url)
    way.refused = never
    async with way.open() as address, stepwell(monkeypatch, address) as service:
        for pattern, found in await all_of(service, patterns, [pattern.refused for pattern in patterns]):
            assert (found["status"], found["error"]) == ("FAILED", pattern.error), (pattern.resource, found["cause"])


KINDS = pytest.mark.parametrize("kind", [JOBS, TOKENS, CALLS])


def unanswered(url, patterns, kind):
    """The patterns of a kind, and a way on which nothing that they wait for is answered."""
    chosen = [pattern for pattern in patterns if pattern.kind == kind]
    way = Way(url)
    way.shut = frozenset(pattern.poll or pattern.call for pattern in chosen if kind != TOKENS)
    return chosen, way


@KINDS
async def test_each_pattern_runs_out_of_time(emulated, monkeypatch, kind):
    url, patterns, _ = emulated
    patterns, way = unanswered(url, patterns, kind)
    async with way.open() as address, stepwell(monkeypatch, address) as service:
        states = [{**pattern.state(), "TimeoutSeconds": 1} for pattern in patterns]
        for pattern, found in await all_of(service, patterns, states):
            assert (found["status"], found["error"]) == ("FAILED", "States.Timeout"), (pattern.resource, found)
        await until(lambda: {pattern.cancel for pattern in patterns if pattern.cancel} <= {*way.asked})


@KINDS
async def test_each_pattern_is_stopped(emulated, monkeypatch, kind):
    url, patterns, _ = emulated
    patterns, way = unanswered(url, patterns, kind)
    async with way.open() as address, stepwell(monkeypatch, address) as service:
        arns = [await service.start(pattern.state()) for pattern in patterns]
        await until(lambda: all(way.asked.count(pattern.poll or pattern.call) for pattern in patterns))
        for arn in arns:
            await service.do("StopExecution", execution_arn=arn)
            assert (await service.ended(arn))["status"] == "ABORTED"
        await until(lambda: {pattern.cancel for pattern in patterns if pattern.cancel} <= {*way.asked})
    assert {*way.asked} <= {word for pattern in patterns for word in (pattern.call, pattern.poll, pattern.cancel)}
