"""Fields of JSONata states: locations, codes and texts of what AWS refuses, and which expressions are dear."""

from random import Random

import pytest

from stepwell.query.jsonata import JsonataScope
from tests.asl.definitions import definition_of, findings, state_findings, state_of

TOP = "UNSUPPORTED_JSONATA_EXPRESSION: Reference to '{}' at the top level is not supported. at /States/S/{}"
FAULTS = [  # (fields of a Pass state, findings): codes and texts measured
    ({"Output": "{% 1 + %}"}, ["INVALID_JSONATA_EXPRESSION: Unexpected end of expression at /States/S/Output"]),
    (
        {"Output": {"a": [1, {"b": "{% 'x %}"}]}},
        [
            "INVALID_JSONATA_EXPRESSION: String literal must be terminated by a matching quote "
            "at /States/S/Output/a[1]/b"
        ],
    ),
    ({"Output": {"v": "{% phone %}"}}, [TOP.format("phone", "Output/v")]),
    ({"Output": "{% a & b & a %}"}, [TOP.format("a", "Output"), TOP.format("b", "Output")]),
    ({"Output": "{% $$ %}"}, [TOP.format("$$", "Output")]),
    ({"Assign": {"x": "{% $ %}"}}, [TOP.format("$", "Assign/x")]),
    ({"Output": "{% [1,2].($ + 1) %}"}, []),
    ({"Output": " {% not one %}"}, []),
    ({"Output": "{%x%} and more"}, []),
    ({"Output": {"{% 1 + %}": 1}}, []),
    ({"Output": None}, []),
]


@pytest.mark.parametrize(("fields", "expected"), FAULTS)
def test_faults(fields, expected):
    assert state_findings({"Type": "Pass", "QueryLanguage": "JSONata", **fields, "End": True}) == expected


def test_faults_in_inner_flows_have_their_whole_path():
    inner = {"StartAt": "A/B", "States": {"A/B": {"Type": "Pass", "Output": "{% no %}", "End": True}}}
    state = {"Type": "Parallel", "Branches": [inner], "End": True}
    [finding] = findings(definition_of(state, QueryLanguage="JSONata"))
    assert finding.endswith(" at /States/S/Branches[0]/States/A/B/Output")


def test_jsonpath_states_hold_no_expressions():
    assert state_findings({"Type": "Pass", "Parameters": {"a": "{% 1 + %}"}, "End": True}) == []
    [finding] = state_findings({"Type": "Pass", "Output": "{% 1 %}", "End": True})
    assert finding.startswith("The QueryLanguage is set to 'JSONPath', but field 'Output' is only supported for")


def data(**variables):
    return JsonataScope({"n": 2}, dict, variables, Random(1), 0)


def test_fields_are_named_by_their_path_in_the_state():
    catch = [{"ErrorEquals": ["E"], "Next": "Z", "Output": "{% $e %}"}]
    state = state_of(
        {
            "Type": "Task",
            "QueryLanguage": "JSONata",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Arguments": {"a": ["{% $states.input.n %}", "{% $map([1], function($x) { $x }) %}"]},
            "Output": [1],
            "Catch": catch,
            "End": True,
        }
    )
    arguments = state.arguments
    assert arguments.field == "Arguments" and not arguments.constant
    assert [part.location for part in arguments.dear] == ["Arguments/a[1]"]
    assert arguments.payload(data()).text == '{"a":[2,1]}' and arguments.read(data()) == {"a": [2, 1]}
    assert state.catch[0].output.field == "Catch[0]/Output"
    assert state.output.constant and state.output.dear == () and repr(state.output) == "Evaluated('Output')"
    assert state.output.payload(data()).text == "[1]"


def test_an_evaluable_field_takes_a_value_or_an_expression():
    wait = {"Type": "Wait", "QueryLanguage": "JSONata", "End": True}
    assert state_of({**wait, "Timestamp": "{% $t %}"}).evaluated_timestamp.field == "Timestamp"
    assert state_findings({**wait, "Timestamp": "soon"}) == [
        "String does not match RFC3339 timestamp at /States/S/Timestamp"
    ]
    fail = state_of({"Type": "Fail", "QueryLanguage": "JSONata", "Error": "E", "Cause": "{% $c %}"})
    assert (fail.error, fail.evaluated_error, fail.cause, fail.evaluated_cause.field) == ("E", None, None, "Cause")
    each = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
    map_ = {"Type": "Map", "QueryLanguage": "JSONata", "ItemProcessor": each, "End": True}
    made = state_of({**map_, "MaxConcurrency": "{% 2 %}", "ToleratedFailureCount": "{% 1 %}", "Items": [1, "{% 2 %}"]})
    assert (made.max_concurrency, made.evaluated_max_concurrency.field) == (0, "MaxConcurrency")
    assert (made.items.field, made.items.read(data())) == ("Items", [1, 2])
    assert state_findings({**map_, "Items": {"a": 1}}) == ["Expected value of type Array at /States/S/Items"]
    config = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
    distributed = {**map_, "ItemProcessor": {**map_["ItemProcessor"], **config}}
    assert state_findings({**distributed, "Items": {"a": "{% 1 %}"}}) == []


def test_credentials():
    task = {"Type": "Task", "QueryLanguage": "JSONata", "Resource": "arn:aws:states:::lambda:invoke", "End": True}
    assert state_of({**task, "Credentials": "{% $r %}"}).credentials.field == "Credentials"
    missing = ["The field 'RoleArn' is required but was missing at /States/S/Credentials"]
    assert state_findings({**task, "Credentials": {"RoleArn.$": "$.r"}}) == missing
    assert state_findings({**task, "Credentials": "r"}) == ["Expected value of type Object at /States/S/Credentials"]
