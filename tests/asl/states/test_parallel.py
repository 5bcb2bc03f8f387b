"""Parallel: findings and compiled form."""

import pytest

from tests.asl.definitions import machine_of, state_findings, state_of

BRANCH = {"StartAt": "B", "States": {"B": {"Type": "Pass", "End": True}}}
FINDINGS = [
    ({"Branches": [BRANCH]}, []),
    ({"Branches": []}, ["Value cannot be empty at /States/S/Branches"]),
    ({}, ["These fields are required: [Branches] at /States/S"]),
    ({"Branches": {}}, ["Expected value of type Array at /States/S/Branches"]),
    ({"Branches": [5]}, ["Expected value of type Object at /States/S/Branches[0]"]),
    ({"Branches": [{}]}, ["These fields are required: [States, StartAt] at /States/S/Branches[0]"]),
    (
        {"Branches": [{"StartAt": "B", "States": {}}]},
        [
            "Value cannot be empty at /States/S/Branches[0]/States",
            "MISSING_TRANSITION_TARGET: Missing 'Next' target: B at /States/S/Branches[0]/StartAt",
        ],
    ),
    ({"Branches": [{"StartAt": "B", "States": []}]}, ["Expected value of type Object at /States/S/Branches[0]/States"]),
    (
        {"Branches": [{**BRANCH, "QueryLanguage": "JSONPath"}]},
        ["Field 'QueryLanguage' is not supported at /States/S/Branches[0]"],
    ),
    (
        {"Branches": [{"StartAt": "B", "States": {"B": {"Type": "Pass", "Next": "S"}}}]},
        [
            "MISSING_TRANSITION_TARGET: Missing 'Next' target: S at /States/S/Branches[0]/States/B/Next",
            "MISSING_END_STATE: Workflow has no terminal state at None",
        ],
    ),
    ({"Branches": [BRANCH], "ItemsPath": "$"}, ["Field 'ItemsPath' is not supported at /States/S"]),
]


@pytest.mark.parametrize(("fields", "expected"), FINDINGS)
def test_findings(fields, expected):
    assert state_findings({"Type": "Parallel", "End": True, **fields}) == expected


def test_names_are_unique_in_the_whole_definition():
    assert state_findings({"Type": "Parallel", "End": True, "Branches": [BRANCH, BRANCH]}) == [
        "DUPLICATE_STATE_NAME: Duplicate State name: B at /States/S/Branches[1]/States/B"
    ]
    inner = {"StartAt": "S", "States": {"S": {"Type": "Pass", "End": True}}}
    assert state_findings({"Type": "Parallel", "End": True, "Branches": [inner]}) == [
        "DUPLICATE_STATE_NAME: Duplicate State name: S at /States/S/Branches[0]/States/S"
    ]


def test_express_reaches_into_branches():
    resource = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
    branch = {"StartAt": "B", "States": {"B": {"Type": "Task", "Resource": resource, "End": True}}}
    [finding] = state_findings({"Type": "Parallel", "End": True, "Branches": [branch]}, type="EXPRESS")
    assert finding.endswith(" at /States/S/Branches[0]/States/B/Resource")


def test_compiled():
    second = {"StartAt": "C", "States": {"C": {"Type": "Pass", "Next": "D"}, "D": {"Type": "Fail"}}, "Comment": "two"}
    parallel = {"Type": "Parallel", "Branches": [BRANCH, second], "Next": "Z", "Catch": [], "Retry": []}
    machine = machine_of({"StartAt": "S", "States": {"S": parallel, "Z": {"Type": "Succeed"}}})
    state = machine.states["S"]
    assert [flow.number for flow in machine.flows] == [0, 1, 2] and machine.flow is machine.flows[0]
    assert state.branches == machine.flows[1:]
    assert state.branches[1].start.name == "C" and state.branches[1].start.next is state.branches[1].states["D"]
    assert state.branches[1].comment == "two" and state.branches[0].comment is None
    assert {name: found.number for name, found in machine.states.items()} == {"S": 0, "Z": 4, "B": 1, "C": 2, "D": 3}
    assert (state.parameters, state.result_selector, state.result_path, state.retry, state.catch) == (
        None, None, None, (), ()
    )  # fmt: skip
    assert state_of(parallel).next.name == "Z"
