"""ValidateStateMachineDefinition."""

import json

import pytest

from tests.operations.conftest import PASS, Server

FINDINGS = [
    (PASS, []),
    ("{}", [("SCHEMA_VALIDATION_FAILED", "These fields are required: [States, StartAt]", "/")]),
    (" ", [("SCHEMA_VALIDATION_FAILED", "Definition must be a valid JSON object", None)]),
    (
        '{"States": {"StartState": {"Type": "Pass", "End": true}}}',
        [("SCHEMA_VALIDATION_FAILED", "These fields are required: [StartAt]", "/")],
    ),
]


@pytest.mark.parametrize("definition, findings", FINDINGS)
@pytest.mark.parametrize("type", ["STANDARD", "EXPRESS"])
async def test_findings(server: Server, definition, findings, type):
    answer = await server("ValidateStateMachineDefinition", definition=definition, type=type)
    assert answer["result"] == ("FAIL" if findings else "OK")
    assert answer["truncated"] is False
    listed = [(line["code"], line["message"], line.get("location")) for line in answer["diagnostics"]]
    assert listed == findings
    assert all(line["severity"] == "ERROR" for line in answer["diagnostics"])


async def test_warnings_are_listed_if_asked_for(server: Server):
    definition = '{"StartAt": "A", "States": {"A": {"Type": "Pass", "Parameters": {"x": "$.a"}, "End": true}}}'
    quiet = await server("ValidateStateMachineDefinition", definition=definition)
    assert quiet == {"result": "OK", "diagnostics": [], "truncated": False}
    loud = await server("ValidateStateMachineDefinition", definition=definition, severity="WARNING")
    assert loud["result"] == "OK"
    assert [line["code"] for line in loud["diagnostics"]] == ["NO_DOLLAR"]


async def test_a_long_list_is_cut(server: Server):
    states = {f"S{i}": {"Type": "Nothing"} for i in range(150)}
    definition = json.dumps({"StartAt": "S0", "States": states})
    for given, listed in (({}, 100), ({"maxResults": 0}, 100), ({"maxResults": 7}, 7)):
        answer = await server("ValidateStateMachineDefinition", definition=definition, **given)
        assert (len(answer["diagnostics"]), answer["truncated"]) == (listed, True)
