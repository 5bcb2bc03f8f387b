"""Which variables a state can see."""

import pytest

from stepwell.asl.compile import compile_definition
from tests.asl.definitions import findings, machine_of
from tests.engine.machines import catch, choice, each, flow, parallel, pass_, succeed, task

MAYBE = "!POSSIBLY_UNDEFINED_VARIABLE: The variable '{}' may be undefined at {}"
NOWHERE = "The variable '{}' is not assigned by any state at {}"
OUTER = "The variable '{}' exists in an outer scope and cannot be assigned here at {}"


def jsonata(output, **fields):
    return pass_(QueryLanguage="JSONata", Output=output, **fields)


CASES = {
    "set before": (flow(A=pass_(Assign={"x": 1}), B=pass_(InputPath="$x")), []),
    "set by the state itself": (
        flow(A=pass_(Assign={"x": 1, "y.$": "$x"})),
        [MAYBE.format("x", "/States/A/Assign")],
    ),
    "set after": (
        flow(A=pass_(InputPath="$x"), B=pass_(Assign={"x": 1})),
        [MAYBE.format("x", "/States/A/InputPath")],
    ),
    "set in a loop": (
        flow(A=pass_(InputPath="$x"), B=pass_(Assign={"x": 1}), C=choice({"Variable": "$", "IsNull": True, "Next": "A"}, Default="D"), D=succeed()),
        [],
    ),
    "set nowhere": (flow(A=pass_(Parameters={"v.$": "$x"})), [NOWHERE.format("x", "/States/A/Parameters")]),
    "set nowhere, in JSONata": (flow(A=jsonata("{% $x %}")), [MAYBE.format("x", "/States/A/Output")]),
    "set nowhere, in a part": (
        flow(A=jsonata({"a": ["{% $x %}"]})),
        [MAYBE.format("x", "/States/A/Output/a[0]")],
    ),
    "bound in the expression": (flow(A=jsonata("{% ($x := 1; $x) %}")), []),
    "by one rule": (
        flow(
            C=choice({"Variable": "$", "IsNull": True, "Next": "A", "Assign": {"x": 1}}, Default="B", Assign={"y": 1}),
            A=pass_(Parameters={"v.$": "$x", "w.$": "$y"}, Next="D"),
            B=pass_(Parameters={"v.$": "$y"}),
            D=succeed(),
        ),
        [MAYBE.format("y", "/States/A/Parameters")],
    ),
    "by a catcher": (
        flow(T=task(Catch=[catch("C", Assign={"e.$": "$"})], Assign={"r": 1}, Next="D"), C=pass_(InputPath="$e"), D=pass_(InputPath="$r")),
        [],
    ),
    "an ended branch's": (
        flow(P=parallel(flow(A=pass_(Assign={"x": 1})), flow(B=pass_(InputPath="$x"))), C=pass_(InputPath="$x")),
        [MAYBE.format("x", "/States/C/InputPath"), MAYBE.format("x", "/States/P/Branches[1]/States/B/InputPath")],
    ),
    "read by inner scopes": (
        flow(A=pass_(Assign={"x": [1]}), M=each(flow(B=pass_(InputPath="$x")), ItemsPath="$x", ItemSelector={"v.$": "$x"})),
        [],
    ),
    "set by an inner scope too": (
        flow(A=pass_(Assign={"x": 1}), M=each(flow(B=pass_(Assign={"x": 1})))),
        [OUTER.format("x", "/States/M/ItemProcessor/States/B")],
    ),
    "set outside afterwards": (flow(P=parallel(flow(A=pass_(Assign={"x": 1}))), B=pass_(Assign={"x": 2})), []),
    "set by the catcher of what holds the inner scope": (  # recorded
        flow(P=parallel(flow(A=pass_(Assign={"x": 1})), Catch=[catch("B", Assign={"x": 2})]), B=pass_(InputPath="$x")),
        [],
    ),
    "set by siblings": (flow(P=parallel(flow(A=pass_(Assign={"x": 1})), flow(B=pass_(Assign={"x": 2})))), []),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_findings(name):
    definition, expected = CASES[name]
    assert findings(definition) == expected


def test_reads():
    machine = machine_of(
        flow(
            A=pass_(Assign={"x": 1, "y": 2}),
            B=pass_(Parameters={"p.$": "States.Format('{}{}', $y, $x.z)"}, OutputPath="$y"),
            C=jsonata({"a": ["{% $x + $z %}"]}, Assign={"w": "{% ($l := $y; $l) %}"}),
        )
    )
    assert machine.variable_reads == {"B": ("x", "y"), "C": ("x", "y", "z")}


def test_known_variables():
    text = '{"StartAt":"A","States":{"A":{"Type":"Pass","InputPath":"$x","End":true}}}'
    assert compile_definition(text).machine is None
    assert compile_definition(text, known=frozenset({"x"})).machine is not None


def test_time_is_linear_whatever_the_graph():
    size = 1_500
    states = {}
    for number in range(size):
        rules = [{"Variable": "$", "IsNull": True, "Next": f"S{(number * 7 + step) % size}"} for step in (1, 5)]
        states[f"S{number}"] = choice(*rules, Default=f"S{(number + 1) % size}", Assign={f"v{number}": 1})
    states["S0"]["Default"] = "Z"
    states["Z"] = succeed()
    machine_of({"StartAt": "S1", "States": states})
