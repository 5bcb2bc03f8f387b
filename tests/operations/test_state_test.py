"""TestState: what AWS was recorded to answer, and that real work is done where none is mocked."""

import json
from typing import Any

import pytest

from stepwell.engine.failure import Failure
from stepwell.integrations.http.connection import Additions, Connection
from stepwell.integrations.http.egress import Egress, read_networks
from stepwell.integrations.http.endpoint import HttpIntegration
from stepwell.payload import Payload
from tests.integrations.fake_aws import fake_aws
from tests.operations.conftest import ROLE, Server
from tests.runtime.world import Script

INVOKE = "arn:aws:states:::lambda:invoke"
TASK = {"Type": "Task", "Resource": INVOKE, "Parameters": {"FunctionName": "f", "Payload.$": "$.p"}, "Next": "N"}
PASS = {"Type": "Pass", "End": True}
ITEMS = {"StartAt": "I", "States": {"I": PASS}}
MAP = {"Type": "Map", "ItemsPath": "$.v", "ItemProcessor": ITEMS, "End": True}
PARALLEL = {"Type": "Parallel", "Branches": [{"StartAt": n, "States": {n: PASS}} for n in "AB"], "End": True}
RETRY = {"Retry": [{"ErrorEquals": ["E"], "IntervalSeconds": 2, "MaxAttempts": 3}]}
CATCH = {"Catch": [{"ErrorEquals": ["X"], "Next": "X"}, {"ErrorEquals": ["E"], "ResultPath": "$.e", "Next": "H"}]}
DONE = {"result": '{"Payload":"1"}'}
BROKEN = {"errorOutput": {"error": "E", "cause": "c"}}


async def outcome(server: Server, definition: Any, given: Any = None, **members: Any) -> Any:
    text = json.dumps({} if given is None else given)
    return await server("TestState", definition=json.dumps(definition), input=text, **members)


async def refused(server: Server, definition: Any, **members: Any) -> tuple[str, str]:
    return await server.refusal("TestState", definition=json.dumps(definition), **members)


# Without a mock


async def test_a_pass_and_its_stages(server: Server):
    state = {"Type": "Pass", "InputPath": "$.a", "Parameters": {"x.$": "$.b"}, "ResultPath": "$.r", "Next": "N"}
    answer = await outcome(server, state, {"a": {"b": 1}}, inspectionLevel="DEBUG")
    out = '{"a":{"b":1},"r":{"x":1}}'
    assert answer == {
        "status": "SUCCEEDED",
        "output": out,
        "nextState": "N",
        "inspectionData": {
            "input": '{"a": {"b": 1}}',
            "afterInputPath": '{"b":1}',
            "afterParameters": '{"x":1}',
            "afterResultSelector": '{"x":1}',
            "afterResultPath": out,
        },
    }


async def test_stages_end_where_the_state_failed(server: Server):
    state = {"Type": "Pass", "Parameters": {"x.$": "$.no"}, "End": True}
    answer = await outcome(server, state, {"a": 1}, inspectionLevel="TRACE")
    assert answer["status"] == "FAILED"
    assert answer["cause"].startswith("The JSONPath '$.no' specified for the field 'x.$' could not be found")
    assert answer["inspectionData"].keys() == {"input", "afterInputPath"}


async def test_a_choice_says_where_it_goes(server: Server):
    rules = [{"Variable": "$.n", "NumericGreaterThan": 1, "Next": "Many"}]
    state = {"Type": "Choice", "Choices": rules, "Default": "Few"}
    assert (await outcome(server, state, {"n": 5}))["nextState"] == "Many"
    assert (await outcome(server, state, {"n": 0}))["nextState"] == "Few"


async def test_a_fail_state(server: Server):
    answer = await outcome(server, {"Type": "Fail", "Error": "E", "Cause": "c"}, inspectionLevel="DEBUG")
    assert answer == {
        "status": "FAILED",
        "error": "E",
        "cause": "c",
        "inspectionData": {"input": "{}", "afterInputPath": "{}"},
    }


async def test_a_wait_is_waited_for(make_server: Any):
    server: Server = await make_server(express_s_max=1)
    assert (await outcome(server, {"Type": "Wait", "Seconds": 0, "End": True}))["status"] == "SUCCEEDED"
    late = await outcome(server, {"Type": "Wait", "Seconds": 60, "End": True})
    assert (late["status"], late["error"]) == ("FAILED", "States.Timeout")


