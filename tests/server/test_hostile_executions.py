"""What a state machine can be made to do with data: it ends with an error that has a name, and nobody else waits.

Time is never judged, only that ordinary executions go on meanwhile, and how much memory the server took.
"""

import json
import uuid

import pytest

from tests.server.machines import choosing, looping, machine, mapping, parallel, passing, task
from tests.server.outside import ENDED, Stream, until

PAYLOAD = 262_144
LARGE_MB = 300  # what one of these took before it was bounded: 2,500
DATA_LIMIT = ("FAILED", "States.DataLimitExceeded")
RUNTIME = ("FAILED", "States.Runtime")
WIDE = {"d": {f"k{n}": {"a": [1, 2, 3]} for n in range(8_000)}}
LONG = "x" * 200_000


def deep(levels):
    return '{"a":' * levels + "1" + "}" * levels


@pytest.fixture(autouse=True)
def in_bounded_memory(server, stream):
    server.reset_peak()
    before = server.memory_mb()
    yield
    assert server.memory_mb("VmHWM") < before + LARGE_MB


def verdict(ended):
    return ended["status"], ended.get("error")


# Endless


@pytest.mark.parametrize(
    "fields, wanted, words",
    [
        ({}, RUNTIME, "maximum number of history events (25000)"),
        ({"Parameters": {"a.$": "$", "b.$": "$"}}, DATA_LIMIT, "maximum number of bytes"),
        ({"Parameters": {"a.$": "States.Array($,$,$,$,$,$,$,$,$,$,$,$,$,$,$,$)"}}, DATA_LIMIT, "maximum number of"),
        ({"Parameters": {"v.$": "$"}}, RUNTIME, "nesting depth exceeds the maximum allowed (512)"),
        ({"Parameters": {"v": {"v": {"v": {"v": [[[[{"v.$": "$"}]]]]}}}}}, RUNTIME, "nesting depth exceeds"),
        ({"Result": 1, "ResultPath": "$.a.b.c.d.e.f"}, RUNTIME, "maximum number of history events"),
    ],
    ids=["hands on", "doubles", "sixteenfold", "nests", "nests faster", "writes"],
)
def test_a_loop_without_end(server, fields, wanted, words):
    ended = server.run(looping(**fields), {"k": 1})
    assert verdict(ended) == wanted
    assert words in ended["cause"]


def test_a_parallel_that_nests_its_output_again_and_again(server):
    again = {"Variable": "$$.Execution.Never", "IsPresent": True, "Next": "Over"}
    loop = machine(
        P={"Type": "Parallel", "Branches": [passing()], "Next": "Again"},
        Again={"Type": "Choice", "Choices": [again], "Default": "P"},
        Over={"Type": "Succeed"},
    )
    assert verdict(server.run(loop)) == RUNTIME


def test_loops_of_costly_paths_let_others_go_on(server, stream):
    arn = server.create(looping(Parameters={"n.$": "States.ArrayLength($..*)"}, ResultPath="$.n"))
    runs = [server.start(arn, WIDE) for _ in range(8)]
    before = stream.succeeded
    until(lambda: stream.succeeded > before + 2)
    for run in runs:
        server.ask("StopExecution", executionArn=run)
    assert {server.ended(run)["status"] for run in runs} <= {"ABORTED", "FAILED"}


# Paths, patterns, functions

PATHS = ["$..*", "$..*..*", "$..*..*..*", "$..[?(@.a)]", "$..[?(@..a)]", "$.d[*][*][*]", "$..[?(@ in $..*)]"]
PATHS += [
    "$..a[?(@ nin $..a)]",
    "$..[?($..a==$..a)]",
    f"$..a[{','.join('0' * 500)}]",
    f"$.d.k1.a[{','.join('0' * 2000)}]",
]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path[:24])
def test_a_path_over_wide_data(server, path):
    assert verdict(server.run(passing(Parameters={"v.$": path}), WIDE)) in (DATA_LIMIT, RUNTIME, ("SUCCEEDED", None))


@pytest.mark.parametrize("path", ["$..a..a", "$..a..a..a", "$..*..*", "$..a..a..a..a..a..a"])
def test_a_path_over_deep_data(server, path):
    """Few nodes that hold one another: a hundred thousand of them would print two gigabytes."""
    assert verdict(server.run(passing(Parameters={"v.$": path}), deep(500))) == RUNTIME


THOUSANDFOLD = {
    "whole inputs": "$",
    "deep paths": "$..l..l",
    "wide paths": "$..*",
    "Format": "States.Format('{}{}{}{}',$.t,$.t,$.t,$.t)",
    "Format of arrays": "States.Format('{}',$.l)",
    "JsonToString": "States.JsonToString($.l)",
    "StringToJson": "States.StringToJson($.s)",
    "StringSplit": "States.StringSplit($.t,'y')",
    "ArrayContains": "States.ArrayContains($.l,$.t)",
    "ArrayUnique": "States.ArrayUnique($.l)",
    "ArrayPartition": "States.ArrayPartition($.l,1)",
    "Array": "States.Array($,$,$,$)",
}


