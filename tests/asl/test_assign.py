"""Assign: names, places and what its values may look at."""

import pytest

from stepwell.asl.assign import assigned_names
from tests.asl.definitions import definition_of, findings, scope, state_findings, state_of

NAMES = [
    ("x", None),
    ("größe", None),
    ("数", None),
    ("a_1", None),
    ("x" * 80, None),
    ("x" * 81, f"The variable name '{'x' * 80}...' has more than 80 characters"),
    ("", "The variable name '' is not a valid identifier"),
    ("_x", "The variable name '_x' is not a valid identifier"),
    ("1x", "The variable name '1x' is not a valid identifier"),
    ("$x", "The variable name '$x' is not a valid identifier"),
    ("x.y", "The variable name 'x.y' is not a valid identifier"),
    ("x[0]", "The variable name 'x[0]' is not a valid identifier"),
    ("a b", "The variable name 'a b' is not a valid identifier"),
    ("states", "The variable name 'states' is reserved"),
]


@pytest.mark.parametrize(("name", "fault"), NAMES)
@pytest.mark.parametrize(("language", "suffix"), [("JSONPath", ""), ("JSONPath", ".$"), ("JSONata", "")])
def test_names(name, fault, language, suffix):
    state = {"Type": "Pass", "QueryLanguage": language, "Assign": {name + suffix: "$.v" if suffix else 1}, "End": True}
    assert state_findings(state) == ([] if fault is None else [f"{fault} at /States/S/Assign"])


def test_a_suffix_is_part_of_the_name_in_jsonata():
    [finding] = state_findings({"Type": "Pass", "QueryLanguage": "JSONata", "Assign": {"x.$": "$.v"}, "End": True})
    assert finding.startswith("The variable name 'x.$'")


def test_one_name_is_set_once():
    assert state_findings({"Type": "Pass", "Assign": {"x": 1, "x.$": "$.v"}, "End": True}) == [
        "The fields 'x' and 'x.$' cannot both be given at /States/S/Assign"
    ]


@pytest.mark.parametrize("state", [{"Type": "Succeed"}, {"Type": "Fail"}])
def test_states_that_end_assign_nothing(state):
    assert state_findings({**state, "Assign": {}}) == ["Field 'Assign' is not supported at /States/S"]


def test_compiled():
    jsonpath = state_of({"Type": "Pass", "Assign": {"x": 1, "y.$": "$.v", "z": {"w.$": "$var"}}, "End": True})
    assert jsonpath.assign.evaluate(scope({"v": 2}, None, {"var": 3})) == {"x": 1, "z": {"w": 3}, "y": 2}
    assert assigned_names(jsonpath.assign) == ("x", "y", "z")
    jsonata = state_of({"Type": "Pass", "QueryLanguage": "JSONata", "Assign": {"b": 1, "a": "{% 2 %}"}, "End": True})
    assert (jsonata.assign.field, assigned_names(jsonata.assign)) == ("Assign", ("b", "a"))
    assert assigned_names(None) == ()


RESULT = "{% $states.result %}"
ERROR = "{% $states.errorOutput %}"
REFUSED = "UNSUPPORTED_JSONATA_EXPRESSION: Reference to '$states.{}' is not supported. at /States/S/{}"
TASK = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Next": "Z"}
MEMBERS = [
    ({**TASK, "Assign": {"x": RESULT}, "Output": RESULT}, []),
    ({**TASK, "Output": ERROR}, [("errorOutput", "Output")]),
    ({**TASK, "Arguments": {"a": [RESULT]}}, [("result", "Arguments/a[0]")]),
    ({**TASK, "Catch": [{"ErrorEquals": ["E"], "Next": "Z", "Output": ERROR, "Assign": {"e": ERROR}}]}, []),
    ({**TASK, "Catch": [{"ErrorEquals": ["E"], "Next": "Z", "Output": RESULT}]}, [("result", "Catch[0]/Output")]),
    ({"Type": "Pass", "Output": RESULT, "Next": "Z"}, [("result", "Output")]),
    ({"Type": "Wait", "Seconds": RESULT, "Next": "Z"}, [("result", "Seconds")]),
    ({"Type": "Fail", "Cause": ERROR}, [("errorOutput", "Cause")]),
    ({"Type": "Pass", "Output": "{% $states %}", "Next": "Z"}, []),
]


@pytest.mark.parametrize(("state", "refused"), MEMBERS)
def test_where_results_and_errors_can_be_read(state, refused):
    """AWS refuses them elsewhere when the machine is created (measured)."""
    assert findings(definition_of(state, QueryLanguage="JSONata")) == [REFUSED.format(*one) for one in refused]
