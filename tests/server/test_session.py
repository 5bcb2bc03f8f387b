"""A session of a client that nobody has changed: boto3, all operations of this release."""

import json
import re
import threading
import time
import uuid
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from stepwell.api.codec import snake_name
from stepwell.operations import OPERATIONS
from tests.server.machines import machine, passing, task
from tests.server.outside import ENDED, ROLE, until

TOKEN = "arn:aws:states:::states:startExecution.waitForTaskToken"


class Session:
    """A client, and what people do with one again and again."""

    def __init__(self, client):
        self.client = client

    def create(self, definition, **more):
        name = f"s-{uuid.uuid4().hex[:12]}"
        return self.client.create_state_machine(name=name, definition=json.dumps(definition), roleArn=ROLE, **more)[
            "stateMachineArn"
        ]

    def start(self, arn, given=None, **more):
        return self.client.start_execution(stateMachineArn=arn, input=json.dumps(given or {}), **more)["executionArn"]

    def ended(self, execution):
        def described():
            now = self.client.describe_execution(executionArn=execution)
            return now if now["status"] in ENDED else None

        return until(described)

    def run(self, definition, given=None):
        return self.ended(self.start(self.create(definition), given))

    def refused(self, operation, **members):
        with pytest.raises(ClientError) as caught:
            getattr(self.client, operation)(**members)
        return caught.value.response["Error"]["Code"]


@pytest.fixture
def session(server):
    return Session(server.client())


def test_a_machine_from_its_creation_to_its_end(session):
    sfn = session.client
    definition = json.dumps(machine(Nap={"Type": "Wait", "Seconds": 1, "Next": "Done"}, Done={"Type": "Succeed"}))
    checked = sfn.validate_state_machine_definition(definition=definition, severity="WARNING")
    assert (checked["result"], checked["diagnostics"]) == ("OK", [])
    assert sfn.validate_state_machine_definition(definition="{}")["result"] == "FAIL"
    given = {"name": f"life-{uuid.uuid4().hex[:8]}", "definition": definition, "roleArn": ROLE}
    created = sfn.create_state_machine(**given, tags=[{"key": "team", "value": "blue"}])
    arn = created["stateMachineArn"]
    assert sfn.create_state_machine(**given)["creationDate"] == created["creationDate"]
    described = sfn.describe_state_machine(stateMachineArn=arn)
    assert (described["definition"], described["status"], described["type"]) == (definition, "ACTIVE", "STANDARD")
    sfn.tag_resource(resourceArn=arn, tags=[{"key": "level", "value": ""}])
    sfn.untag_resource(resourceArn=arn, tagKeys=["team"])
    assert sfn.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "level", "value": ""}]

    old = session.start(arn)
    updated = sfn.update_state_machine(stateMachineArn=arn, definition=json.dumps(passing(Result=2)))
    assert sfn.describe_state_machine(stateMachineArn=arn)["revisionId"] == updated["revisionId"]
    assert session.ended(session.start(arn))["output"] == "2"
    kept = sfn.describe_state_machine_for_execution(executionArn=old)
    assert (kept["definition"], kept["name"]) == (definition, given["name"])

    open_one = session.start(arn, name="open")  # ends at once: the new revision is a Pass
    assert session.ended(open_one)["name"] == "open"
    sfn.update_state_machine(stateMachineArn=arn, definition=definition)
    last = session.start(arn)
    sfn.delete_state_machine(stateMachineArn=arn)
    assert sfn.describe_state_machine(stateMachineArn=arn)["status"] == "DELETING"
    assert session.refused("start_execution", stateMachineArn=arn) == "StateMachineDeleting"
    until(lambda: is_gone(session, arn))
    assert session.refused("describe_execution", executionArn=last) == "ExecutionDoesNotExist"
    assert session.refused("start_execution", stateMachineArn=arn) == "StateMachineDoesNotExist"
    sfn.delete_state_machine(stateMachineArn=arn)


def is_gone(session, arn):
    try:
        session.client.describe_state_machine(stateMachineArn=arn)
    except session.client.exceptions.StateMachineDoesNotExist:
        return True
    return False


