"""Pass: findings and compiled form."""

import pytest

from stepwell.asl.states.pass_ import Pass
from stepwell.asl.template import DISCARD
from tests.asl.definitions import definition_of, machine_of, scope, state_findings, state_of

FINDINGS = [
    ({"Type": "Pass", "End": True}, []),
    ({"Type": "Pass", "Result": 1, "Parameters": {}, "End": True}, []),
    ({"Type": "Pass"}, ["One of these fields is required: [Next, End] at /States/S"]),
    ({"Type": "Pass", "Next": "Z", "End": True}, ["Only one of these fields is allowed: [Next, End] at /States/S"]),
    ({"Type": "Pass", "Next": "Z", "End": False}, []),
    ({"Type": "Pass", "End": "yes"}, ["Expected value of type Boolean at /States/S/End"]),
    ({"Type": "Pass", "End": True, "Foo": 1}, ["Field 'Foo' is not supported at /States/S"]),
    ({"Type": "Pass", "End": True, "TimeoutSeconds": 1}, ["Field 'TimeoutSeconds' is not supported at /States/S"]),
    ({"Type": "Pass", "End": True, "Retry": []}, ["Field 'Retry' is not supported at /States/S"]),
    ({"Type": "Pass", "End": True, "Comment": 1}, ["Expected value of type String at /States/S/Comment"]),
    (
        {"Type": "Pass", "End": True, "Next": 1},
        [
            "Only one of these fields is allowed: [End, Next] at /States/S".replace("End, Next", "Next, End"),
            "Expected value of type String at /States/S/Next",
        ],
    ),
    ({"Type": "Pass", "End": True, "InputPath": 1}, ["Expected value of type String at /States/S/InputPath"]),
    ({"Type": "Pass", "End": True, "ResultPath": 1}, ["Expected value of type String at /States/S/ResultPath"]),
    ({"Type": "Pass", "End": True, "Parameters": 1}, ["Expected value of type Object at /States/S/Parameters"]),
    (
        {"Type": "Pass", "End": True, "Output": {}},
        [
            "The QueryLanguage is set to 'JSONPath', but field 'Output' is only supported for the 'JSONata' "
            "QueryLanguage at /States/S"
        ],
    ),
    (
        {"Type": "Pass", "QueryLanguage": "JSONata", "End": True, "InputPath": "$.a"},
        [
            "The QueryLanguage is set to 'JSONata', but field 'InputPath' is only supported for the 'JSONPath' "
            "QueryLanguage at /States/S"
        ],
    ),
    (
        {"Type": "Pass", "QueryLanguage": "jsonpath", "End": True},
        ["The field 'QueryLanguage' should have one of these values: [JSONPath, JSONata] at /States/S/QueryLanguage"],
    ),
    (
        {"Type": "Pass", "QueryLanguage": "JSONata", "Output": {"v": ["{% 1 %}", "{% 1 + %}"]}, "End": True},
        ["INVALID_JSONATA_EXPRESSION: Unexpected end of expression at /States/S/Output/v[1]"],
    ),
    (
        {"Type": "Pass", "Assign": [], "End": True},
        ["Expected value of type Object at /States/S/Assign"],
    ),
]


@pytest.mark.parametrize(("state", "expected"), FINDINGS)
def test_findings(state, expected):
    assert state_findings(state) == expected


def test_paths_must_be_paths():
    [finding] = state_findings({"Type": "Pass", "End": True, "InputPath": "a"})
    assert finding.startswith("Value is not a valid JSONPath: ") and finding.endswith(" at /States/S/InputPath")


@pytest.mark.parametrize("path", ["$.a[*]", "$..a", "$.a[0,1]", "$.a[1:2]", "$.a[?(@.b)]", "$$.a", "$name", "a"])
def test_result_path_must_be_a_reference_path(path):
    [finding] = state_findings({"Type": "Pass", "End": True, "ResultPath": path})
    assert finding.startswith("Value is not a Reference Path: ") and finding.endswith(" at /States/S/ResultPath")


def test_compiled():
    state = state_of({
        "Type": "Pass",
        "Comment": "hands on",
        "InputPath": "$.in",
        "Parameters": {"x.$": "$.a"},
        "Result": {"b": 1.00, "a": [1]},
        "ResultPath": "$.r",
        "OutputPath": "$.out",
        "Next": "Z",
    })  # fmt: skip
    assert isinstance(state, Pass)
    assert (state.name, state.type, state.number, state.comment, state.ends) == ("S", "Pass", 0, "hands on", False)
    assert state.next.name == "Z" and state.next.number == 1
    assert state.result.text == '{"b":1.0,"a":[1]}'
    assert state.parameters.evaluate(scope({"a": 5})) == {"x": 5}
    assert state.input_path.read(scope({"in": 2})) == 2
    assert state.output_path.text == "$.out"
    assert state.result_path.write({"q": 1}, 2) == {"q": 1, "r": 2}
    assert repr(state) == "<Pass S>"


def test_defaults():
    state = state_of(
        {"Type": "Pass", "End": True, "Result": None, "InputPath": "$", "OutputPath": "$", "ResultPath": "$"}
    )
    assert (state.result, state.parameters, state.input_path, state.output_path) == (None, None, None, None)
    assert (state.result_path, state.next, state.comment) == (None, None, None)


def test_null_paths():
    state = state_of({"Type": "Pass", "End": True, "InputPath": None, "OutputPath": None, "ResultPath": None})
    assert state.input_path.read(scope([1])) == {} and state.output_path.read(scope([1])) == {}
    assert state.input_path.paths == ()
    assert state.result_path is DISCARD and repr(DISCARD) == "DISCARD"


def test_states_are_slotted():
    machine = machine_of(definition_of({"Type": "Pass", "End": True}))
    for holder in (machine, machine.flow, machine.states["S"]):
        assert not hasattr(holder, "__dict__")