async def test_a_task_without_a_mock_is_performed(server: Server):
    script = Script()
    script.answer = lambda call: Payload('{"Payload":2}')
    server.registry.register("lambda", script)
    answer = await outcome(server, {**TASK, "ResultPath": "$.r"}, {"p": 1}, roleArn=ROLE, inspectionLevel="DEBUG")
    assert (answer["status"], answer["nextState"]) == ("SUCCEEDED", "N")
    assert json.loads(answer["output"]) == {"p": 1, "r": {"Payload": 2}}
    assert answer["inspectionData"]["result"] == '{"Payload":2}'
    assert json.loads(answer["inspectionData"]["afterParameters"]) == {"FunctionName": "f", "Payload": 1}
    assert script.performed[0].role_arn == ROLE
    script.answer = lambda call: Failure("E", "c")
    assert (await outcome(server, {**TASK, **RETRY}, {"p": 1}, roleArn=ROLE))["status"] == "RETRIABLE"


async def test_variables(server: Server):
    state = {"Type": "Pass", "Parameters": {"x.$": "$v.a"}, "Assign": {"w": 2}, "End": True}
    answer = await outcome(server, state, variables='{"v": {"a": 1}}', inspectionLevel="DEBUG")
    assert answer["output"] == '{"x":1}'
    assert json.loads(answer["inspectionData"]["variables"]) == {"v": {"a": 1}, "w": 2}
    code, _ = await refused(server, PASS, variables="[]")
    assert code == "ValidationException"


async def test_a_state_inside_a_whole_definition(server: Server):
    inner = {"StartAt": "I", "States": {"I": {"Type": "Pass", "Result": 7, "Next": "J"}, "J": PASS}}
    machine = {"StartAt": "M", "States": {"M": {"Type": "Map", "ItemProcessor": inner, "End": True}}}
    answer = await outcome(server, machine, stateName="I")
    assert (answer["output"], answer["nextState"]) == ("7", "J")
    missing = ("ValidationException", "State not found in definition")
    assert await refused(server, machine, stateName="Z") == missing
    assert await refused(server, PASS, stateName="Z") == missing


async def test_definition_errors_name_the_state(server: Server):
    code, message = await refused(server, {"Type": "Parallel", "Branches": [], "End": True}, mock={"result": "[]"})
    assert (code, message) == (
        "InvalidDefinition",
        "Invalid State Machine Definition: "
        "'SCHEMA_VALIDATION_FAILED: Value cannot be empty at /States/StateName/Branches'",
    )
    code, _ = await server.refusal("TestState", definition="{")
    assert code == "InvalidDefinition"


# With a mock


async def test_a_mocked_task(server: Server):
    answer = await outcome(server, {**TASK, "ResultSelector": {"r.$": "$.Payload"}}, {"p": 1}, mock=DONE)
    assert answer == {"status": "SUCCEEDED", "output": '{"r":"1"}', "nextState": "N"}


@pytest.mark.parametrize(
    "resource",
    [
        "arn:aws:states:us-east-1:123456789012:activity:a",
        "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "arn:aws:states:::glue:startJobRun.sync",
        "arn:aws:lambda:us-east-1:123456789012:function:f",
    ],
)
async def test_mocks_stand_for_every_kind_of_task(server: Server, resource: str):
    state = {"Type": "Task", "Resource": resource, "End": True}
    answer = await outcome(server, state, {"a": 1}, mock={"result": '{"x":1}'}, inspectionLevel="DEBUG")
    assert (answer["status"], answer["output"]) == ("SUCCEEDED", '{"x":1}')
    assert answer["inspectionData"]["afterParameters"] == '{"a": 1}'


async def test_a_mocked_error_meets_retry_then_catch(server: Server):
    state = {**TASK, **RETRY, **CATCH}

    async def after(used: int) -> Any:
        configuration = {"retrierRetryCount": used}
        return await outcome(
            server, state, {"p": 1}, mock=BROKEN, inspectionLevel="DEBUG", stateConfiguration=configuration
        )

    answer = await after(2)
    assert answer["status"] == "RETRIABLE"
    assert answer["inspectionData"]["errorDetails"] == {"retryIndex": 0, "retryBackoffIntervalSeconds": 8}
    assert "output" not in answer
    assert "result" not in answer["inspectionData"]
    answer = await after(3)
    assert (answer["status"], answer["nextState"], answer["error"]) == ("CAUGHT_ERROR", "H", "E")
    assert json.loads(answer["output"]) == {"p": 1, "e": {"Error": "E", "Cause": "c"}}
    assert answer["inspectionData"]["errorDetails"] == {"retryIndex": 0, "catchIndex": 1}