def test_lists_page_by_page(session):
    sfn = session.client
    arn = session.create(passing())
    runs = [session.ended(session.start(arn, name=f"run-{index}"))["executionArn"] for index in range(7)]
    pages = list(sfn.get_paginator("list_executions").paginate(stateMachineArn=arn, PaginationConfig={"PageSize": 3}))
    assert [len(page["executions"]) for page in pages] == [3, 3, 1]
    assert [line["executionArn"] for page in pages for line in page["executions"]] == runs[::-1]
    assert sfn.list_executions(stateMachineArn=arn, statusFilter="FAILED")["executions"] == []
    names = [f"page-{uuid.uuid4().hex[:8]}-{index}" for index in range(5)]
    for name in names:
        sfn.create_activity(name=name)
        sfn.create_state_machine(name=name, definition=json.dumps(passing()), roleArn=ROLE)
    for operation, member in (("list_activities", "activities"), ("list_state_machines", "stateMachines")):
        paginator = sfn.get_paginator(operation)
        listed = [row["name"] for page in paginator.paginate(PaginationConfig={"PageSize": 2}) for row in page[member]]
        assert listed == sorted(listed)
        assert set(names) <= set(listed)
    assert session.refused("list_executions", stateMachineArn=arn, nextToken="made up") == "InvalidToken"


def test_history_forward_and_reverse(session):
    run = session.run(
        machine(**{f"S{n}": {"Type": "Pass", "Next": f"S{n + 1}"} for n in range(30)}, S30={"Type": "Succeed"})
    )
    arn = run["executionArn"]

    def events(**more):
        pages = session.client.get_paginator("get_execution_history").paginate(
            executionArn=arn, PaginationConfig={"PageSize": 7}, **more
        )
        return [event for page in pages for event in page["events"]]

    forward = events()
    assert [event["id"] for event in forward] == list(range(1, 65))
    assert (forward[0]["type"], forward[-1]["type"]) == ("ExecutionStarted", "ExecutionSucceeded")
    assert events(reverseOrder=True) == forward[::-1]
    bare = events(includeExecutionData=False)
    assert [event["type"] for event in bare] == [event["type"] for event in forward]
    assert "output" not in bare[-1].get("executionSucceededEventDetails", {})


def test_an_activity_worker_with_heartbeats(session):
    sfn = session.client
    arn = sfn.create_activity(name=f"act-{uuid.uuid4().hex[:8]}")["activityArn"]
    assert sfn.describe_activity(activityArn=arn)["activityArn"] == arn
    caught = {"ErrorEquals": ["Spoiled"], "ResultPath": "$.error", "Next": "Second"}
    second = {"Type": "Task", "Resource": arn, "End": True}
    first = {"Type": "Task", "Resource": arn, "HeartbeatSeconds": 2, "Catch": [caught], "End": True}
    run = session.start(session.create(machine(First=first, Second=second)), {"n": 1})
    taken = sfn.get_activity_task(activityArn=arn, workerName="worker 7")
    assert json.loads(taken["input"]) == {"n": 1}
    for _ in range(6):  # three seconds in all, one and a half times what would be too long without
        time.sleep(0.5)
        sfn.send_task_heartbeat(taskToken=taken["taskToken"])
    sfn.send_task_failure(taskToken=taken["taskToken"], error="Spoiled", cause="milk")
    assert session.refused("send_task_heartbeat", taskToken=taken["taskToken"]) == "TaskTimedOut"
    again = sfn.get_activity_task(activityArn=arn)
    assert json.loads(again["input"]) == {"n": 1, "error": {"Error": "Spoiled", "Cause": "milk"}}
    assert session.refused("send_task_success", taskToken=again["taskToken"], output="{") == "InvalidOutput"
    sfn.send_task_success(taskToken=again["taskToken"], output='{"done": 1.00}')
    assert session.ended(run)["output"] == '{"done": 1.00}'
    sfn.delete_activity(activityArn=arn)
    assert session.refused("describe_activity", activityArn=arn) == "ActivityDoesNotExist"


