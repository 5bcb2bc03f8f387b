"""`stepwell serve --sandbox`: each integration is tried once, against what a user would set up with AWS's own clients."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import boto3
import pytest

REGION, ACCOUNT = "us-east-1", "000000000000"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/any"
ENDED = ("SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED")
FUNCTION = """
import boto3, os

def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl=event["queue"], MessageBody="from a function")
    boto3.client("stepfunctions").send_task_success(taskToken=event["token"], output='"told"')
"""


@pytest.fixture(scope="module")
def addresses(tmp_path_factory):
    """The addresses of a server and of its sandbox; the server's end is the sandbox's, too."""
    folder = tmp_path_factory.mktemp("sandbox")
    (folder / "functions").mkdir()
    (folder / "functions" / "tells.py").write_text(FUNCTION)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "STEPWELL_"))}
    options = ("--port", "0", "--database", ":memory:", "--functions", "functions", "--sandbox", "--sandbox-port", "0")
    server = subprocess.Popen(
        [sys.executable, "-m", "stepwell", "serve", *options],
        stdout=subprocess.PIPE,
        text=True,
        cwd=folder,
        env={**kept, "AWS_CONFIG_FILE": str(folder / "none"), "AWS_SHARED_CREDENTIALS_FILE": str(folder / "none")},
    )
    said = ""
    while "stop it" not in said:
        line = server.stdout.readline()
        assert line, said
        said += line
    found = [re.search(rf"{before} +(http://[0-9.:]+)", said)[1] for before in ("listens on", "sandbox")]
    assert "AWS services, in memory" in said
    yield found
    server.send_signal(signal.SIGTERM)
    assert server.wait(20) == 0
    server.stdout.close()


@pytest.fixture(scope="module")
def aws(addresses):
    def client(service):
        keys = {"aws_access_key_id": ACCOUNT, "aws_secret_access_key": "any"}
        return boto3.client(service, endpoint_url=addresses[1], region_name=REGION, **keys)

    return client


@pytest.fixture(scope="module")
def sfn(addresses):
    keys = {"aws_access_key_id": "any", "aws_secret_access_key": "any"}
    return boto3.client("stepfunctions", endpoint_url=addresses[0], region_name=REGION, **keys)


@pytest.fixture(scope="module")
def subnets(aws):
    return [subnet["SubnetId"] for subnet in aws("ec2").describe_subnets()["Subnets"]]


@pytest.fixture(scope="module")
def resources(aws):
    """What the tasks below speak to."""
    key = {"AttributeName": "id", "AttributeType": "S"}
    schema = [{"AttributeName": "id", "KeyType": "HASH"}]
    aws("dynamodb").create_table(
        TableName="table", BillingMode="PAY_PER_REQUEST", AttributeDefinitions=[key], KeySchema=schema
    )
    aws("s3").create_bucket(Bucket="bucket")
    aws("glue").create_job(Name="job", Role=ROLE, Command={"Name": "glueetl"})
    container = {"name": "c", "image": "busybox", "cpu": 256, "memory": 512, "essential": True}
    fargate = {"networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"], "cpu": "256", "memory": "512"}
    aws("ecs").create_cluster(clusterName="cluster")
    aws("ecs").register_task_definition(family="task", **fargate, containerDefinitions=[container])
    batch, role = aws("batch"), aws("iam").create_role(RoleName="role", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    order = [{"order": 1, "computeEnvironment": "compute"}]
    batch.create_compute_environment(computeEnvironmentName="compute", type="UNMANAGED", serviceRole=role)
    batch.create_job_queue(jobQueueName="queue", priority=1, state="ENABLED", computeEnvironmentOrder=order)
    properties = {"image": "busybox", "vcpus": 1, "memory": 64, "command": ["true"]}
    batch.register_job_definition(jobDefinitionName="definition", type="container", containerProperties=properties)
    image = {"type": "LINUX_CONTAINER", "image": "image", "computeType": "BUILD_GENERAL1_SMALL"}
    source, artifacts = {"type": "S3", "location": "bucket/source.zip"}, {"type": "NO_ARTIFACTS"}
    aws("codebuild").create_project(
        name="project", source=source, artifacts=artifacts, environment=image, serviceRole=role
    )
    return {
        "queue": aws("sqs").create_queue(QueueName="queue")["QueueUrl"],
        "topic": aws("sns").create_topic(Name="topic")["TopicArn"],
    }


def start(sfn, name, resource, parameters):
    task = {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Parameters": parameters, "End": True}
    definition = json.dumps({"StartAt": "T", "States": {"T": {**task, "TimeoutSeconds": 60}}})
    machine = sfn.create_state_machine(name=name, definition=definition, roleArn=ROLE)["stateMachineArn"]
    return sfn.start_execution(stateMachineArn=machine)["executionArn"]


def ended(sfn, arn):
    ends = time.monotonic() + 60
    while (found := sfn.describe_execution(executionArn=arn))["status"] not in ENDED:
        assert time.monotonic() < ends, "it did not end"
        time.sleep(0.05)
    assert found["status"] == "SUCCEEDED", f"{found.get('error')}: {found.get('cause')}"
    return json.loads(found["output"])


def tasks(resources, subnets):
    key = {"id": {"S": "a"}}
    network = {"AwsvpcConfiguration": {"Subnets": subnets[:1], "SecurityGroups": ["sg-1"]}}
    output, cluster = {"S3OutputPath": "s3://bucket/o"}, {"InstanceType": "ml.m5.large", "InstanceCount": 1}
    data = {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://bucket/i"}}}
    training = {
        "TrainingJobName": "training",
        "RoleArn": ROLE,
        "AlgorithmSpecification": {"TrainingImage": "image", "TrainingInputMode": "File"},
        "OutputDataConfig": output,
        "ResourceConfig": {**cluster, "VolumeSizeInGB": 1},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
    }
    transform = {"TransformInput": data, "TransformOutput": output, "TransformResources": cluster}
    return {
        "sqs:sendMessage": {"QueueUrl": resources["queue"], "MessageBody": {"a": 1}},
        "sns:publish": {"TopicArn": resources["topic"], "Message": "hello"},
        "dynamodb:putItem": {"TableName": "table", "Item": key},
        "dynamodb:getItem": {"TableName": "table", "Key": key},
        "dynamodb:deleteItem": {"TableName": "table", "Key": {"id": {"S": "b"}}},
        "dynamodb:updateItem": {
            "TableName": "table",
            "Key": {"id": {"S": "c"}},
            "UpdateExpression": "SET n = :n",
            "ExpressionAttributeValues": {":n": {"N": "1"}},
        },
        "events:putEvents": {"Entries": [{"Detail": {"a": 1}, "DetailType": "d", "Source": "s"}]},
        "glue:startJobRun.sync": {"JobName": "job"},
        "batch:submitJob.sync": {"JobName": "job", "JobQueue": "queue", "JobDefinition": "definition"},
        "ecs:runTask.sync": {
            "Cluster": "cluster",
            "TaskDefinition": "task",
            "LaunchType": "FARGATE",
            "NetworkConfiguration": network,
        },
        "sagemaker:createTrainingJob.sync": training,
        "sagemaker:createTransformJob.sync": {"TransformJobName": "transform", "ModelName": "model", **transform},
        "athena:startQueryExecution.sync": {
            "QueryString": "select 1",
            "ResultConfiguration": {"OutputLocation": "s3://bucket/athena"},
        },
        "codebuild:startBuild.sync": {"ProjectName": "project"},
        "aws-sdk:s3:putObject": {"Bucket": "bucket", "Key": "key", "Body": {"a": 1}},
        "aws-sdk:secretsmanager:createSecret": {"Name": "secret", "SecretString": "text"},
    }


def test_each_integration_can_be_tried(sfn, aws, resources, subnets):
    started = {
        resource: start(sfn, re.sub(r"\W", "-", resource), resource, parameters)
        for resource, parameters in tasks(resources, subnets).items()
    }
    outputs = {resource: ended(sfn, arn) for resource, arn in started.items()}
    assert outputs["glue:startJobRun.sync"]["JobRunState"] == "SUCCEEDED"
    assert outputs["batch:submitJob.sync"]["Status"] == "SUCCEEDED"
    assert outputs["ecs:runTask.sync"]["LastStatus"] == "STOPPED"
    [message] = aws("sqs").receive_message(QueueUrl=resources["queue"])["Messages"]
    assert json.loads(message["Body"]) == {"a": 1}
    assert aws("s3").get_object(Bucket="bucket", Key="key")["Body"].read() == b'{"a":1}'


def test_local_functions_reach_the_sandbox_and_this_server(sfn, aws):
    queue = aws("sqs").create_queue(QueueName="told")["QueueUrl"]
    payload = {"queue": queue, "token.$": "$$.Task.Token"}
    arn = start(sfn, "tells", "lambda:invoke.waitForTaskToken", {"FunctionName": "tells", "Payload": payload})
    assert ended(sfn, arn) == "told"
    [message] = aws("sqs").receive_message(QueueUrl=queue)["Messages"]
    assert message["Body"] == "from a function"
