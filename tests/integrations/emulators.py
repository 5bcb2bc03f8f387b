"""Emulators of AWS that others wrote, what the tests' tasks speak to there, and a way to them that can be shut."""

import asyncio
import json
import os
import socket
import subprocess
import urllib.request
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from urllib.parse import parse_qs

import boto3
import pytest
from aiohttp import ClientSession, DummyCookieJar, web

from stepwell.sandbox.process import Sandbox

ACCOUNT, REGION = "000000000000", "us-east-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/any"


@contextmanager
def moto():
    """moto: the server's own sandbox. Its Lambda runs no code and answers with what it was sent; its jobs end at once."""
    sandbox = Sandbox(ACCOUNT, REGION, 0)
    at_once = json.dumps({"model_name": "ecs::task", "transition": {"progression": "immediate"}}).encode()
    urllib.request.urlopen(f"{sandbox.address}/moto-api/state-manager/set-transition", at_once, timeout=60).close()
    try:
        yield sandbox.address
    finally:
        sandbox.close()


@contextmanager
def ministack():
    """MiniStack, which wants another botocore than ours: it is installed apart, in $MINISTACK_VENV, or left out."""
    home = os.environ.get("MINISTACK_VENV")
    if home is None:
        pytest.skip("no MINISTACK_VENV")
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTHONPATH"))}
    environment = {**kept, "GATEWAY_PORT": url.rpartition(":")[2], "LAMBDA_EXECUTOR": "local", "LOG_LEVEL": "ERROR"}
    bind = ("--bind", f"fd://{listener.fileno()}")
    server = subprocess.Popen(
        [Path(home) / "bin" / "hypercorn", "ministack.app:app", *bind], pass_fds=[listener.fileno()], env=environment
    )
    try:
        with urllib.request.urlopen(f"{url}/_ministack/health", timeout=60):
            yield url
    finally:
        server.terminate()
        server.wait(20)
        listener.close()


def client(url, service):
    """boto3 at an emulator."""
    keys = {"aws_access_key_id": ACCOUNT, "aws_secret_access_key": "any"}
    return boto3.client(service, endpoint_url=url, region_name=REGION, **keys)


# --- a way that can be shut -------------------------------------------------------------------------------------------


class Way:
    """Carries requests to an emulator. What `shut` names is asked, but gets no answer; what `refused` names, an error."""

    def __init__(self, emulator):
        self._emulator = emulator
        self.shut = frozenset()
        self.refused = {}
        self.asked = []
        self._closing = asyncio.Event()

    async def carry(self, request):
        body = await request.read()
        name = operation_of(request.headers, request.path, body)
        self.asked.append(name)
        if name in self.shut:
            await self._closing.wait()
            return web.Response(status=503)
        if name in self.refused:
            error = {"__type": self.refused[name], "message": f"{name} is refused"}
            headers = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-errortype": self.refused[name]}
            return web.Response(text=json.dumps(error), status=400, headers=headers)
        headers = {key: value for key, value in request.headers.items() if key != "Host"}
        address = self._emulator + request.raw_path
        async with self._session.request(request.method, address, data=body, headers=headers) as answer:
            kept = {key: value for key, value in answer.headers.items() if key not in ("Content-Length", "Connection")}
            return web.Response(status=answer.status, headers=kept, body=await answer.read())

    @asynccontextmanager
    async def open(self):
        application = web.Application(client_max_size=0)
        application.router.add_route("*", "/{anything:.*}", self.carry)
        runner = web.AppRunner(application)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        async with ClientSession(cookie_jar=DummyCookieJar(), auto_decompress=False) as self._session:
            try:
                yield f"http://127.0.0.1:{runner.addresses[0][1]}"
            finally:
                self._closing.set()
                await runner.cleanup()


def operation_of(headers, path, body):
    """What a request asks for, in one of AWS's protocols."""
    if "X-Amz-Target" in headers:
        return headers["X-Amz-Target"].rpartition(".")[2]
    form = parse_qs(body.decode("utf-8", "replace")).get("Action") if b"Action=" in body else None
    return form[0] if form else path.rstrip("/").rpartition("/")[2]


# --- what tasks speak to ----------------------------------------------------------------------------------------------


def simple_resources(url):
    """A table, a queue and a topic; gives the queue's URL and the topic's ARN."""
    key = {"AttributeName": "id", "AttributeType": "S"}
    schema = [{"AttributeName": "id", "KeyType": "HASH"}]
    tables = client(url, "dynamodb")
    tables.create_table(TableName="table", BillingMode="PAY_PER_REQUEST", AttributeDefinitions=[key], KeySchema=schema)
    queue = client(url, "sqs").create_queue(QueueName="queue")["QueueUrl"]
    return queue, client(url, "sns").create_topic(Name="topic")["TopicArn"]


def a_function(url, code):
    """A function named `function`."""
    role = client(url, "iam").create_role(RoleName="lambda", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    client(url, "lambda").create_function(
        FunctionName="function", Runtime="python3.12", Role=role, Handler="index.handler", Code={"ZipFile": code}
    )


def job_resources(url):
    """What jobs of Glue, ECS and Batch are made of."""
    client(url, "glue").create_job(Name="job", Role=ROLE, Command={"Name": "glueetl"})
    container = {"name": "c", "image": "busybox", "cpu": 256, "memory": 512, "essential": True}
    client(url, "ecs").create_cluster(clusterName="cluster")
    client(url, "ecs").register_task_definition(family="task", networkMode="awsvpc", containerDefinitions=[container])
    batch = client(url, "batch")
    role = client(url, "iam").create_role(RoleName="batch", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    order = [{"order": 1, "computeEnvironment": "compute"}]
    batch.create_compute_environment(computeEnvironmentName="compute", type="UNMANAGED", serviceRole=role)
    batch.create_job_queue(jobQueueName="queue", priority=1, state="ENABLED", computeEnvironmentOrder=order)
    properties = {"image": "busybox", "vcpus": 1, "memory": 64, "command": ["true"]}
    batch.register_job_definition(jobDefinitionName="definition", type="container", containerProperties=properties)
    return [subnet["SubnetId"] for subnet in client(url, "ec2").describe_subnets()["Subnets"]][:1]