async def test_a_mocked_map(server: Server):
    state = {**MAP, "ToleratedFailurePercentage": 40, "MaxConcurrency": 2, "ItemSelector": {"n.$": "$$.Map.Item.Value"}}
    answer = await outcome(server, state, {"v": [1, 2]}, mock={"result": "[3, 4]"}, inspectionLevel="DEBUG")
    assert answer["output"] == "[3, 4]"
    assert answer["inspectionData"] == {
        "input": '{"v": [1, 2]}',
        "afterInputPath": '{"v": [1, 2]}',
        "afterItemsPath": "[1, 2]",
        "afterItemSelector": '[{"n":1}, {"n":2}]',
        "afterResultSelector": "[3, 4]",
        "afterResultPath": "[3, 4]",
        "maxConcurrency": 2,
        "toleratedFailurePercentage": 40.0,
    }


async def test_failures_of_a_mocked_map(server: Server):
    members = {"mock": {"result": "[3, 4]"}, "stateConfiguration": {"mapIterationFailureCount": 1}}
    borne = await outcome(server, {**MAP, "ToleratedFailureCount": 1}, {"v": [1, 2]}, **members)
    assert borne["status"] == "SUCCEEDED"
    failed = await outcome(server, {**MAP, "ToleratedFailureCount": 0}, {"v": [1, 2]}, **members)
    assert (failed["status"], failed["error"]) == ("FAILED", "States.ExceedToleratedFailureThreshold")
    text = json.dumps({"v": [1, 2, 3]})
    assert await refused(server, MAP, input=text, mock={"result": "[3, 4]"}) == (
        "ValidationException",
        "Input array does not equal the mocked result array's size",
    )
    members["stateConfiguration"] = {"mapIterationFailureCount": 4}
    assert await refused(server, MAP, input=text, **members) == (
        "ValidationException",
        "Map iteration failure count must be less than or equal to the number of Map iterations",
    )
    bad = await outcome(server, MAP, {"v": 1}, mock={"result": "[3, 4]"})
    assert (bad["status"], bad["error"]) == ("FAILED", "States.Runtime")


async def test_a_distributed_map_with_a_reader(server: Server):
    state = reading({"InputType": "JSON"})
    told = "ItemReader data must be specified when testing a Map state with ItemReader specified."
    assert await refused(server, state, mock={"result": "[1]"}) == ("ValidationException", told)
    configuration = {"mapItemReaderData": "[7, 8]"}
    answer = await outcome(server, state, mock={"result": "[1, 2]"}, stateConfiguration=configuration)
    assert answer["output"] == "[1, 2]"


def distributed(**more: Any) -> dict[str, Any]:
    config = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    return {**MAP, "ItemProcessor": {**ITEMS, "ProcessorConfig": config}, **more}


def pointing(pointer: str) -> dict[str, Any]:
    return reading({"InputType": "JSON", "ItemsPointer": pointer})


def reading(config: dict[str, Any], resource: str = "getObject") -> dict[str, Any]:
    parameters = {"Bucket": "b"} if resource == "listObjectsV2" else {"Bucket": "b", "Key": "k"}
    reader = {"Resource": f"arn:aws:states:::s3:{resource}", "ReaderConfig": config, "Parameters": parameters}
    state = distributed(ItemReader=reader, ItemSelector={"is.$": "$$.Map.Item.Value"})
    del state["ItemsPath"]
    return state