@pytest.mark.parametrize("expression", THOUSANDFOLD.values(), ids=THOUSANDFOLD.keys())
def test_a_thousand_expressions_in_one_template(server, expression):
    given = {"t": "x" * 50_000, "s": json.dumps(list(range(10_000))), "l": list(range(20_000))}
    ended = server.run(passing(Parameters={f"v{n}.$": expression for n in range(2_000)}), given)
    assert verdict(ended) in (DATA_LIMIT, RUNTIME)


def test_a_thousand_small_expressions_are_no_trouble(server):
    template = {f"v{n}.$": f"States.Format('{{}}-{n}', $.name)" for n in range(1_000)}
    output = json.loads(server.run(passing(Parameters=template), {"name": "n"})["output"])
    assert output == {f"v{n}": f"n-{n}" for n in range(1_000)}


def test_one_format_of_many_texts(server):
    call = f"States.Format('{'{}' * 200}', {', '.join(['$'] * 200)})"
    assert verdict(server.run(passing(Parameters={"v.$": call}), json.dumps(LONG))) == RUNTIME


@pytest.mark.parametrize("pattern", ["*a" * 100_000 + "b", "*" * 300_000 + "b", "*" + "a" * 100_000 + "b*", "a*" * 400])
def test_a_pattern_of_stars(server, pattern):
    rule = {"Variable": "$", "StringMatches": pattern}
    assert server.run(choosing(rule), json.dumps("a" * 250_000))["status"] == "SUCCEEDED"


@pytest.mark.parametrize(
    "comparison", [{"StringMatches": "*aaaaab*"}, {"StringLessThanPath": "$"}, {"StringLessThan": "b"}]
)
def test_thousands_of_rules_over_one_long_text(server, comparison):
    rule = {"Variable": "$", **comparison}
    ended = server.run(choosing(*[rule] * 8_000), json.dumps("a" * 250_000))
    assert verdict(ended) in (RUNTIME, ("SUCCEEDED", None))


# Width


def test_a_map_over_100_000_items(server):
    ended = server.run(mapping(passing()), [1] * 100_000)
    assert verdict(ended) == RUNTIME
    assert "maximum number of history events" in ended["cause"]


def test_a_wide_map_within_the_limits(server):
    ended = server.run(mapping(passing(), MaxConcurrency=1_000), json.dumps(list(range(5_000))))
    assert json.loads(ended["output"]) == list(range(5_000))


def test_500_branches(server):
    branches = [machine(**{f"S{n}": {"Type": "Pass", "End": True}}) for n in range(500)]
    assert json.loads(server.run(parallel(*branches), 7)["output"]) == [7] * 500
    assert verdict(server.run(parallel(*branches), json.dumps(LONG))) == DATA_LIMIT


def test_10_000_states(server):
    states = {f"S{n}": {"Type": "Pass", "Next": f"S{n + 1}"} for n in range(9_999)}
    assert verdict(server.run(machine(**states, S9999={"Type": "Succeed"}))) == ("SUCCEEDED", None)


# Limits, to the byte


def text(size_bytes):
    return "x" * (size_bytes - 2)


@pytest.mark.parametrize("more", [0, 1])
def test_a_state_output_at_its_limit(server, more):
    ended = server.run(passing(Parameters={"v.$": "$"}), json.dumps(text(PAYLOAD - len('{"v":}') + more)))
    assert verdict(ended) == (DATA_LIMIT if more else ("SUCCEEDED", None))
    assert more or len(ended["output"]) == PAYLOAD


@pytest.mark.parametrize("more", [0, 1])
def test_a_parallel_join_at_its_limit(server, more):
    first = (PAYLOAD - 3) // 2
    results = [text(first), text(PAYLOAD - 3 - first + more)]
    branches = [machine(**{f"S{n}": {"Type": "Pass", "Result": results[n], "End": True}}) for n in (0, 1)]
    ended = server.run(parallel(*branches))
    assert verdict(ended) == (DATA_LIMIT if more else ("SUCCEEDED", None))
    assert more or len(ended["output"]) == PAYLOAD


@pytest.mark.parametrize("more", [0, 1])
def test_a_map_join_at_its_limit(server, more):
    each = (PAYLOAD - len('[{"v":},{"v":}]')) // 2 + more
    definition = mapping(passing(), ItemsPath="$.i", ItemSelector={"v.$": "$.t"})
    ended = server.run(definition, {"i": [1, 2], "t": text(each)})
    assert verdict(ended) == (DATA_LIMIT if more else ("SUCCEEDED", None))
    assert more or PAYLOAD - 1 <= len(ended["output"]) <= PAYLOAD


