"""Execution logs of a server as people use it: files, a log group, and a kill in between."""

import json

import boto3
import pytest

from tests.server.outside import ROLE, OwnServer, until

GROUP = "/aws/vendedlogs/states/orders"
WAITING = {
    "StartAt": "W",
    "States": {"W": {"Type": "Wait", "Seconds": 1, "Next": "P"}, "P": {"Type": "Pass", "End": True}},
}


def wanted(level="ALL", group=GROUP):
    arn = f"arn:aws:logs:us-east-1:000000000000:log-group:{group}:*"
    destinations = [{"cloudWatchLogsLogGroup": {"logGroupArn": arn}}]
    return {"level": level, "includeExecutionData": True, "destinations": destinations}


def create(server, name="orders", **members):
    members = {"definition": json.dumps(WAITING), "roleArn": ROLE, "loggingConfiguration": wanted(), **members}
    return server.ask("CreateStateMachine", name=name, **members)


def lines(folder, name="orders"):
    path = folder / "000000000000" / "us-east-1" / f"{name}.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


@pytest.mark.parametrize("kind", ["STANDARD", "EXPRESS"])
def test_every_event_is_in_the_file_also_after_a_kill(tmp_path, kind):
    folder = tmp_path / "logs"
    server = OwnServer(tmp_path, "--execution-logs", str(folder)).up()
    try:
        arn = create(server, type=kind).body["stateMachineArn"]
        started = server.get("StartExecution", stateMachineArn=arn, name="one", input='{"n": 1}')["executionArn"]
        until(lambda: lines(folder))
        server.process.kill()
        server.up()
        until(lambda: lines(folder) and lines(folder)[-1]["type"] == "ExecutionSucceeded")
        found = {record["id"]: record for record in lines(folder)}
        assert [record["type"] for record in found.values()] == [
            *("ExecutionStarted", "WaitStateEntered", "WaitStateExited"),
            *("PassStateEntered", "PassStateExited", "ExecutionSucceeded"),
        ]
        assert {record["execution_arn"] for record in found.values()} == {started}
        assert json.loads(found["1"]["details"]["input"]) == {"n": 1}
    finally:
        server.process.close()


def test_a_log_group_has_to_exist_and_is_written_to(tmp_path):
    from moto.server import ThreadedMotoServer

    emulator = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    emulator.start()
    address = "http://{}:{}".format(*emulator.get_host_and_port())
    server = OwnServer(tmp_path, "--logs-endpoint", address).up()
    keys = {"aws_access_key_id": "000000000000", "aws_secret_access_key": "any"}
    logs = boto3.client("logs", endpoint_url=address, region_name="us-east-1", **keys)
    try:
        refused = create(server)
        assert (refused.code, refused.message) == (
            "InvalidLoggingConfiguration",
            "Invalid Logging Configuration: Log Destination not found.",
        )
        assert create(server, "silent", loggingConfiguration=wanted("OFF")).status == 200
        logs.create_log_group(logGroupName=GROUP)
        arn = create(server).body["stateMachineArn"]
        other = server.ask("UpdateStateMachine", stateMachineArn=arn, loggingConfiguration=wanted(group="/none"))
        assert other.code == "InvalidLoggingConfiguration"
        server.get("StartExecution", stateMachineArn=arn)

        def messages():
            events = logs.filter_log_events(logGroupName=GROUP)["events"]
            return [json.loads(event["message"])["type"] for event in events]

        until(lambda: "ExecutionSucceeded" in messages())
        assert len(messages()) == 6
    finally:
        server.process.close()
        emulator.stop()