@pytest.mark.parametrize(
    "config, resource, data, items",
    [
        ({"InputType": "JSON"}, "getObject", '{"a": 1}', [{"Key": "a", "Value": 1}]),
        ({"InputType": "JSON", "MaxItems": 1}, "getObject", "[1, 2]", [1]),
        ({"InputType": "JSONL"}, "getObject", '1\n{"a": 2}\n', [1, {"a": 2}]),
        ({"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"}, "getObject", "a,b\n1,é\n", [{"a": "1", "b": "é"}]),
        (
            {"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["x"], "CSVDelimiter": "PIPE"},
            "getObject",
            "1|2\n",
            [{"x": "1"}],
        ),
        ({}, "listObjectsV2", '[{"Key": "k"}]', [{"Key": "k"}]),
        ({"InputType": "JSONL", "Transformation": "LOAD_AND_FLATTEN"}, "listObjectsV2", "1\n2", [1, 2]),
        ({"InputType": "PARQUET"}, "getObject", '[{"c": 1}]', [{"c": 1}]),
        ({"InputType": "MANIFEST"}, "getObject", '[{"Key": "k"}]', [{"Key": "k"}]),
        ({"ManifestType": "S3_INVENTORY"}, "getObject", '[{"Key": "k"}]', [{"Key": "k"}]),
        ({"ManifestType": "ATHENA_DATA", "InputType": "JSONL"}, "getObject", "1\n2", [1, 2]),
    ],
)
async def test_a_readers_data_are_read_as_its_source_would_be(
    server: Server, config: Any, resource: str, data: str, items: list[Any]
):
    members = {"mock": {"result": json.dumps(items)}, "stateConfiguration": {"mapItemReaderData": data}}
    answer = await outcome(server, reading(config, resource), inspectionLevel="DEBUG", **members)
    selected = json.loads(answer["inspectionData"]["afterItemSelector"])
    assert selected == [{"is": item} for item in items]


@pytest.mark.parametrize(
    "config, data, told",
    [
        ({"InputType": "JSON"}, "1", "Attempting to map over non-iterable node."),
        ({"InputType": "JSON"}, "[1", "not valid JSON"),
        ({"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"}, "a,a\n", "CSV headers cannot contain duplicates."),
        ({"InputType": "PARQUET"}, "PAR1", "not valid JSON"),
        ({"ManifestType": "S3_INVENTORY", "InputType": "MANIFEST"}, "1", "Attempting to map over non-iterable node."),
    ],
)
async def test_data_that_the_reader_cannot_read(server: Server, config: Any, data: str, told: str):
    members = {"mock": {"result": "[1]"}, "stateConfiguration": {"mapItemReaderData": data}}
    code, text = await refused(server, reading(config), **members)
    assert code == "ValidationException" and text.startswith("ItemReader data cannot be read: ") and told in text


async def test_how_many_items_are_read_may_come_from_the_input(server: Server):
    configuration = {"mapItemReaderData": "[1, 2, 3]"}
    state = reading({"InputType": "JSON", "MaxItemsPath": "$.most"})
    members = {"mock": {"result": "[1, 2]"}, "stateConfiguration": configuration}
    answer = await outcome(server, state, {"most": 2}, inspectionLevel="DEBUG", **members)
    assert answer["inspectionData"]["afterItemSelector"] == '[{"is":1}, {"is":2}]'
    assert await refused(server, state, input='{"most": 0}', **members) == (
        "ValidationException",
        "Input array does not equal the mocked result array's size",
    )
    answer = await outcome(server, state, {"most": -1}, **members)
    assert (answer["status"], answer["error"]) == ("FAILED", "States.ItemReaderFailed")
    assert answer["cause"] == "field MaxItems must be positive"
    reader = {
        "Resource": "arn:aws:states:::s3:getObject",
        "ReaderConfig": {"InputType": "JSON", "MaxItems": "{% $count([1..$states.input.most]) %}"},
        "Arguments": {"Bucket": "b", "Key": "k"},
    }
    state = jsonata_map(ItemReader=reader)
    del state["Items"]
    answer = await outcome(server, state, {"most": 2}, **members)
    assert (answer["status"], answer["output"]) == ("SUCCEEDED", "[1, 2]")


async def test_items_that_are_an_objects_members(server: Server):
    """Of a distributed Map only."""
    given, mock = {"v": {"a": 1}}, {"mock": {"result": "[1]"}}
    answer = await outcome(server, distributed(), given, inspectionLevel="DEBUG", **mock)
    assert (answer["output"], answer["inspectionData"]["afterItemsPath"]) == ("[1]", '{"a":1}')
    inline = await outcome(server, MAP, given, **mock)
    assert inline["cause"] == 'Reference path "$.v" must point to array.'
    state = jsonata_map()
    assert (await outcome(server, state, given, **mock))["output"] == "[1]"
    state["ItemProcessor"] = ITEMS
    inline = await outcome(server, state, given, **mock)
    assert (inline["status"], inline["error"]) == ("FAILED", "States.QueryEvaluationError")
    del state["Items"]
    inline = await outcome(server, state, given, **mock)
    assert inline["cause"] == 'Map state input must be an array but was: {"v": {"a": 1}}'


async def test_a_map_over_nothing_has_no_results(server: Server):
    for state in (MAP, distributed()):
        assert (await outcome(server, state, {"v": []}, mock={"result": "[]"}))["output"] == "[]"
        assert await refused(server, state, input='{"v": []}', mock={"result": "[1]"}) == (
            "ValidationException",
            "Input array does not equal the mocked result array's size",
        )


async def test_where_an_item_comes_from(server: Server):
    source = "$$.Map.Item.Source"
    selector = {"ItemSelector": {"from.$": source}}
    members = {"mock": {"result": "[1]"}, "inspectionLevel": "DEBUG"}
    answer = await outcome(server, distributed(**selector), {"v": [1]}, **members)
    assert answer["inspectionData"]["afterItemSelector"] == '[{"from":"STATE_DATA"}]'
    configuration = {"mapItemReaderData": "[1]"}
    state = {**reading({"InputType": "JSON"}), **selector}
    answer = await outcome(server, state, stateConfiguration=configuration, **members)
    assert answer["inspectionData"]["afterItemSelector"] == '[{"from":"S3://b/k"}]'
    state = {**reading({}, "listObjectsV2"), **selector}
    answer = await outcome(server, state, stateConfiguration=configuration, **members)
    assert answer["inspectionData"]["afterItemSelector"] == '[{"from":"S3://b"}]'
    answer = await outcome(server, {**MAP, **selector}, {"v": [1]}, **members)
    assert (answer["status"], answer["error"]) == ("FAILED", "States.Runtime")


async def test_a_reader_that_is_wrong_is_refused(server: Server):
    assert await refused(server, reading({"InputType": "XML"}), mock={"result": "[1]"}) == (
        "InvalidDefinition",
        "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: The field 'InputType' should have one of these "
        "values: [CSV, JSON, JSONL, PARQUET, MANIFEST] at /States/StateName/ItemReader/ReaderConfig/InputType'",
    )


async def test_an_items_pointer_finds_the_items_in_the_readers_data(server: Server):
    members = {"mock": {"result": "[1, 2]"}, "inspectionLevel": "DEBUG"}
    configuration = {"mapItemReaderData": '{"a/b": [{"~": [7, {"x": 8}]}]}'}
    answer = await outcome(server, pointing("/a~1b/0/~0"), stateConfiguration=configuration, **members)
    assert answer["output"] == "[1, 2]"
    assert answer["inspectionData"]["afterItemsPointer"] == '[7,{"x":8}]'
    for pointer in ("/none", "/a~1b/1", "/a~1b/0/~0/0"):
        code, text = await refused(server, pointing(pointer), stateConfiguration=configuration, **members)
        assert code == "ValidationException" and text.startswith("ItemReader data cannot be read: ")


async def test_batches_are_shown_and_counted(server: Server):
    batcher = {"MaxItemsPerBatch": 2, "BatchInput": {"from.$": "$.from"}}
    state = distributed(ItemBatcher=batcher, ItemSelector={"n.$": "$$.Map.Item.Value"})
    members = {"mock": {"result": "[1, 2]"}, "inspectionLevel": "DEBUG"}
    answer = await outcome(server, state, {"v": [1, 2, 3], "from": "é"}, **members)
    assert answer["status"] == "SUCCEEDED"
    first = '{"BatchInput":{"from":"é"},"Items":["{\\"n\\":1}","{\\"n\\":2}"]}'
    last = '{"BatchInput":{"from":"é"},"Items":["{\\"n\\":3}"]}'
    assert answer["inspectionData"]["afterItemBatcher"] == f"[{first}, {last}]"
    text = json.dumps({"v": [1, 2, 3], "from": "x"})
    assert await refused(server, state, input=text, mock={"result": "[1, 2, 3]"}) == (
        "ValidationException",
        "Input array does not equal the mocked result array's size",
    )


async def test_batches_by_size_and_an_item_that_fits_into_none(server: Server):
    state = distributed(ItemBatcher={"MaxInputBytesPerBatchPath": "$.most"})
    given = {"v": ["a" * 10, "b" * 10], "most": 30}
    members = {"inspectionLevel": "DEBUG"}
    answer = await outcome(server, state, given, mock={"result": "[1, 2]"}, **members)
    assert answer["inspectionData"]["afterItemBatcher"].count("Items") == 2
    answer = await outcome(server, state, {**given, "most": 20}, mock={"result": "[1, 2]"}, **members)
    assert "afterItemBatcher" not in answer["inspectionData"]
    assert (answer["status"], answer["error"]) == ("FAILED", "States.ItemReaderFailed")


async def test_batches_of_a_jsonata_map(server: Server):
    state = distributed(QueryLanguage="JSONata", Items="{% $states.input.v %}")
    for field in ("ItemsPath", "ResultPath"):
        state.pop(field, None)
    state["ItemBatcher"] = {"MaxItemsPerBatch": "{% $states.input.most %}", "BatchInput": {"m": "{% 1 + 1 %}"}}
    given = {"v": [1, 2, 3], "most": 3}
    answer = await outcome(server, state, given, mock={"result": "[1]"}, inspectionLevel="DEBUG")
    assert answer["inspectionData"]["afterItemBatcher"] == '[{"BatchInput":{"m":2},"Items":["1","2","3"]}]'


def jsonata_map(**more: Any) -> dict[str, Any]:
    state = distributed(QueryLanguage="JSONata", Items="{% $states.input.v %}", **more)
    for field in ("ItemsPath", "ResultPath"):
        state.pop(field, None)
    return state


async def test_a_jsonata_selector_comes_before_the_batches(server: Server):
    selector = {"n": "{% $states.context.Map.Item.Value + $states.input.most %}"}
    state = jsonata_map(ItemSelector=selector, ItemBatcher={"MaxItemsPerBatch": 2})
    given = {"v": [1, 2, 3], "most": 3}
    answer = await outcome(server, state, given, mock={"result": "[1, 2]"}, inspectionLevel="DEBUG")
    assert answer["inspectionData"]["afterItemSelector"] == '[{"n":4}, {"n":5}, {"n":6}]'
    batches = '[{"Items":["{\\"n\\":4}","{\\"n\\":5}"]}, {"Items":["{\\"n\\":6}"]}]'
    assert answer["inspectionData"]["afterItemBatcher"] == batches
    members = {"input": json.dumps(given), "mock": {"result": "[1]"}}
    assert await refused(server, state, **members) == (
        "ValidationException",
        "Input array does not equal the mocked result array's size",
    )


async def test_a_jsonata_selector_that_may_take_long(server: Server):
    """It is worked out like any other, and so are batches that may take long."""
    state = jsonata_map(ItemSelector={"n": "{% $count([1..$states.context.Map.Item.Value]) %}"})
    answer = await outcome(server, state, {"v": [1]}, mock={"result": "[1]"}, inspectionLevel="DEBUG")
    assert answer["inspectionData"]["afterItemSelector"] == '[{"n":1}]'
    state["ItemBatcher"] = {"MaxItemsPerBatch": 2, "BatchInput": "{% $sum([1..3]) %}"}
    answer = await outcome(server, state, {"v": [1, 2, 3]}, mock={"result": "[1, 2]"}, inspectionLevel="DEBUG")
    first = '{"BatchInput":6,"Items":["{\\"n\\":1}","{\\"n\\":2}"]}'
    assert answer["inspectionData"]["afterItemBatcher"] == f'[{first}, {{"BatchInput":6,"Items":["{{\\"n\\":3}}"]}}]'


async def test_an_item_that_its_selector_cannot_take(server: Server):
    state = jsonata_map(ItemSelector="{% $sum([1..2]) + $states.context.Map.Item.Value %}")
    state["Catch"] = [{"ErrorEquals": ["States.QueryEvaluationError"], "Next": "H"}]
    answer = await outcome(server, state, {"v": [1, "x"]}, mock={"result": "[1, 2]"})
    assert (answer["status"], answer["nextState"]) == ("CAUGHT_ERROR", "H")


async def test_items_that_all_get_the_whole_input(server: Server):
    """What no test can hold is the state's failure, not the server's memory."""
    state = distributed(ItemSelector={"all.$": "$"})
    given = {"v": [0] * 5_000, "x": "y" * 100_000}
    answer = await outcome(server, state, given, mock={"result": "[1]"}, inspectionLevel="DEBUG")
    assert (answer["status"], answer["error"]) == ("FAILED", "States.DataLimitExceeded")
    assert "afterItemSelector" not in answer["inspectionData"]


async def test_an_item_batcher_that_is_wrong_is_refused(server: Server):
    state = distributed(ItemBatcher={"BatchInput": {}})
    code, text = await refused(server, state, mock={"result": "[1]"})
    assert code == "InvalidDefinition"
    assert "One of these fields is required: [MaxItemsPerBatch, MaxInputBytesPerBatch]" in text


async def test_a_mocked_parallel(server: Server):
    assert (await outcome(server, PARALLEL, mock={"result": "[1, 2]"}))["output"] == "[1, 2]"
    caught = await outcome(server, {**PARALLEL, **CATCH}, mock=BROKEN)
    assert (caught["status"], caught["nextState"]) == ("CAUGHT_ERROR", "H")


async def test_a_context_replaces_the_made_one(server: Server):
    state = {**TASK, "Parameters": {"FunctionName": "f", "Payload.$": "$$"}, "ResultPath": None}
    given = '{"Execution": {"Id": "x"}}'
    answer = await outcome(server, state, mock=DONE, context=given, inspectionLevel="DEBUG")
    assert json.loads(answer["inspectionData"]["afterParameters"])["Payload"] == json.loads(given)
    made = await outcome(server, state, mock=DONE, inspectionLevel="DEBUG")
    context = json.loads(made["inspectionData"]["afterParameters"])["Payload"]
    assert list(context) == ["Execution", "StateMachine", "State"]
    assert list(context["Execution"]) == ["Id", "Input", "Name", "RoleArn", "StartTime"]
    assert context["State"]["Name"] == "StateName"


MOCK = {"mock": DONE}
REFUSED = [
    (TASK, {}, "RoleArn must be specified when testing a Task state"),
    (PASS, MOCK, "State type 'Pass' is not supported when a mock is specified"),
    (
        TASK,
        {"mock": {**DONE, **BROKEN}},
        "A test mock should have only one of the following fields: [result, errorOutput].",
    ),
    (TASK, {"mock": {}}, "One of the following fields is required for a test mock: [result, errorOutput]."),
    (TASK, {"mock": {"errorOutput": {}}}, "An error was not specified in the mocked error output."),
    (TASK, {"mock": {"result": "{"}}, "Mocked result must be valid JSON"),
    (TASK, {"mock": {"result": "null"}}, "Mocked result must be a valid JSON object."),
    (PARALLEL, {"mock": {"result": "{}"}}, "Mocked result must be an array."),
    (
        PARALLEL,
        {"mock": {"result": "[]"}},
        "Mocked result must contain the same number of items as number of Parallel branches.",
    ),
    (TASK, {**MOCK, "revealSecrets": True}, "TestState does not support RevealSecrets when a mock is specified."),
    (
        MAP,
        {"stateConfiguration": {"mapIterationFailureCount": 0}},
        "TestState does not support MapIterationFailureCount when a mock is not specified.",
    ),
    (
        TASK,
        {**MOCK, "stateConfiguration": {"mapIterationFailureCount": 0}},
        "MapIterationFailureCount is only supported when testing a Map state.",
    ),
    (TASK, {**MOCK, "stateConfiguration": {"errorCausedByState": "Z"}}, "State not found in definition"),
    (TASK, {**MOCK, "context": '{"Map": {}}'}, "'Map' field is not supported when mocking a Context object"),
    (TASK, {**MOCK, "context": '{"x": {}}'}, "Invalid Context object provided: Field 'x' is not allowed"),
    (
        TASK,
        {**MOCK, "context": '{"Execution": {"Id": 1}}'},
        "Invalid Context object provided: Execution.Id must be a string",
    ),
    (
        TASK,
        {**MOCK, "context": '{"Task": {"Token": "t"}}'},
        "Context object contains 'Task' when state is not a Task state with a '.sync' or '.waitForTaskToken' service "
        "integration pattern",
    ),
]


@pytest.mark.parametrize("definition, members, text", REFUSED)
async def test_requests_that_make_no_sense(server: Server, definition: Any, members: Any, text: str):
    assert await refused(server, definition, **members) == ("ValidationException", text)


async def test_what_only_a_mock_can_stand_for(server: Server):
    text = (
        "TestState API does not support Map or Parallel states. Supported state types include: "
        "[Task, Wait, Pass, Succeed, Fail, Choice]"
    )
    assert await refused(server, MAP) == ("InvalidDefinition", text)
    token = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "End": True}
    text = "TestState API does not support '.sync' or '.waitForTaskToken' integration patterns."
    assert await refused(server, token, roleArn=ROLE) == ("InvalidDefinition", text)


