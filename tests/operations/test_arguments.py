"""Arguments that a service would refuse are refused when the definition is created, changed, validated or tested."""

import json
from typing import Any

from tests.operations.conftest import PASS, ROLE, Server

CODE = "SCHEMA_VALIDATION_FAILED"
PUT = "arn:aws:states:::aws-sdk:s3:putObject"
UNKNOWN = "arn:aws:states:::aws-sdk:s3:putObjects"


def flow(**task: Any) -> str:
    state = {"Type": "Task", "End": True, **task}
    return json.dumps({"StartAt": "A", "States": {"A": state}})


BAD = flow(Resource=PUT, Parameters={"bucket": "b", "Key.$": "$.key", "Body": {}})
GOOD = flow(Resource=PUT, Parameters={"Bucket": "b", "Key.$": "$.key", "Body": {}})
TEXT = "The field 'Bucket' is required but was missing"
REFUSED = f"Invalid State Machine Definition: '{CODE}: {TEXT} at /States/A/Parameters'"


async def test_creating(server: Server):
    told = await server.refusal("CreateStateMachine", name="m", definition=BAD, roleArn=ROLE)
    assert told == ("InvalidDefinition", REFUSED)
    await server.machine(definition=GOOD)


async def test_changing(server: Server):
    machine = await server.machine(definition=PASS)
    told = await server.refusal("UpdateStateMachine", stateMachineArn=machine, definition=BAD)
    assert told == ("InvalidDefinition", REFUSED)


async def test_validating(server: Server):
    found = await server("ValidateStateMachineDefinition", definition=BAD)
    finding = {"severity": "ERROR", "code": CODE, "message": TEXT, "location": "/States/A/Parameters"}
    assert found == {"result": "FAIL", "diagnostics": [finding], "truncated": False}
    assert (await server("ValidateStateMachineDefinition", definition=GOOD))["result"] == "OK"


async def test_a_state_by_itself(server: Server):
    state = json.dumps(json.loads(BAD)["States"]["A"])
    told = await server.refusal("TestState", definition=state, roleArn=ROLE)
    assert told == ("InvalidDefinition", REFUSED.replace("/A/", "/StateName/"))


async def test_an_action_that_there_is_not(server: Server):
    code, text = await server.refusal("CreateStateMachine", name="m", definition=flow(Resource=UNKNOWN), roleArn=ROLE)
    assert code == "InvalidDefinition"
    assert text.startswith(
        f"Invalid State Machine Definition: '{CODE}: The resource provided {UNKNOWN} is not recognized."
    )
    assert text.endswith(" at /States/A/Resource'")


async def test_other_faults_come_first(server: Server):
    definition = flow(Resource=PUT, Parameters={"bucket": "b"}, Next="B")
    _, text = await server.refusal("CreateStateMachine", name="m", definition=definition, roleArn=ROLE)
    assert "Bucket" not in text


async def test_what_others_brought_along_judges_for_itself(server: Server):
    class Brought:
        name = "aws-sdk:s3"

    server.registry._third_parties = lambda: [Brought()]  # type: ignore[list-item,return-value]
    await server.machine(definition=BAD)
