"""Map Runs and their children as the API shows them."""

import asyncio
import json
from typing import Any

import pytest

from tests.operations.conftest import ACCOUNT, PREFIX, REGION, ROLE, Server

KINDS = pytest.mark.parametrize("kind", ["STANDARD", "EXPRESS"])
PASS = {"P": {"Type": "Pass", "End": True}}
MIXED = {
    "P": {"Type": "Choice", "Choices": [{"Variable": "$", "NumericEquals": 1, "Next": "F"}], "Default": "S"},
    "F": {"Type": "Fail", "Error": "E", "Cause": "C"},
    "S": {"Type": "Succeed"},
}
WAIT = {"P": {"Type": "Wait", "Seconds": 3600, "End": True}}


def definition(kind: str, states: dict[str, Any] = PASS, **fields: Any) -> str:
    config = {"Mode": "DISTRIBUTED", "ExecutionType": kind}
    processor = {"ProcessorConfig": config, "StartAt": "P", "States": states}
    state = {"Type": "Map", "Label": "L", "ItemProcessor": processor, "End": True, **fields}
    return json.dumps({"StartAt": "M", "States": {"M": state}})


async def started(server: Server, text: str, given: Any) -> tuple[str, str]:
    """The ARNs of an execution and its only run."""
    machine = await server.machine(definition=text)
    answer = await server("StartExecution", stateMachineArn=machine, name="e", input=json.dumps(given))
    arn = answer["executionArn"]
    [run] = (await server("ListMapRuns", executionArn=arn))["mapRuns"]
    return arn, run["mapRunArn"]


async def settled(server: Server, arn: str) -> str:
    for _ in range(100):
        status = (await server("DescribeExecution", executionArn=arn))["status"]
        if status != "RUNNING":
            return str(status)
        await asyncio.sleep(0.02)
    raise AssertionError("it does not end")


def counts(**given: int) -> dict[str, int]:
    names = ["pending", "running", "succeeded", "failed", "timedOut", "aborted"]
    names += ["total", "resultsWritten", "failuresNotRedrivable", "pendingRedrive"]
    return {name: given.get(name, 0) for name in names}


@KINDS
async def test_a_run_is_listed_and_described(server: Server, kind: str) -> None:
    batcher = {"MaxItemsPerBatch": 2}
    text = definition(kind, ItemBatcher=batcher, MaxConcurrency=7, ToleratedFailurePercentage=12.5)
    arn, run_arn = await started(server, text, [1, 2, 3])
    assert await settled(server, arn) == "SUCCEEDED"
    listed = await server("ListMapRuns", executionArn=arn)
    [line] = listed["mapRuns"]
    assert line["stateMachineArn"] == f"{PREFIX}:stateMachine:m/L" and line["executionArn"] == arn
    assert "stopDate" in line and run_arn.startswith(f"{PREFIX}:mapRun:m/L:")
    described = await server("DescribeMapRun", mapRunArn=run_arn)
    assert described.pop("startDate") <= described.pop("stopDate")
    assert described == {
        "mapRunArn": run_arn,
        "executionArn": arn,
        "status": "SUCCEEDED",
        "maxConcurrency": 7,
        "toleratedFailurePercentage": 12.5,
        "toleratedFailureCount": 0,
        "itemCounts": counts(succeeded=3, total=3, resultsWritten=3),
        "executionCounts": counts(succeeded=2, total=2, resultsWritten=2),
        "redriveCount": 0,
    }


