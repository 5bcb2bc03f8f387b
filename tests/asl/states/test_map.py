"""Map: findings and compiled form."""

import pytest

from tests.asl.definitions import findings, scope, state_findings, state_of

FLOW = {"StartAt": "B", "States": {"B": {"Type": "Pass", "End": True}}}
INLINE = {**FLOW, "ProcessorConfig": {"Mode": "INLINE"}}
DISTRIBUTED = {**FLOW, "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
FINDINGS = [
    ({"ItemProcessor": INLINE}, []),
    ({"Iterator": FLOW, "Parameters": {"i.$": "$$.Map.Item.Value"}}, []),
    ({}, ["One of these fields is required: [ItemProcessor, Iterator] at /States/S"]),
    (
        {"ItemProcessor": {**FLOW, "States": {"C": {"Type": "Pass", "End": True}}, "StartAt": "C"}, "Iterator": FLOW},
        ["Only one of these fields is allowed: [ItemProcessor, Iterator] at /States/S"],
    ),
    (
        {"Iterator": FLOW, "Parameters": {}, "ItemSelector": {}},
        ["Only one of these fields is allowed: [ItemSelector, Parameters] at /States/S"],
    ),
    ({"ItemProcessor": 1}, ["Expected value of type Object at /States/S/ItemProcessor"]),
    (
        {"ItemProcessor": {**FLOW, "QueryLanguage": "JSONata"}},
        ["Field 'QueryLanguage' is not supported at /States/S/ItemProcessor"],
    ),
    (
        {"ItemProcessor": {**FLOW, "ProcessorConfig": {"Mode": "OTHER"}}},
        [
            "The field 'Mode' should have one of these values: [INLINE, DISTRIBUTED] "
            "at /States/S/ItemProcessor/ProcessorConfig/Mode"
        ],
    ),
    (
        {"ItemProcessor": {**FLOW, "ProcessorConfig": {"Mode": "DISTRIBUTED"}}},
        ["These fields are required: [ExecutionType] at /States/S/ItemProcessor/ProcessorConfig"],
    ),
    ({"ItemProcessor": {**FLOW, "ProcessorConfig": {}}}, []),
    (
        {
            "ItemProcessor": INLINE,
            "ResultWriter": {"WriterConfig": {"Transformation": "NONE", "OutputType": "JSON"}},
            "Label": "x",
        },
        [
            "Field 'ResultWriter' is only supported for a Map state in DISTRIBUTED mode at /States/S",
            "Field 'Label' is only supported for a Map state in DISTRIBUTED mode at /States/S",
        ],
    ),
    ({"ItemProcessor": INLINE, "ToleratedFailurePercentage": 5}, []),
    (
        {"ItemProcessor": INLINE, "ToleratedFailurePercentage": 101},
        ["Maximum value is 100 at /States/S/ToleratedFailurePercentage"],
    ),
    (
        {"ItemProcessor": INLINE, "ToleratedFailurePercentage": "x"},
        ["Expected value of type Number at /States/S/ToleratedFailurePercentage"],
    ),
    ({"ItemProcessor": INLINE, "MaxConcurrency": -1}, ["Minimum value is 0 at /States/S/MaxConcurrency"]),
    (
        {"ItemProcessor": INLINE, "MaxConcurrency": 1, "MaxConcurrencyPath": "$.n"},
        ["Only one of these fields is allowed: [MaxConcurrency, MaxConcurrencyPath] at /States/S"],
    ),
    (
        {"ItemProcessor": INLINE, "Items": []},
        [
            "The QueryLanguage is set to 'JSONPath', but field 'Items' is only supported for the 'JSONata' "
            "QueryLanguage at /States/S"
        ],
    ),
]


@pytest.mark.parametrize(("fields", "expected"), FINDINGS)
def test_findings(fields, expected):
    assert state_findings({"Type": "Map", "End": True, **fields}) == expected


def test_express_has_no_distributed_map():
    [finding] = state_findings({"Type": "Map", "End": True, "ItemProcessor": DISTRIBUTED}, type="EXPRESS")
    assert finding == (
        "Express state machine does not support a Map state in DISTRIBUTED mode "
        "at /States/S/ItemProcessor/ProcessorConfig"
    )


def test_express_children_of_a_standard_machine_obey_express_rules():
    resource = "arn:aws:states:::states:startExecution.sync"
    states = {"B": {"Type": "Task", "Resource": resource, "End": True}}
    config = {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}
    processor = {"StartAt": "B", "States": states, "ProcessorConfig": config}
    [finding] = state_findings({"Type": "Map", "End": True, "ItemProcessor": processor})
    assert finding == (
        "Express state machine does not support '.sync' service integration "
        "at /States/S/ItemProcessor/States/B/Resource"
    )


def test_a_map_does_not_hand_down_its_query_language():
    inner = {"StartAt": "B", "States": {"B": {"Type": "Pass", "Parameters": {}, "End": True}}}
    state = {"Type": "Map", "QueryLanguage": "JSONata", "ItemProcessor": inner, "End": True}
    assert state_findings(state) == []
    assert state_of(state).processor.start.is_jsonata is False
    machine = {"StartAt": "S", "QueryLanguage": "JSONata", "States": {"S": {"Type": "Map", "ItemProcessor": inner, "End": True}}}  # fmt: skip
    [finding] = findings(machine)
    assert finding.startswith("The QueryLanguage is set to 'JSONata', but field 'Parameters'")


def test_compiled():
    state = state_of({
        "Type": "Map",
        "ItemsPath": "$.items",
        "ItemSelector": {"v.$": "$$.Map.Item.Value"},
        "ItemProcessor": INLINE,
        "MaxConcurrency": 3,
        "ResultSelector": {"n.$": "States.ArrayLength($)"},
        "End": True,
    })  # fmt: skip
    assert state.processor.start.name == "B" and state.processor.config.mode == "INLINE"
    assert state.processor.config.execution_type is None
    assert state.items_path.read(scope({"items": [1]})) == [1]
    assert state.item_selector.evaluate(scope({}, {"Map": {"Item": {"Value": 4}}})) == {"v": 4}
    assert (state.max_concurrency, state.max_concurrency_path) == (3, None)
    assert state.result_selector.evaluate(scope([1, 2])) == {"n": 2}


def test_compiled_legacy_and_defaults():
    state = state_of({"Type": "Map", "Iterator": FLOW, "Parameters": {"a": 1}, "ItemsPath": "$", "End": True})
    assert state.processor.start.name == "B" and state.processor.config is None
    assert state.item_selector.evaluate(scope({})) == {"a": 1}
    assert (state.items_path, state.max_concurrency, state.retry, state.catch) == (None, 0, (), ())
    bare = state_of({"Type": "Map", "ItemProcessor": FLOW, "MaxConcurrencyPath": "$.n", "End": True})
    assert bare.item_selector is None and bare.result_selector is None and bare.result_path is None
    assert bare.max_concurrency_path.text == "$.n"
    assert (bare.tolerated_failure_count, bare.tolerated_failure_percentage) == (None, None)
