"""Hints on real findings: each case is a definition's own mistake."""

import json

import pytest

from stepwell.asl.compile import compile_definition
from stepwell.asl.diagnostics import ERROR, SCHEMA, Diagnostic
from stepwell.asl.fields import JSONATA, JSONPATH
from stepwell.asl.hints import _TABLES, Names, hint_of, hints_on, names_in
from tests.engine.machines import flow, parallel, pass_, task

NOTHING = Names((), ())


def hints(definition, kind="STANDARD"):
    text = json.dumps(definition)
    return hints_on(compile_definition(text, type=kind).diagnostics, text)


CASES = {
    "a misspelt field": (flow(A=pass_(resultpath="$.x")), ["Did you mean 'ResultPath'?"]),
    "a field of other states": (flow(A=pass_(Retry=[])), ["Retry is a field of Task, Parallel, Map."]),
    "a field of nothing": (flow(A=pass_(Zzzzzzz=1)), [None]),
    "a JSONPath field in JSONata": (
        flow(A=pass_(QueryLanguage="JSONata", Parameters={})),
        ["Write Arguments, or ItemSelector of a Map."],
    ),
    "a path in JSONata": (
        flow(A={"Type": "Wait", "QueryLanguage": "JSONata", "SecondsPath": "$.s", "End": True}),
        ["Write Seconds with an expression."],
    ),
    "a JSONata field in JSONPath": (
        flow(A=pass_(Output="{% 1 %}")),
        ['Write ResultSelector, ResultPath or OutputPath, or give the state "QueryLanguage": "JSONata".'],
    ),
    "a misspelt target": (
        flow(Ship=pass_(Next="pakc"), Pack=pass_()),
        ["Did you mean 'Pack'?", "Let a Next, a Default or a Catch lead to it, or leave it out."],
    ),
    "a target in another flow": (
        flow(P=parallel(flow(A=pass_(Next="B"))), B=pass_()),
        [
            "A state of that name is in another flow: transitions stay in their branch or processor.",
            'Give one state "End": true, or lead to a Succeed or Fail state.',
        ],
    ),
    "no way on": (
        {"StartAt": "A", "States": {"A": {"Type": "Pass"}}},
        ["Next names the state that follows; End ends the flow."],
    ),
    "a misspelt variable": (
        flow(A=pass_(Assign={"total": 1}), B=pass_(InputPath="$totl")),
        ["Did you mean 'total'?"],
    ),
    "a variable that is set later": (
        flow(A=pass_(InputPath="$x"), B=pass_(Assign={"x.$": "$"})),
        ["It is not set on every way that leads here."],
    ),
    "nothing to wait for": (
        flow(A=task("arn:aws:states:::dynamodb:getItem.sync")),
        ["Not every action can be waited for: without the ending it is called and its answer taken."],
    ),
    "no resource": (
        flow(A=task("sendMessage")),
        ["A function's ARN, an activity's, or that of an action: arn:aws:states:::sqs:sendMessage."],
    ),
    "no path": (
        flow(A=pass_(Parameters={"a.$": "order.id"})),
        ["A path begins with $, as in $.order.id; a field without .$ takes its value as it is."],
    ),
    "a name at the top level": (
        flow(A=pass_(QueryLanguage="JSONata", Output="{% phone %}")),
        ["Write $states.input.phone."],
    ),
    "the context at the top level": (
        flow(A=pass_(QueryLanguage="JSONata", Output="{% $$ %}")),
        ["Write $states.input."],
    ),
}


@pytest.mark.parametrize("definition, expected", CASES.values(), ids=CASES)
def test_hints(definition, expected):
    assert hints(definition) == expected


def test_a_text_that_is_no_json():
    findings = compile_definition("{").diagnostics
    assert hints_on(findings, "{") == [None]


def test_express():
    waits = flow(A=task("arn:aws:states:::sqs:sendMessage.waitForTaskToken"))
    assert hints(waits, "EXPRESS") == ["In Express workflows a task calls and takes the answer."]


def test_every_field_of_one_language_has_a_hint():
    rows = [row for table in _TABLES for row in table.fields if row.language in (JSONATA, JSONPATH)]
    assert rows
    for row in rows:
        language = "JSONPath" if row.language is JSONATA else "JSONata"
        text = f"The QueryLanguage is set to '{language}', but field '{row.name}' is only supported for the other"
        said = hint_of(Diagnostic(ERROR, SCHEMA, text, "/States/A"), NOTHING)
        assert said and row.name not in said.split()


def test_names_of_whatever_is_there():
    odd = {"States": {"A": {"Assign": {"x.$": "$", "y": 1}}, "B": {"States": []}}, "Assign": 1}
    assert names_in([odd, None]) == Names(("A", "B"), ("x", "y"))
    assert names_in(None) == NOTHING


def test_names_that_are_too_many_are_not_all_looked_at():
    names = Names(tuple(f"state-{number}" for number in range(10_000)), ())
    finding = Diagnostic(ERROR, "MISSING_TRANSITION_TARGET", f"Missing 'Next' target: {'x' * 100_000}", "/StartAt")
    assert hint_of(finding, names) is None