@KINDS
async def test_children_are_listed_and_described(server: Server, kind: str) -> None:
    arn, run_arn = await started(server, definition(kind, MIXED, ToleratedFailureCount=9), [0, 1, 2])
    assert await settled(server, arn) == "SUCCEEDED"
    lines = (await server("ListExecutions", mapRunArn=run_arn))["executions"]
    assert sorted(line["status"] for line in lines) == ["FAILED", "SUCCEEDED", "SUCCEEDED"]
    assert all((line["itemCount"], line["redriveCount"], line["mapRunArn"]) == (1, 0, run_arn) for line in lines)
    [failed] = (await server("ListExecutions", mapRunArn=run_arn, statusFilter="FAILED"))["executions"]
    described = await server("DescribeExecution", executionArn=failed["executionArn"])
    assert (described["error"], described["cause"], described["input"]) == ("E", "C", "1")
    assert described["mapRunArn"] == run_arn and described["stateMachineArn"] == f"{PREFIX}:stateMachine:m/L"
    assert described["redriveStatus"] == "REDRIVABLE_BY_MAP_RUN" and "redriveStatusReason" not in described
    assert described["name"] == failed["name"] == failed["executionArn"].split("/L:")[1]
    hidden = await server("DescribeExecution", executionArn=failed["executionArn"], includedData="METADATA_ONLY")
    assert "input" not in hidden and hidden["inputDetails"] == {"included": False}
    assert (await server("ListExecutions", mapRunArn=run_arn, redriveFilter="REDRIVEN"))["executions"] == []
    machine = f"{PREFIX}:stateMachine:m"
    assert len((await server("ListExecutions", stateMachineArn=machine))["executions"]) == 1


@KINDS
async def test_children_come_by_pages(server: Server, kind: str) -> None:
    arn, run_arn = await started(server, definition(kind), list(range(25)))
    await settled(server, arn)
    seen: list[str] = []
    token: dict[str, str] = {}
    while True:
        page = await server("ListExecutions", mapRunArn=run_arn, maxResults=10, **token)
        seen += [line["name"] for line in page["executions"]]
        if "nextToken" not in page:
            break
        token = {"nextToken": page["nextToken"]}
    assert len(seen) == len(set(seen)) == 25


@KINDS
async def test_a_child_tells_what_it_runs(server: Server, kind: str) -> None:
    """Recorded: the flow alone, printed anew, under the Map's label; of EXPRESS children too."""
    arn, run_arn = await started(server, definition(kind), [5])
    await settled(server, arn)
    [child] = (await server("ListExecutions", mapRunArn=run_arn))["executions"]
    described = await server("DescribeStateMachineForExecution", executionArn=child["executionArn"])
    assert (described["name"], described["label"], described["mapRunArn"]) == ("m", "L", run_arn)
    assert described["stateMachineArn"] == f"{PREFIX}:stateMachine:m/L" and "revisionId" not in described
    assert described["definition"] == '{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}'
    hidden = await server(
        "DescribeStateMachineForExecution", executionArn=child["executionArn"], includedData="METADATA_ONLY"
    )
    assert hidden == {**described, "definition": "{}"}


READS = {"R": {"Type": "Pass", "Parameters": {"x.$": "$x"}, "End": True}}
INSIDE = {
    "P": {"Type": "Pass", "Assign": {"x": 1}, "Next": "Q"},
    "Q": {"Type": "Parallel", "Branches": [{"StartAt": "R", "States": READS}], "End": True},
}


@KINDS
async def test_the_workflow_inside_a_map_is_described_by_its_label(server: Server, kind: str) -> None:
    machine = await server.machine(definition=definition(kind, INSIDE))
    described = await server("DescribeStateMachine", stateMachineArn=f"{machine}/L", includedData="METADATA_ONLY")
    assert isinstance(described.pop("creationDate"), float)
    assert json.loads(described.pop("definition")) == {"StartAt": "P", "States": INSIDE}
    assert described == {
        "stateMachineArn": f"{machine}/L",
        "name": "m",
        "label": "L",
        "status": "ACTIVE",
        "type": kind,
        "roleArn": ROLE,
        "loggingConfiguration": {"includeExecutionData": False, "level": "OFF"},
        "tracingConfiguration": {"enabled": False},
        "encryptionConfiguration": {"type": "AWS_OWNED_KEY"},
        "variableReferences": {"R": ["x"]},
    }
    missing = f"{machine}/Other"
    assert await server.refusal("DescribeStateMachine", stateMachineArn=missing) == (
        "StateMachineDoesNotExist",
        f"State Machine Does Not Exist: '{missing}'",
    )


