"""Whole executions whose tasks call services: an emulator of AWS where there is one, and a server of our own for jobs."""

import asyncio
import json
import uuid
from contextlib import asynccontextmanager

import pytest

from stepwell.app import Application
from stepwell.caller import Caller
from stepwell.settings import Settings
from tests.integrations.fake_aws import fake_aws

ACCOUNT, REGION = "000000000000", "us-east-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/any"
JSON = {"Content-Type": "application/x-amz-json-1.1"}
RUN = {"Resource": "arn:aws:states:::ecs:runTask.sync", "Parameters": {"TaskDefinition": "d"}}


@pytest.fixture(autouse=True)
def no_configuration(monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture(scope="module")
def emulator():
    moto = pytest.importorskip("moto.server")
    server = moto.ThreadedMotoServer(port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


class Stepwell:
    """An application without a network, and the few requests that these tests make."""

    def __init__(self, application):
        self._application = application

    async def do(self, operation, **members):
        return await self._application.dispatch(Caller(ACCOUNT, REGION), operation, members)

    async def start(self, *states):
        """Start an execution of Task states, one after the other; the output of each is the input of the next."""
        names = [f"T{at}" for at in range(len(states))]
        ways = [*({"Next": name} for name in names[1:]), {"End": True}]
        flow = {name: {"Type": "Task", **state, **way} for name, state, way in zip(names, states, ways, strict=True)}
        definition = json.dumps({"StartAt": "T0", "States": flow})
        name = f"m-{uuid.uuid4().hex}"
        made = await self.do("CreateStateMachine", name=name, definition=definition, role_arn=ROLE)
        started = await self.do("StartExecution", state_machine_arn=made["state_machine_arn"], input="{}")
        return started["execution_arn"]

    async def ended(self, arn):
        async with asyncio.timeout(30):
            while (found := await self.do("DescribeExecution", execution_arn=arn))["status"] == "RUNNING":  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        return found

    async def run(self, *states):
        return await self.ended(await self.start(*states))

    async def event(self, arn, kind):
        """The first event of a kind in an execution's history, as soon as there is one."""
        async with asyncio.timeout(30):
            while True:
                events = (await self.do("GetExecutionHistory", execution_arn=arn))["events"]
                found = next((event for event in events if event["type"] == kind), None)
                if found is not None:
                    return found
                await asyncio.sleep(0.02)

    async def types(self, arn):
        events = (await self.do("GetExecutionHistory", execution_arn=arn))["events"]
        return [event["type"] for event in events]


@asynccontextmanager
async def stepwell(monkeypatch, endpoint, database=":memory:"):
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    application = Application(Settings(database=str(database), lambda_endpoint=endpoint, grace_s=1.0))
    await application.open()
    try:
        yield Stepwell(application)
    finally:
        await application.close()


def task(resource, **parameters):
    return {"Resource": f"arn:aws:states:::{resource}", "Parameters": parameters}


async def until(condition):
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


# --- an emulator ------------------------------------------------------------------------------------------------------


async def test_items_and_their_errors(emulator, monkeypatch):
    table = task(
        "aws-sdk:dynamodb:createTable",
        TableName="t",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    item = {"id": {"S": "a"}, "n": {"N": "1.50"}}
    put = task("dynamodb:putItem", TableName="t", Item=item)
    get = task("dynamodb:getItem", TableName="t", Key={"id": {"S": "a"}})
    none = task("dynamodb:getItem", TableName="none", Key={"id": {"S": "a"}})
    async with stepwell(monkeypatch, emulator) as service:
        found = await service.run(table, put, get)
        assert json.loads(found["output"])["Item"] == item
        failed = await service.run(none)
    assert failed["error"] == "DynamoDB.ResourceNotFoundException"
    assert "(Service: AmazonDynamoDBv2; Status Code: 400; Error Code: ResourceNotFound" in failed["cause"]


async def test_a_token_travels_through_a_topic_and_a_queue(emulator, monkeypatch):
    async with stepwell(monkeypatch, emulator) as service:
        url = json.loads((await service.run(task("aws-sdk:sqs:createQueue", QueueName="q")))["output"])["QueueUrl"]
        queue = f"arn:aws:sqs:{REGION}:{url.split('/')[-2]}:q"
        topic = json.loads((await service.run(task("aws-sdk:sns:createTopic", Name="t")))["output"])["TopicArn"]
        raw = {"RawMessageDelivery": "true"}
        subscribe = task("aws-sdk:sns:subscribe", TopicArn=topic, Protocol="sqs", Endpoint=queue, Attributes=raw)
        assert (await service.run(subscribe))["status"] == "SUCCEEDED"
        message = {"Token.$": "$$.Task.Token", "Ask": ["Yes?"]}
        waiting = await service.start(task("sns:publish.waitForTaskToken", TopicArn=topic, Message=message))
        received = await service.run(task("aws-sdk:sqs:receiveMessage", QueueUrl=url, WaitTimeSeconds=5))
        body = json.loads(json.loads(received["output"])["Messages"][0]["Body"])
        assert body["Ask"] == ["Yes?"]
        await service.do("SendTaskSuccess", task_token=body["Token"], output='{"yes":true}')
        assert json.loads((await service.ended(waiting))["output"]) == {"yes": True}
        silent = {**task("sqs:sendMessage.waitForTaskToken", QueueUrl=url, MessageBody=message), "TimeoutSeconds": 1}
        assert (await service.run(silent))["error"] == "States.Timeout"


async def test_objects_are_text(emulator, monkeypatch):
    where = {"Bucket": "a-bucket", "Key": "some key"}
    make = task("aws-sdk:s3:createBucket", Bucket="a-bucket")
    async with stepwell(monkeypatch, emulator) as service:
        put = task("aws-sdk:s3:putObject", **where, Body={"ü": [1]})
        found = await service.run(make, put, task("aws-sdk:s3:getObject", **where))
        assert json.loads(found["output"])["Body"] == '{"ü":[1]}'
        listed = await service.run(task("aws-sdk:s3:listObjectsV2", Bucket="a-bucket"))
        assert json.loads(listed["output"])["Contents"][0]["Key"] == "some key"
        located = await service.run(task("aws-sdk:s3:getBucketLocation", Bucket="a-bucket"))
        assert located["status"] == "SUCCEEDED"
        failed = await service.run(task("aws-sdk:s3:getObject", Bucket="a-bucket", Key="none"))
    assert failed["error"] == "S3.NoSuchKeyException"


# --- jobs -------------------------------------------------------------------------------------------------------------


class Cluster:
    """One task of ECS, which runs until the test says otherwise."""

    def __init__(self):
        self.status = "RUNNING"
        self.asked = []

    def __call__(self, asked):
        operation = asked.headers["X-Amz-Target"].rpartition(".")[2]
        self.asked.append(operation)
        found = {"taskArn": "t", "lastStatus": self.status, "containers": [{"name": "c", "exitCode": 0}]}
        return 200, JSON, json.dumps({"tasks": [found], "failures": []}).encode()


async def test_a_job_is_watched_again_after_a_restart_and_submitted_once(monkeypatch, tmp_path):
    cluster = Cluster()
    async with fake_aws(cluster) as fake:
        async with stepwell(monkeypatch, fake.url, tmp_path / "db") as service:
            arn = await service.start(RUN)
            await until(lambda: "DescribeTasks" in cluster.asked)
        cluster.status = "STOPPED"
        async with stepwell(monkeypatch, fake.url, tmp_path / "db") as service:
            ended = await service.ended(arn)
            types = await service.types(arn)
    assert json.loads(ended["output"])["LastStatus"] == "STOPPED"
    assert cluster.asked.count("RunTask") == 1
    assert types[3:6] == ["TaskStarted", "TaskSubmitted", "TaskSucceeded"]


async def test_stopping_an_execution_stops_its_job(monkeypatch):
    cluster = Cluster()
    async with fake_aws(cluster) as fake, stepwell(monkeypatch, fake.url) as service:
        arn = await service.start(RUN)
        await until(lambda: "DescribeTasks" in cluster.asked)
        await service.do("StopExecution", execution_arn=arn)
        await until(lambda: "StopTask" in cluster.asked)
        assert (await service.ended(arn))["status"] == "ABORTED"
