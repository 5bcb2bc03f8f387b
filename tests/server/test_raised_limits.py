"""A server whose limits were raised: payloads and histories beyond AWS's go all the way, and are stored once."""

import json

import pytest
from botocore.exceptions import ClientError

from stepwell.limits import AWS
from tests.server.outside import ROLE, OwnServer

QUOTES = 600_000  # each takes two characters in the payload, and four in the request
ROUNDS = 8_000
LOOP = {
    "StartAt": "Loop",
    "States": {
        "Again": {"Type": "Pass", "Parameters": {"n.$": "States.MathAdd($.n, 1)"}, "Next": "Loop"},
        "Loop": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.n", "NumericLessThan": ROUNDS, "Next": "Again"}],
            "Default": "Done",
        },
        "Done": {"Type": "Succeed"},
    },
}


@pytest.fixture(scope="module")
def roomy(tmp_path_factory):
    folder = tmp_path_factory.mktemp("roomy")
    started = OwnServer(folder, "--limits", "payload_bytes_max=2000000,history_events_max=40000").up()
    started.folder = folder
    try:
        yield started
        assert started.process.stop() == 0
    finally:
        started.process.close()


def test_it_says_so(roomy):
    assert "payload_bytes_max=2000000" in roomy.log


def test_large_payloads_go_all_the_way_and_are_stored_once(roomy):
    client = roomy.client()
    activity = client.create_activity(name="a")["activityArn"]
    passing = {f"P{number}": {"Type": "Pass", "Next": f"P{number + 1}"} for number in range(20)}
    work = {"Type": "Task", "Resource": activity, "Next": "P0"}
    last = {"QueryLanguage": "JSONata", "Type": "Pass", "Output": "{% $states.input %}", "End": True}
    definition = json.dumps({"StartAt": "Work", "States": {"Work": work, **passing, "P20": last}})
    machine = client.create_state_machine(name="m", definition=definition, roleArn=ROLE)["stateMachineArn"]
    arn = client.start_execution(stateMachineArn=machine, input=json.dumps('"' * QUOTES))["executionArn"]
    task = client.get_activity_task(activityArn=activity)
    assert json.loads(task["input"]) == '"' * QUOTES
    output = json.dumps("x" * 1_900_000)
    client.send_task_success(taskToken=task["taskToken"], output=output)
    found = roomy.ended(arn)
    assert (found["status"], found["output"] == output) == ("SUCCEEDED", True)
    stored = sum(path.stat().st_size for path in roomy.folder.rglob("*.db*"))
    assert stored < 5 * (2 * QUOTES + len(output))  # of 24 states; the log may hold what the file holds


def test_beyond_the_raised_limit_it_is_refused_as_ever(roomy):
    machine = roomy.create({"StartAt": "D", "States": {"D": {"Type": "Succeed"}}})
    client = roomy.client()
    arn = client.start_execution(stateMachineArn=machine, input=json.dumps("x" * 1_999_998))["executionArn"]
    assert roomy.ended(arn)["status"] == "SUCCEEDED"
    with pytest.raises(ClientError, match="StartExecution"):
        client.start_execution(stateMachineArn=machine, input=json.dumps("x" * 1_999_999))


def test_a_longer_history(roomy):
    found = roomy.run(LOOP, {"n": 0})
    assert (found["status"], found["output"]) == ("SUCCEEDED", f'{{"n":{ROUNDS}}}')
    newest = {"executionArn": found["executionArn"], "reverseOrder": True, "maxResults": 1}
    [last] = roomy.get("GetExecutionHistory", **newest)["events"]
    assert last["id"] > AWS.history_events_max