@pytest.mark.parametrize(
    "operation",
    [
        "StartExecution",
        "StartSyncExecution",
        "ListExecutions",
        "ListStateMachineVersions",
        "PublishStateMachineVersion",
        "UpdateStateMachine",
        "DeleteStateMachine",
    ],
)
async def test_nothing_else_takes_a_label(server: Server, operation: str) -> None:
    machine = await server.machine(definition=definition("STANDARD"))
    more = {"roleArn": ROLE} if operation == "UpdateStateMachine" else {}
    assert await server.refusal(operation, stateMachineArn=f"{machine}/L", **more) == (
        "ValidationException",
        "Labeled State Machine ARNs are not supported for this API",
    )


async def test_a_standard_child_has_a_history(server: Server) -> None:
    arn, run_arn = await started(server, definition("STANDARD"), [5])
    await settled(server, arn)
    [child] = (await server("ListExecutions", mapRunArn=run_arn))["executions"]
    events = (await server("GetExecutionHistory", executionArn=child["executionArn"]))["events"]
    assert [event["type"] for event in events][-1] == "ExecutionSucceeded"


async def test_a_child_can_be_stopped(server: Server) -> None:
    arn, run_arn = await started(server, definition("STANDARD", WAIT), [5])
    for _ in range(100):
        if lines := (await server("ListExecutions", mapRunArn=run_arn))["executions"]:
            break
        await asyncio.sleep(0.02)
    await server("StopExecution", executionArn=lines[0]["executionArn"])
    assert await settled(server, arn) == "SUCCEEDED"  # what was aborted is no failure
    described = await server("DescribeMapRun", mapRunArn=run_arn)
    assert described["executionCounts"] == counts(aborted=1, total=1, resultsWritten=1)


async def test_a_run_is_changed_while_it_goes_on(server: Server) -> None:
    arn, run_arn = await started(server, definition("STANDARD", WAIT, MaxConcurrency=1), [1, 2, 3])
    for _ in range(100):
        if (await server("DescribeMapRun", mapRunArn=run_arn))["executionCounts"]["running"] == 1:
            break
        await asyncio.sleep(0.02)
    assert await server.refusal("UpdateMapRun", mapRunArn=run_arn) == (
        "ValidationException",
        "At least one of maxConcurrency, toleratedFailureCount and toleratedFailurePercentage must be specified",
    )
    await server("UpdateMapRun", mapRunArn=run_arn, maxConcurrency=3, toleratedFailureCount=2)
    for _ in range(100):
        described = await server("DescribeMapRun", mapRunArn=run_arn)
        if described["executionCounts"]["running"] == 3:
            break
        await asyncio.sleep(0.02)
    assert (described["maxConcurrency"], described["toleratedFailureCount"]) == (3, 2)
    assert described["executionCounts"]["running"] == 3
    await server("StopExecution", executionArn=arn)
    for _ in range(100):
        if (await server("DescribeMapRun", mapRunArn=run_arn))["status"] == "ABORTED":
            break
        await asyncio.sleep(0.02)
    code, _ = await server.refusal("UpdateMapRun", mapRunArn=run_arn, maxConcurrency=3)
    assert code == "ValidationException"


async def test_what_is_not_there(server: Server) -> None:
    arn, run_arn = await started(server, definition("EXPRESS"), [1])
    await settled(server, arn)
    for unknown in (run_arn[:-1] + "1", run_arn.replace("/L:", "/K:"), run_arn.replace(ACCOUNT, "1" * 12)):
        code, message = await server.refusal("DescribeMapRun", mapRunArn=unknown)
        assert (code, message) == ("ResourceNotFound", f"Resource not found: '{unknown}'")
    [child] = (await server("ListExecutions", mapRunArn=run_arn))["executions"]
    for unknown in (child["executionArn"][:-1] + "_", child["executionArn"].replace("/L:", "/K:")):
        code, _ = await server.refusal("DescribeExecution", executionArn=unknown)
        assert code == "ExecutionDoesNotExist"
    code, message = await server.refusal("GetExecutionHistory", executionArn=child["executionArn"])
    assert (code, message) == ("InvalidArn", "Invalid Arn: 'Resource type not valid in this context: express'")
    standard = f"arn:aws:states:{REGION}:{ACCOUNT}:execution:m/L:{'0' * 8}-0000-7000-8000-{'0' * 12}"
    code, _ = await server.refusal("DescribeExecution", executionArn=standard)
    assert code == "ExecutionDoesNotExist"
