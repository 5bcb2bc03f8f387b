"""The reading as a whole: order, bounds, cache, and definitions of every shape."""

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepwell.asl import compile as compiling
from stepwell.asl.compile import Compiled, compile_definition
from stepwell.asl.diagnostics import Diagnostic
from stepwell.limits import Limits
from tests.asl.definitions import definition_of, findings, scope

END = {"Type": "Pass", "End": True}
PLAIN = {"StartAt": "A", "States": {"A": END}}


@pytest.mark.parametrize("text", [" ", "", "\n\t", "[]", "1", '"x"', "null"])
def test_not_an_object(text):
    expected = Diagnostic("ERROR", "SCHEMA_VALIDATION_FAILED", "Definition must be a valid JSON object", None)
    assert compile_definition(text) == Compiled(None, (expected,))


def test_not_json():
    [finding] = compile_definition("not a definition").diagnostics
    location = '[Source: (String)"not a definition"; line: 1, column: 4]'
    assert finding.code == "INVALID_JSON_DESCRIPTION" and finding.location == location
    assert finding.message == (
        "Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or "
        f"'false')\n at {location}"
    )


def test_diagnostics_print_as_create_shows_them():
    assert str(compile_definition("{}").diagnostics[0]) == (
        "SCHEMA_VALIDATION_FAILED: These fields are required: [States, StartAt] at /"
    )
    loop = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "A"}}}
    assert str(compile_definition(json.dumps(loop)).diagnostics[0]) == (
        "MISSING_END_STATE: Workflow has no terminal state at null"
    )


def test_warnings_leave_the_machine():
    compiled = compile_definition(json.dumps(definition_of({**END, "Parameters": {"a": "$.b"}})))
    assert compiled.machine is not None and len(compiled.diagnostics) == 1 and compiled.errors == ()
    broken = compile_definition(json.dumps(definition_of({**END, "Parameters": {"a": "$.b", "b.$": 1}})))
    assert broken.machine is None and [finding.severity for finding in broken.diagnostics] == ["WARNING", "ERROR"]
    assert len(broken.errors) == 1


def test_definitions_are_bounded_in_size():
    limits = Limits(definition_bytes_max=100)
    text = json.dumps(PLAIN)
    assert compile_definition(text, limits=limits).machine is not None
    assert findings(text + " " * 100, limits=limits) == ["Definition exceeds the maximum of 100 bytes at None"]
    wide = json.dumps({**PLAIN, "Comment": "é" * 20}, ensure_ascii=False)
    assert len(wide) < 100 < len(wide.encode())
    assert findings(wide, limits=limits) == ["Definition exceeds the maximum of 100 bytes at None"]


def test_the_number_of_states_is_bounded():
    limits = Limits(definition_states_max=3)
    branch = {"StartAt": "C", "States": {"C": END, "D": END}}
    parallel = {"Type": "Parallel", "Branches": [branch, branch], "Next": "B"}
    assert findings({"StartAt": "A", "States": {"A": parallel, "B": END}}, limits=limits) == [
        "A definition can have at most 3 states at /States/A/Branches[1]/States",
        "DUPLICATE_STATE_NAME: Duplicate State name: C at /States/A/Branches[1]/States/C",
        "DUPLICATE_STATE_NAME: Duplicate State name: D at /States/A/Branches[1]/States/D",
        'MISSING_TRANSITION_TARGET: State "D" is not reachable. at /States/A/Branches[0]/States/D',
    ]


def nested(levels, innermost):
    state = innermost
    for level in range(levels):
        name = f"N{level}"
        state = {"Type": "Parallel", "End": True, "Branches": [{"StartAt": name, "States": {name: state}}]}
    return definition_of(state)


def test_flows_are_bounded_in_depth():
    assert findings(nested(64, END)) == []
    [finding] = findings(nested(65, END))
    assert finding.startswith("Flows can be nested at most 64 levels deep at /States/S/Branches[0]/States/N64/")
    assert finding.endswith("/States/N1/Branches[0]")


def test_the_deepest_definition_fits_the_stack():
    template = {"x.$": "$.a"}
    for _ in range(49):
        template = {"y": [template]}
    compiled = compile_definition(json.dumps(nested(64, {**END, "Parameters": template})))
    assert compiled.machine is not None
    assert compiled.machine.states["N0"].parameters.evaluate(scope({"a": 1}))
    rule = {"Variable": "$.a", "IsNull": True}
    for _ in range(64):
        rule = {"And": [rule]}
    choice = {"Type": "Choice", "Choices": [{**rule, "Next": "Z"}]}
    compiled = compile_definition(json.dumps({"StartAt": "C", "States": {"C": choice, "Z": {"Type": "Succeed"}}}))
    assert compiled.machine is not None
    assert compiled.machine.states["C"].rules[0].test(scope({"a": None})) is True


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 90_000, '{"a":' * 100_000 + "1" + "}" * 100_000])
def test_absurd_depth_is_a_finding(text):
    [finding] = compile_definition(text).diagnostics
    assert finding.code == "INVALID_JSON_DESCRIPTION" and "nesting depth (513)" in finding.message