def test_a_poll_waits_for_a_task(session):
    sfn = session.client
    arn = sfn.create_activity(name=f"late-{uuid.uuid4().hex[:8]}")["activityArn"]
    got = []
    worker = threading.Thread(target=lambda: got.append(sfn.get_activity_task(activityArn=arn)))
    worker.start()
    time.sleep(0.3)
    run = session.start(session.create(task(arn)), {"late": True})
    worker.join(20)
    sfn.send_task_success(taskToken=got[0]["taskToken"], output="7")
    assert session.ended(run)["output"] == "7"


def test_a_callback_by_token_from_a_nested_execution(session):
    sfn = session.client
    worker = sfn.create_activity(name=f"inner-{uuid.uuid4().hex[:8]}")["activityArn"]
    child = session.create(task(worker))
    parameters = {"StateMachineArn": child, "Input": {"token.$": "$$.Task.Token"}}
    run = session.start(session.create(task(TOKEN, Parameters=parameters)))
    inner = sfn.get_activity_task(activityArn=worker)
    token = json.loads(inner["input"])["token"]
    sfn.send_task_heartbeat(taskToken=token)
    sfn.send_task_success(taskToken=token, output='"from the callback"')
    assert session.ended(run)["output"] == '"from the callback"'
    assert session.refused("send_task_success", taskToken=token, output="1") == "TaskTimedOut"
    sfn.send_task_success(taskToken=inner["taskToken"], output="{}")
    assert session.refused("send_task_success", taskToken=token[:-4] + "AAAA", output="1") == "InvalidToken"


@pytest.mark.parametrize("pattern, output", [(".sync", '{"kind":"child"}'), (".sync:2", {"kind": "child"})])
def test_a_nested_execution_to_its_end(session, pattern, output):
    nap = {"Type": "Wait", "Seconds": 1, "Next": "Say"}
    child = session.create(machine(Nap=nap, Say={"Type": "Pass", "Result": {"kind": "child"}, "End": True}))
    resource = f"arn:aws:states:::states:startExecution{pattern}"
    run = session.run(task(resource, Parameters={"StateMachineArn": child, "Input": {"a": 1}}))
    answer = json.loads(run["output"])
    assert (answer["Status"], answer["Output"]) == ("SUCCEEDED", output)
    kinds = [
        event["type"] for event in session.client.get_execution_history(executionArn=run["executionArn"])["events"]
    ]
    assert [kind for kind in kinds if kind.startswith("Task")] == [
        *("TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded", "TaskStateExited")
    ]


def test_a_distributed_map(session):
    sfn = session.client
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "Nap",
        "States": {"Nap": {"Type": "Wait", "SecondsPath": "$", "End": True}},
    }
    spread = {"Type": "Map", "ItemProcessor": processor, "Label": "naps", "MaxConcurrency": 1, "End": True}
    run = session.start(session.create(machine(Spread=spread)), [600, 0, 0])
    [listed] = sfn.list_map_runs(executionArn=run)["mapRuns"]
    arn = listed["mapRunArn"]
    sfn.update_map_run(mapRunArn=arn, maxConcurrency=3)
    assert sfn.describe_map_run(mapRunArn=arn)["maxConcurrency"] == 3
    ends = time.monotonic() + 20
    while sfn.describe_map_run(mapRunArn=arn)["itemCounts"]["succeeded"] < 2 and time.monotonic() < ends:
        time.sleep(0.05)
    [sleeper] = sfn.list_executions(mapRunArn=arn, statusFilter="RUNNING")["executions"]
    sfn.stop_execution(executionArn=sleeper["executionArn"])
    assert session.ended(run)["output"] == "[0,0]"
    counts = sfn.describe_map_run(mapRunArn=arn)["executionCounts"]
    assert (counts["succeeded"], counts["aborted"], counts["total"]) == (2, 1, 3)
    assert session.refused("update_map_run", mapRunArn=arn, maxConcurrency=1) == "ValidationException"


