"""Choice: findings, rules and how they combine."""

import pytest

from stepwell.query.failures import QueryError
from tests.asl.definitions import findings, machine_of, scope, state_findings

RULE = {"Variable": "$.a", "IsPresent": True, "Next": "Z"}
FINDINGS = [
    ({"Choices": [RULE]}, []),
    ({"Choices": []}, ["Value cannot be empty at /States/S/Choices"]),
    ({}, ["These fields are required: [Choices] at /States/S"]),
    ({"Choices": [5]}, ["Expected value of type Object at /States/S/Choices[0]"]),
    ({"Choices": [RULE], "End": True}, ["Field 'End' is not supported at /States/S"]),
    (
        {"Choices": [{"Variable": "$.a", "IsPresent": True}]},
        ["These fields are required: [Next] at /States/S/Choices[0]"],
    ),
    ({"Choices": [{"Variable": "$.a", "Next": "Z"}]}, ["One comparison operator is required at /States/S/Choices[0]"]),
    (
        {"Choices": [{**RULE, "IsNull": True}]},
        ["Only one comparison operator is allowed at /States/S/Choices[0]"],
    ),
    (
        {"Choices": [{"IsNull": True, "Next": "Z"}]},
        ["These fields are required: [Variable] at /States/S/Choices[0]"],
    ),
    ({"Choices": [{**RULE, "Variable": 1}]}, ["Expected value of type String at /States/S/Choices[0]/Variable"]),
    ({"Choices": [{**RULE, "IsPresent": 1}]}, ["Expected value of type Boolean at /States/S/Choices[0]/IsPresent"]),
    (
        {"Choices": [{"Variable": "$.a", "StringEquals": 1, "Next": "Z"}]},
        ["Expected value of type String at /States/S/Choices[0]/StringEquals"],
    ),
    (
        {"Choices": [{"Variable": "$.a", "NumericLessThan": "1", "Next": "Z"}]},
        ["Expected value of type Number at /States/S/Choices[0]/NumericLessThan"],
    ),
    (
        {"Choices": [{"Variable": "$.a", "TimestampEquals": "today", "Next": "Z"}]},
        ["String does not match RFC3339 timestamp at /States/S/Choices[0]/TimestampEquals"],
    ),
    (
        {"Choices": [{"Variable": "$.a", "StringEqualsPath": 1, "Next": "Z"}]},
        ["Expected value of type String at /States/S/Choices[0]/StringEqualsPath"],
    ),
    ({"Choices": [{"And": [], "Next": "Z"}]}, ["Value cannot be empty at /States/S/Choices[0]/And"]),
    ({"Choices": [{"Or": {}, "Next": "Z"}]}, ["Expected value of type Array at /States/S/Choices[0]/Or"]),
    ({"Choices": [{"Or": [1], "Next": "Z"}]}, ["Expected value of type Object at /States/S/Choices[0]/Or[0]"]),
    ({"Choices": [{"Not": 1, "Next": "Z"}]}, ["Expected value of type Object at /States/S/Choices[0]/Not"]),
    (
        {"Choices": [{"And": [RULE], "Next": "Z"}]},
        ["Field 'Next' is not supported at /States/S/Choices[0]/And[0]"],
    ),
    (
        {"Choices": [RULE, {"Not": {"Variable": "$.a"}, "Next": "Z"}]},
        ["One comparison operator is required at /States/S/Choices[1]/Not"],
    ),
    (
        {"Choices": [{**RULE, "Condition": "{% true %}"}]},
        [
            "The QueryLanguage is set to 'JSONPath', but field 'Condition' is only supported for the 'JSONata' "
            "QueryLanguage at /States/S/Choices[0]"
        ],
    ),
    (
        {"Choices": [{**RULE, "Assign": 1}]},
        ["Expected value of type Object at /States/S/Choices[0]/Assign"],
    ),
]


@pytest.mark.parametrize(("fields", "expected"), FINDINGS)
def test_findings(fields, expected):
    assert state_findings({"Type": "Choice", "Default": "Z", **fields}) == expected


def test_missing_targets():
    choice = {"Type": "Choice", "Choices": [RULE, {**RULE, "Next": "X"}], "Default": "Y"}
    assert state_findings(choice) == [
        "MISSING_TRANSITION_TARGET: Missing 'Next' target: X at /States/S/Choices[1]/Next",
        "MISSING_TRANSITION_TARGET: Missing 'Next' target: Y at /States/S/Default",
    ]


def test_jsonata_rules():
    choice = {"Type": "Choice", "Choices": [{"Condition": "{% true %}", "Next": "Z", "Output": 1}], "Default": "Z"}
    machine = {"StartAt": "S", "QueryLanguage": "JSONata", "States": {"S": choice, "Z": {"Type": "Succeed"}}}
    assert findings(machine) == []
    [rule] = machine_of(machine).states["S"].rules
    assert (rule.condition.field, rule.output.field, rule.output.source) == (
        "Choices[0]/Condition",
        "Choices[0]/Output",
        1,
    )
    choice["Choices"][0]["Condition"] = "yes"
    assert findings(machine) == ["Expected value of type Boolean at /States/S/Choices[0]/Condition"]
    choice["Choices"][0].pop("Condition")
    assert findings(machine) == ["These fields are required: [Condition] at /States/S/Choices[0]"]


def test_rules_are_bounded_in_depth():
    rule = {"Variable": "$.a", "IsNull": True}
    for _ in range(60):
        rule = {"Not": {"And": [{"Or": [rule]}]}}
    [finding] = state_findings({"Type": "Choice", "Choices": [{**rule, "Next": "Z"}]})
    assert finding.startswith("Rules can be nested at most 64 levels deep at /States/S/Choices[0]/Not/And[0]")


def rules(*tests):
    choices = [{**test, "Next": "Z"} for test in tests]
    machine = machine_of(
        {"StartAt": "S", "States": {"S": {"Type": "Choice", "Choices": choices}, "Z": {"Type": "Succeed"}}}
    )
    state = machine.states["S"]
    assert state.default is None and all(rule.next is machine.states["Z"] for rule in state.rules)
    return [rule.test for rule in state.rules]


A = {"Variable": "$.a", "IsPresent": True}
A_IS_1 = {"Variable": "$.a", "NumericEquals": 1}
B_IS_1 = {"Variable": "$.b", "NumericEquals": 1}


@pytest.mark.parametrize(
    ("rule", "value", "expected"),
    [
        ({"And": [A, A_IS_1]}, {"a": 1}, True),
        ({"And": [A, A_IS_1]}, {"a": 2}, False),
        ({"And": [A, A_IS_1]}, {}, False),
        ({"Or": [A, B_IS_1]}, {"a": 1}, True),
        ({"Or": [B_IS_1, A_IS_1]}, {"a": 1, "b": 2}, True),
        ({"Or": [B_IS_1, A_IS_1]}, {"a": 3, "b": 2}, False),
        ({"Not": A}, {}, True),
        ({"Not": {"Not": A}}, {}, False),
        ({"And": [{"Or": [B_IS_1, {"Not": A_IS_1}]}, A]}, {"a": 2, "b": 5}, True),
    ],
)
def test_combinations(rule, value, expected):
    [test] = rules(rule)
    assert test(scope(value)) is expected


def test_a_missing_variable_fails():
    [test] = rules({"And": [A_IS_1, A]})
    with pytest.raises(QueryError) as caught:
        test(scope({}))
    assert caught.value.error == "States.Runtime"
    assert caught.value.cause == "Invalid path '$.a': The choice state's condition path references an invalid value."