def test_findings_are_bounded_in_number():
    states = {f"S{number}": {"Type": "Pass", "X": 1, "Parameters": {"a": "$.b"}, "End": True} for number in range(1500)}
    diagnostics = compile_definition(json.dumps({"StartAt": "S0", "States": states})).diagnostics
    assert len(diagnostics) == 1000
    warnings = {"StartAt": "S", "States": {"S": {**END, "Parameters": {f"k{n}": "$.b" for n in range(2000)}}}}
    compiled = compile_definition(json.dumps(warnings))
    assert compiled.machine is not None and len(compiled.diagnostics) == 500
    assigning = {f"S{n}": {"Type": "Pass", "Assign": {"-": 1}, "Next": f"S{n + 1}"} for n in range(1500)}
    diagnostics = compile_definition(json.dumps({"StartAt": "S0", "States": {**assigning, "S1500": END}})).diagnostics
    assert len(diagnostics) == 1000


def test_long_names_do_not_multiply():
    name = "x" * 400_000
    retriers = [{} for _ in range(50_000)]
    task = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Retry": retriers, "End": True}
    diagnostics = compile_definition(json.dumps({"StartAt": name, "States": {name: task}})).diagnostics
    assert sum(len(str(finding)) for finding in diagnostics) < 1_000_000


def test_compiling_twice_gives_the_same_object():
    text = json.dumps(PLAIN)
    assert compile_definition(text) is compile_definition(text)
    assert compile_definition(text) is not compile_definition(text, type="EXPRESS")
    assert compile_definition(text) is not compile_definition(text, limits=Limits(json_depth_max=5))
    assert compile_definition(text + " ").machine.definition == text + " "


def test_the_cache_is_bounded():
    cache = compiling._Cache(2, 100)
    made = Compiled(None, ())
    keys = [(bytes([number]), "STANDARD", Limits()) for number in range(4)]
    cache.put(keys[0], made, 10)
    cache.put(keys[1], made, 10)
    assert cache.get(keys[0]) is made
    cache.put(keys[2], made, 10)
    assert cache.get(keys[1]) is None and cache.get(keys[0]) is made
    cache.put(keys[3], made, 95)
    assert list(cache.entries) == [keys[3]] and cache.characters == 95
    cache.put(keys[0], made, 500)
    assert not cache.entries and cache.characters == 0


def test_lone_surrogates_are_no_trouble():
    text = '{"StartAt":"A","States":{"A":{"Type":"Pass","Result":"\\ud800","End":true}}}'
    assert compile_definition(text).machine.states["A"].result.text == '"\\ud800"'
    assert compile_definition(json.dumps(PLAIN) + "\ud800").machine is None


def test_a_large_definition_is_read_in_reasonable_time():
    states = {f"S{n}": {"Type": "Pass", "Parameters": {"a.$": "$.b"}, "Next": f"S{n + 1}"} for n in range(5000)}
    assert compile_definition(json.dumps({"StartAt": "S0", "States": {**states, "S5000": END}})).machine is not None


EVERYTHING = {
    "StartAt": "T",
    "States": {
        "T": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"a.$": "$.b", "c": [{"d": "$.e"}]},
            "Credentials": {"RoleArn": "r"},
            "Retry": [{"ErrorEquals": ["E"], "MaxAttempts": 1}],
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "C", "ResultPath": "$.e"}],
            "TimeoutSeconds": 5,
            "HeartbeatSeconds": 2,
            "Next": "C",
        },
        "C": {
            "Type": "Choice",
            "Choices": [
                {"And": [{"Variable": "$.a", "StringEquals": "x"}, {"Not": {"Variable": "$.a", "IsNull": True}}], "Next": "P"},
                {"Variable": "$.t", "TimestampLessThanPath": "$.u", "Next": "M"},
            ],
            "Default": "W",
        },
        "P": {"Type": "Parallel", "Branches": [{"StartAt": "F", "States": {"F": {"Type": "Fail"}}}], "Next": "W"},
        "M": {
            "Type": "Map",
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "INLINE"},
                "StartAt": "S",
                "States": {"S": {"Type": "Succeed"}},
            },
            "ItemSelector": {"v.$": "$$.Map.Item.Value"},
            "MaxConcurrency": 1,
            "End": True,
        },
        "W": {"Type": "Wait", "Timestamp": "2020-01-01T00:00:00Z", "End": True},
    },
}  # fmt: skip
ODD = st.sampled_from(
    [
        None,
        True,
        False,
        0,
        -1,
        1.5,
        10**40,
        "",
        "$",
        "$.x",
        "{% 1 %}",
        "JSONata",
        "DISTRIBUTED",
        "T",
        "Map",
        [],
        {},
        [[]],
    ]
) | st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "a.$", "Type", "And"]), inner),
    max_leaves=5,
)


def places(value, found):
    for key in list(value) if isinstance(value, dict) else range(len(value)):
        found.append((value, key))
        if isinstance(value[key], dict | list):
            places(value[key], found)
    return found


def test_everything_compiles():
    assert compile_definition(json.dumps(EVERYTHING)).errors == ()


@given(st.lists(st.tuples(st.integers(0, 500), ODD, st.sampled_from(["Next", "Retry", "QueryLanguage", "Assign"]), st.booleans()), min_size=1, max_size=4))  # fmt: skip
def test_no_damage_is_more_than_a_finding(damages):
    definition = copy.deepcopy(EVERYTHING)
    for number, odd, name, adds in damages:
        spots = places(definition, [])
        holder, key = spots[number % len(spots)]
        if adds and isinstance(holder, dict):
            holder[name] = odd
        else:
            holder[key] = odd
    compiled = compile_definition(json.dumps(definition))
    assert (compiled.machine is None) == bool(compiled.errors)
    if compiled.machine is not None:
        assert all(state.name in compiled.machine.states for state in compiled.machine.states.values())