def test_a_stop(session):
    run = session.start(session.create(machine(Nap={"Type": "Wait", "Seconds": 600, "End": True})))
    first = session.client.stop_execution(executionArn=run, error="Enough", cause="for today")["stopDate"]
    described = session.ended(run)
    assert (described["status"], described["error"], described["cause"]) == ("ABORTED", "Enough", "for today")
    assert session.client.stop_execution(executionArn=run)["stopDate"] == first == described["stopDate"]


def test_a_redrive(session):
    nap = {"Type": "Wait", "Seconds": 1, "Next": "Done"}
    run = session.start(session.create(machine(Nap=nap, Done={"Type": "Succeed"})))
    session.client.stop_execution(executionArn=run)
    date = session.client.redrive_execution(executionArn=run)["redriveDate"]
    described = session.ended(run)
    assert (described["status"], described["redriveDate"]) == ("SUCCEEDED", date)


def test_the_same_name_twice(session):
    arn = session.create(machine(Nap={"Type": "Wait", "Seconds": 600, "End": True}))
    run = session.start(arn, {"n": 1}, name="same")
    assert session.start(arn, {"n": 1}, name="same") == run
    assert session.refused("start_execution", stateMachineArn=arn, name="same", input="{}") == "ExecutionAlreadyExists"
    session.client.stop_execution(executionArn=run)


def test_accounts_and_regions_see_their_own_only(server, session):
    arn = session.create(passing())
    for other in (server.client(access_key="111122223333"), server.client(region_name="eu-west-1")):
        with pytest.raises(other.exceptions.StateMachineDoesNotExist):
            other.describe_state_machine(stateMachineArn=arn)
        assert arn not in [row["stateMachineArn"] for row in other.list_state_machines()["stateMachines"]]


def test_versions_and_an_alias(session):
    sfn = session.client
    arn = session.create(passing())
    first = sfn.publish_state_machine_version(stateMachineArn=arn)["stateMachineVersionArn"]
    nap = json.dumps(machine(Nap={"Type": "Wait", "Seconds": 600, "End": True}))
    second = sfn.update_state_machine(stateMachineArn=arn, definition=nap, publish=True)["stateMachineVersionArn"]
    listed = sfn.list_state_machine_versions(stateMachineArn=arn)["stateMachineVersions"]
    assert [line["stateMachineVersionArn"] for line in listed] == [second, first]
    route = [{"stateMachineVersionArn": second, "weight": 100}]
    alias = sfn.create_state_machine_alias(name="live", routingConfiguration=route)["stateMachineAliasArn"]
    route[0]["stateMachineVersionArn"] = first
    sfn.update_state_machine_alias(stateMachineAliasArn=alias, routingConfiguration=route)
    assert sfn.describe_state_machine_alias(stateMachineAliasArn=alias)["routingConfiguration"] == route
    run = session.ended(session.start(alias))
    assert (run["status"], run["stateMachineVersionArn"], run["stateMachineAliasArn"]) == ("SUCCEEDED", first, alias)
    assert session.refused("delete_state_machine_version", stateMachineVersionArn=first) == "ConflictException"
    sfn.delete_state_machine_alias(stateMachineAliasArn=alias)
    sfn.delete_state_machine_version(stateMachineVersionArn=first)
    assert not sfn.list_state_machine_aliases(stateMachineArn=arn)["stateMachineAliases"]


def test_an_express_execution(server, session):
    arn = session.create(passing(), type="EXPRESS")
    client = server.client(inject_host_prefix=False)  # AWS has a host name of its own for these: sync-...
    answer = client.start_sync_execution(stateMachineArn=arn, input="[1]")
    assert (answer["status"], answer["output"]) == ("SUCCEEDED", "[1]")
    assert ":express:" in session.start(arn)
    answer = client.test_state(definition='{"Type": "Pass", "Next": "N"}', input="[1]")
    assert (answer["status"], answer["nextState"], answer["output"]) == ("SUCCEEDED", "N", "[1]")


def test_every_operation_of_this_release_is_used_above():
    text = Path(__file__).read_text()
    unused = [name for name in map(snake_name, OPERATIONS) if not re.search(rf"\b{name}\b", text)]
    assert not unused