SHAPES = [
    ("states:startExecution", {"ExecutionArn": "a"}, "STRICT", "Required field 'StartDate' is missing"),
    ("states:startExecution", {"ExecutionArn": "a"}, "PRESENT", None),
    ("states:startExecution", {"ExecutionArn": 1}, "NONE", None),
    ("states:startExecution", {"StartDate": 1}, "PRESENT", "Field 'StartDate' must be a string"),
    ("states:startExecution.sync:2", {"Status": "Odd"}, "PRESENT", "Field 'Status' is not an expected value"),
    (
        "states:startExecution",
        {"ExecutionArn": ""},
        "PRESENT",
        "Field 'ExecutionArn' is smaller than the minimum length",
    ),
    (
        "states:startExecution",
        {"ExecutionArn": "x" * 257},
        "PRESENT",
        "Field 'ExecutionArn' exceeds the maximum length",
    ),
    (
        "aws-sdk:lambda:getFunctionConfiguration",
        {"MemorySize": 1},
        "PRESENT",
        "Field 'MemorySize' is less than the minimum value",
    ),
    (
        "aws-sdk:lambda:getFunctionConfiguration",
        {"MemorySize": 1_000_000},
        "PRESENT",
        "Field 'MemorySize' exceeds the maximum value",
    ),
    ("lambda:invoke", {"Payload": {}}, "STRICT", "Field 'Payload' must be a string"),
    ("lambda:invoke", {"Payload": {}}, "NONE", None),
    ("dynamodb:putItem", {"Attributes": []}, "PRESENT", "Field 'Attributes' must be an object"),
    ("events:putEvents", {"Entries": {}}, "PRESENT", "Field 'Entries' must be an array"),
    ("aws-sdk:lookoutvision:doIt", {"X": 1}, "STRICT", None),
]


