"""The graph of a definition: targets, ends, reachability, and the order in which faults are told."""

import pytest

from tests.asl.definitions import definition_of, findings, machine_of

END = {"Type": "Pass", "End": True}
TARGET = "MISSING_TRANSITION_TARGET"


def to(name):
    return {"Type": "Pass", "Next": name}


FINDINGS = [
    ({"StartAt": "A", "States": {"A": END}}, []),
    ({"StartAt": "X", "States": {"A": END}}, [
        f"{TARGET}: Missing 'Next' target: X at /StartAt",
        f'{TARGET}: State "A" is not reachable. at /States/A',
    ]),
    ({"StartAt": "A", "States": {"A": to("B"), "B": END}}, []),
    (
        {"StartAt": "A", "States": {"A": to("A")}},
        ["MISSING_END_STATE: Workflow has no terminal state at None"],
    ),
    ({"StartAt": "A", "States": {"A": to("A"), "B": END}}, [f'{TARGET}: State "B" is not reachable. at /States/B']),
    ({"StartAt": "A", "States": {"A": to("X")}}, [
        f"{TARGET}: Missing 'Next' target: X at /States/A/Next",
        "MISSING_END_STATE: Workflow has no terminal state at None",
    ]),
    ({"StartAt": "A", "States": {"A": END, "B": to("C"), "C": to("B")}}, [
        f'{TARGET}: State "B" is not reachable. at /States/B',
        f'{TARGET}: State "C" is not reachable. at /States/C',
    ]),
    ({"StartAt": "A", "States": {"A": {"Type": "Fail"}}}, []),
    ({"StartAt": "A", "States": {"A": {**END, "Foo": 1}, "B": END, "C": to("X")}}, [
        "Field 'Foo' is not supported at /States/A",
        f"{TARGET}: Missing 'Next' target: X at /States/C/Next",
        f'{TARGET}: State "B" is not reachable. at /States/B',
        f'{TARGET}: State "C" is not reachable. at /States/C',
    ]),
    ({"StartAt": "A", "States": {"A": {"Type": "Nope"}, "B": END}}, [
        "The field 'Type' should have one of these values: [Task, Wait, Pass, Succeed, Fail, Choice, Parallel, Map] "
        "at /States/A/Type",
    ]),
    ({"StartAt": "A", "States": {"A": {}, "B": END}}, ["These fields are required: [Type] at /States/A"]),
    ({"StartAt": "A", "States": {"A": [], "B": END}}, ["Expected value of type Object at /States/A"]),
    ({"StartAt": "A", "States": {"A": to("B"), "B": {"Type": "Pass"}, "C": END}}, [
        "One of these fields is required: [Next, End] at /States/B",
    ]),
    ({"StartAt": "A", "States": {}}, [
        "Value cannot be empty at /States",
        f"{TARGET}: Missing 'Next' target: A at /StartAt",
    ]),
    ({"StartAt": "A", "States": []}, ["Expected value of type Object at /States"]),
    ({"StartAt": 1, "States": {"A": END}}, [
        "Expected value of type String at /StartAt",
        f'{TARGET}: State "A" is not reachable. at /States/A',
    ]),
    ({"States": {"A": END}}, ["These fields are required: [StartAt] at /"]),
    ({"StartAt": "A"}, ["These fields are required: [States] at /"]),
    ({}, ["These fields are required: [States, StartAt] at /"]),
    ({"StartAt": "A", "States": {"A": END}, "X": 1, "Version": "2"}, [
        "Field 'X' is not supported at /",
        "The field 'Version' should have one of these values: [1.0] at /Version",
    ]),
    ({"StartAt": "A", "States": {"A": END}, "TimeoutSeconds": 0}, ["Minimum value is 1 at /TimeoutSeconds"]),
    ({"StartAt": "A", "States": {"A": {**END, "QueryLanguage": "JSONPath"}}, "QueryLanguage": "JSONata"}, [
        "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine at /States/A",
    ]),
    ({"StartAt": "A", "States": {"A": END}, "QueryLanguage": "jsonata"}, [
        "The field 'QueryLanguage' should have one of these values: [JSONPath, JSONata] at /QueryLanguage",
    ]),
    ({"StartAt": "A", "States": {"A": {**END, "QueryLanguage": "JSONata"}}, "QueryLanguage": "JSONata"}, []),
    ({"StartAt": "A", "States": {"A": END}, "QueryLanguage": "JSONata"}, []),
]  # fmt: skip


@pytest.mark.parametrize(("definition", "expected"), FINDINGS)
def test_findings(definition, expected):
    assert findings(definition) == expected


def test_state_names_are_bounded():
    name = "x" * 81
    [finding] = findings({"StartAt": name, "States": {name: END}})
    assert finding == f"State name must have 1 to 80 characters at /States/{'x' * 80}"
    assert findings({"StartAt": "", "States": {"": END}}) == ["State name must have 1 to 80 characters at /States/"]
    assert findings({"StartAt": "x" * 80, "States": {"x" * 80: END}}) == []


def test_catchers_and_branches_count_as_ways():
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "B"}],
        "End": True,
    }
    assert findings({"StartAt": "A", "States": {"A": task, "B": to("A")}}) == []
    branch = {"StartAt": "C", "States": {"C": END, "D": END}}
    assert findings(definition_of({"Type": "Parallel", "Branches": [branch], "End": True})) == [
        f'{TARGET}: State "D" is not reachable. at /States/S/Branches[0]/States/D'
    ]


def test_duplicates_come_before_targets():
    branch = {"StartAt": "A", "States": {"A": to("X")}}
    parallel = {"Type": "Parallel", "Branches": [branch], "Next": "Y"}
    assert findings({"StartAt": "P", "States": {"P": parallel, "A": END}}) == [
        "DUPLICATE_STATE_NAME: Duplicate State name: A at /States/P/Branches[0]/States/A",
        f"{TARGET}: Missing 'Next' target: Y at /States/P/Next",
        f"{TARGET}: Missing 'Next' target: X at /States/P/Branches[0]/States/A/Next",
        f'{TARGET}: State "A" is not reachable. at /States/A',
        "MISSING_END_STATE: Workflow has no terminal state at None",
    ]


def test_compiled():
    text = '{"Comment":"c","Version":"1.0","TimeoutSeconds":9,"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}'
    machine = machine_of(text)
    assert (machine.definition, machine.type, machine.query_language) == (text, "STANDARD", "JSONPath")
    assert (machine.timeout_s, machine.comment) == (9, "c")
    assert machine.flow.start is machine.states["A"] and machine.flow.states == machine.states
    assert machine_of({"StartAt": "A", "States": {"A": END}}, type="EXPRESS").timeout_s is None