@pytest.mark.parametrize("more", [0, 1])
def test_a_nested_output_at_its_limit(server, more):
    """An output too large for the task that it is the result of is an ordinary failure, which may be caught."""
    child = server.create(passing(Result=text(100_000)))
    resource = "arn:aws:states:::states:startExecution.sync:2"
    given = {"StateMachineArn": child, "Input": {"pad.$": "$"}}
    caught = {"ErrorEquals": ["States.DataLimitExceeded"], "ResultPath": None, "Next": "Caught"}
    wanted = task(resource, Parameters=given, ResultSelector={"s.$": "$.Status"}, Catch=[caught])
    wanted["States"]["Caught"] = {"Type": "Pass", "Result": "caught", "End": True}
    ended = server.run(wanted, json.dumps("y" * (200_000 if more else 1_000)))
    assert ended["output"] == ('"caught"' if more else '{"s":"SUCCEEDED"}')


# Odd texts through a task of this very server


@pytest.mark.parametrize(
    "action, parameters",
    [
        ("states:startExecution", {"StateMachineArn": "${machine}", "Input": '"\ud800"'}),
        ("aws-sdk:sfn:startExecution", {"StateMachineArn": "${machine}", "Input": '{"\ud800":1}'}),
        ("aws-sdk:sfn:startExecution", {"StateMachineArn": "${machine}", "TraceHeader": "\udfff"}),
        ("aws-sdk:sfn:updateStateMachine", {"StateMachineArn": "${machine}", "Definition": '"\ud800"'}),
        ("aws-sdk:sfn:createActivity", {"Name": "a\ud800b"}),
        ("aws-sdk:sfn:describeExecution", {"ExecutionArn": "arn:aws:states:us-east-1:000000000000:execution:\ud800:b"}),
        ("aws-sdk:sfn:tagResource", {"ResourceArn": "${machine}", "Tags": [{"Key": "\ud800", "Value": "\ud800"}]}),
        ("aws-sdk:sfn:sendTaskSuccess", {"TaskToken": "x", "Output": "\ud800"}),
        ("aws-sdk:sfn:sendTaskSuccess", {"TaskToken": "\ud800", "Output": "1"}),
        ("aws-sdk:sfn:startExecution", {"StateMachineArn": "${machine}", "Input": "[" * 100_000}),
        ("aws-sdk:sfn:validateStateMachineDefinition", {"Definition": "[" * 200_000}),
    ],
)
def test_odd_members_of_a_call_to_this_server(server, action, parameters):
    arn = server.create(passing(Result=1))
    given = json.dumps(task(f"arn:aws:states:::{action}", Parameters=parameters)).replace("${machine}", arn)
    ended = server.run(given)
    assert ended["status"] == "SUCCEEDED" or ended["error"].endswith("Exception"), ended
    assert "internal error" not in ended.get("cause", "")


def test_a_surrogate_in_every_kind_of_text_of_an_execution(server):
    name = f"sur-{uuid.uuid4().hex[:8]}"
    activity = server.get("CreateActivity", name=name)["activityArn"]
    run = server.start(server.create(task(activity)), '{"a":"\\ud800"}')
    taken = server.get("GetActivityTask", activityArn=activity)
    assert taken["input"] == '{"a":"\\ud800"}'
    parameters = {"TaskToken": taken["taskToken"], "Error": "\ud800", "Cause": "\ud800"}
    assert (
        server.run(task("arn:aws:states:::aws-sdk:sfn:sendTaskFailure", Parameters=parameters))["status"] == "SUCCEEDED"
    )
    assert server.ended(run)["status"] == "FAILED"
    assert server.events(run)[-1]["type"] == "ExecutionFailed"
    failed = server.run(machine(F={"Type": "Fail", "Error": "\ud800", "Cause": "\udfff"}))
    assert failed["status"] == "FAILED"


def test_a_depth_that_is_read_again_after_leaving_memory(server):
    """What can be written can be read: the same bound holds for both, so that a restart changes nothing."""
    definition = machine(
        A={"Type": "Pass", "Parameters": {"v.$": "$"}, "Next": "Nap"},
        Nap={"Type": "Wait", "Seconds": 1, "Next": "B"},
        B={"Type": "Pass", "InputPath": "$.v", "End": True},
    )
    arn = server.create(definition)
    runs = [server.start(arn, "[" * depth + "]" * depth) for depth in (511, 512)]
    assert [server.ended(run)["status"] for run in runs] == ["SUCCEEDED", "FAILED"]


def test_many_executions_at_once(server):
    with Stream(server) as second:
        arn = server.create(looping())
        runs = [server.start(arn) for _ in range(15)]
        for run in runs:
            assert until(lambda run=run: server.describe(run)["status"] in ENDED)
    assert not second.trouble