@pytest.mark.parametrize("action, result, mode, fault", SHAPES)
async def test_mocks_have_the_form_of_real_answers(server: Server, action: str, result: Any, mode: str, fault: Any):
    state = {"Type": "Task", "Resource": f"arn:aws:states:::{action}", "End": True}
    mock = {"result": json.dumps(result), "fieldValidationMode": mode}
    if fault is None:
        assert (await outcome(server, state, mock=mock))["status"] == "SUCCEEDED"
    else:
        told = ("ValidationException", f"Mock result schema validation error: {fault}")
        assert await refused(server, state, mock=mock) == told


# HTTP tasks


def http_task(server: Server, url: str) -> dict[str, Any]:
    connection = Connection(Additions({"X-Key": "hush"}, {"key": "hush"}, {}))

    class Known:
        async def find(self, arn: str, call: Any) -> Connection:
            return connection

    egress = Egress(read_networks("127.0.0.1"))
    server.closing.append(egress)
    server.registry.register("http", HttpIntegration(egress, [Known()]))
    parameters = {
        "ApiEndpoint": url,
        "Method": "POST",
        "RequestBody": {"a": 1},
        "Authentication": {"ConnectionArn": "c"},
    }
    return {"Type": "Task", "Resource": "arn:aws:states:::http:invoke", "Parameters": parameters, "End": True}


