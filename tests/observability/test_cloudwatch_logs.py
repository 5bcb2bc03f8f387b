"""Execution logs in CloudWatch Logs: streams, batches, refusals; and against an imitation of the service."""

import json
import re

import pytest

from stepwell.integrations.aws_logs import AwsLogs
from stepwell.observability.cloudwatch_logs import BATCH_BYTES_MAX, SPAN_MS_MAX, CloudWatchLogs, batches
from stepwell.observability.log_records import LogRecord
from tests.observability.test_log_files import machine

GROUP = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/vendedlogs/states/g:*"
AT_MS = 1_790_201_709_878


class Script:
    """A Logs API that answers as it is told, and remembers what it was asked."""

    def __init__(self, **answers):
        self.answers = answers
        self.calls = []

    async def call(self, operation, members, account, region):
        self.calls.append((operation, members, account, region))
        return self.answers.get(operation, "answered")


async def put(api, *records, express=False):
    row = machine()
    row.type = "EXPRESS" if express else "STANDARD"
    return await CloudWatchLogs(api).put(row, GROUP, records)


async def test_records_go_into_a_stream_of_the_hour():
    api = Script()
    assert await put(api, LogRecord(AT_MS + 5, '{"id":"2"}'), LogRecord(AT_MS, '{"id":"1"}'))
    (made, stream, *place), (written, batch, *_) = api.calls
    assert (made, written, place) == ("CreateLogStream", "PutLogEvents", ["123456789012", "eu-west-1"])
    assert re.fullmatch(r"states/orders/2026-09-23-22/[0-9a-f]{8}", stream["logStreamName"])
    assert batch == {
        "logGroupName": "/aws/vendedlogs/states/g",
        "logStreamName": stream["logStreamName"],
        "logEvents": [{"timestamp": AT_MS, "message": '{"id":"1"}'}, {"timestamp": AT_MS + 5, "message": '{"id":"2"}'}],
    }


async def test_streams_of_express_machines_are_of_the_minute():
    api = Script()
    await put(api, LogRecord(AT_MS, "{}"), express=True)
    assert re.fullmatch(r"states/orders/2026-09-23-22-15/[0-9a-f]{8}", api.calls[0][1]["logStreamName"])


async def test_a_stream_is_made_once():
    api = Script(CreateLogStream="ResourceAlreadyExistsException")
    sink = CloudWatchLogs(api)
    for _ in range(3):
        await sink.put(machine(), GROUP, [LogRecord(AT_MS, "{}")])
    assert [call[0] for call in api.calls] == ["CreateLogStream", *["PutLogEvents"] * 3]


@pytest.mark.parametrize("answer", ["unreachable", "ThrottlingException", "ServiceUnavailableException"])
async def test_what_passes_may_be_tried_again(answer):
    assert not await put(Script(PutLogEvents=answer), LogRecord(AT_MS, "{}"))


async def test_what_is_refused_is_dropped_with_a_warning(caplog):
    assert await put(Script(PutLogEvents="ResourceNotFoundException"), LogRecord(AT_MS, "{}"))
    assert "refuses 1 log records of orders: ResourceNotFoundException" in caplog.text


def sizes(*records):
    return [len(batch) for batch in batches(records)]


def test_batches_are_as_large_as_the_service_takes_them():
    assert sizes() == []
    assert sizes(*[LogRecord(1, "x")] * 10_001) == [10_000, 1]
    assert sizes(*[LogRecord(1, "x" * (BATCH_BYTES_MAX // 4 - 26))] * 9) == [4, 4, 1]
    assert sizes(LogRecord(0, "x"), LogRecord(SPAN_MS_MAX, "x"), LogRecord(SPAN_MS_MAX + 1, "x")) == [2, 1]


@pytest.fixture(scope="module")
def emulator():
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


async def test_against_an_imitation_of_the_service(emulator, monkeypatch):
    import boto3

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    logs = boto3.client(
        "logs",
        endpoint_url=emulator,
        region_name="eu-west-1",
        aws_access_key_id="123456789012",
        aws_secret_access_key="any",
    )
    api = AwsLogs(emulator)
    place = ("123456789012", "eu-west-1", "/aws/vendedlogs/states/g")
    assert not await api.has_group(*place)
    logs.create_log_group(logGroupName=place[2])
    assert await api.has_group(*place)
    assert not await api.has_group(*place[:2], place[2][:-1])
    import time

    at_ms = round(time.time() * 1000)
    assert await put(api, LogRecord(at_ms, json.dumps({"id": "1"})))
    [stream] = logs.describe_log_streams(logGroupName=place[2])["logStreams"]
    found = logs.get_log_events(logGroupName=place[2], logStreamName=stream["logStreamName"])["events"]
    assert [(event["timestamp"], event["message"]) for event in found] == [(at_ms, '{"id": "1"}')]
    await api.close()


async def test_where_nobody_answers_a_group_is_believed_in(unused_tcp_port):
    api = AwsLogs(f"http://127.0.0.1:{unused_tcp_port}")
    assert await api.has_group("123456789012", "us-east-1", "g")
    assert await api.call(
        "PutLogEvents", {"logGroupName": "g", "logStreamName": "s", "logEvents": []}, "1" * 12, "x"
    ) == ("unreachable")
    await api.close()