async def trace_of(server: Server, url: str, **members: Any) -> Any:
    return await outcome(server, http_task(server, url), roleArn=ROLE, inspectionLevel="TRACE", **members)


@pytest.mark.parametrize("reveal", [False, True])
async def test_a_traced_request(server: Server, reveal: bool):
    async with fake_aws((201, {"X-A": "1", "Content-Type": "text/plain"}, b"made")) as fake:
        answer = await trace_of(server, f"{fake.url}/a", revealSecrets=reveal)
    assert answer["status"] == "SUCCEEDED"
    request, response = answer["inspectionData"]["request"], answer["inspectionData"]["response"]
    assert request.keys() == {"protocol", "method", "url", "headers", "body"}
    assert (request["protocol"], request["method"], request["body"]) == ("http", "POST", '{"a":1}')
    assert request["url"] == f"{fake.url}/a" + ("?key=hush" if reveal else "")
    assert request["headers"] == (
        "[User-Agent: Amazon|StepFunctions|HttpInvoke|us-east-1, Range: bytes=0-262144, "
        f"Content-Type: application/json; charset=UTF-8{', X-Key: hush' if reveal else ''}]"
    )
    assert response.keys() == {"protocol", "statusCode", "statusMessage", "headers", "body"}
    assert (response["statusCode"], response["statusMessage"], response["body"]) == ("201", "Created", "made")
    assert response["headers"].startswith("[X-A: 1, Content-Type: text/plain")
    assert fake.asked[0].headers["X-Key"] == "hush"
    assert ("hush" in json.dumps(answer)) is reveal


async def test_a_traced_request_that_failed(server: Server):
    async with fake_aws((500, {}, b"no")) as fake:
        answer = await trace_of(server, fake.url)
    assert (answer["status"], answer["error"], answer["cause"]) == ("FAILED", "States.Http.StatusCode.500", "no")
    assert answer["inspectionData"]["response"]["statusCode"] == "500"


async def test_a_traced_request_that_nobody_answered(server: Server):
    answer = await trace_of(server, "http://169.254.169.254/")
    assert answer["error"] == "States.Http.Socket"
    assert "request" in answer["inspectionData"]
    assert "response" not in answer["inspectionData"]


async def test_a_trace_of_parameters_of_no_use_says_so_without_naming_an_event(server: Server):
    state = http_task(server, "none")
    answer = await outcome(server, state, roleArn=ROLE, inspectionLevel="TRACE")
    assert answer["error"] == "States.Runtime"
    assert answer["cause"].startswith("The Parameters '{")
    assert not {"request", "response"} & answer["inspectionData"].keys()


@pytest.mark.parametrize("level", ["INFO", "DEBUG"])
async def test_other_levels_show_no_request(server: Server, level: str):
    async with fake_aws((200, {}, b"")) as fake:
        answer = await outcome(server, http_task(server, fake.url), roleArn=ROLE, inspectionLevel=level)
    assert answer["status"] == "SUCCEEDED"
    assert not {"request", "response"} & answer.get("inspectionData", {}).keys()
