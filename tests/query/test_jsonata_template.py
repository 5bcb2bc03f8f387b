"""Templates: expressions at any depth, and the name of the place that failed."""

from random import Random

import pytest

from stepwell.query.jsonata import FieldError, JsonataScope
from stepwell.query.jsonata_template import compile_jsonata_template

SCOPE = JsonataScope({"a": 1, "l": [1, 2]}, dict, {"v": 5}, Random(1), 1_700_000_000_000)


def evaluate(template, field="Output"):
    return compile_jsonata_template(template).evaluate(SCOPE, field)


VALUES = [
    (1, 1),
    (None, None),
    ("text", "text"),
    ("{% $v %}", 5),
    (" {% $v %}", " {% $v %}"),
    ("{% $v %} and more", "{% $v %} and more"),
    ({"{% $v %}": 1}, {"{% $v %}": 1}),
    ({"z": "{% $v %}", "a": "{% $states.input.a %}", "m": 1}, {"z": 5, "a": 1, "m": 1}),
    ({"x": [{"y": ["{% $v + 1 %}", "k"]}]}, {"x": [{"y": [6, "k"]}]}),
    (["{% $states.input.l %}", []], [[1, 2], []]),
    ({"n": "{% null %}"}, {"n": None}),
    ({}, {}),
    ([], []),
]


@pytest.mark.parametrize("template, value", VALUES)
def test_values(template, value):
    found = evaluate(template)
    assert found == value
    if isinstance(value, dict):
        assert list(found) == list(value)


PLACES = [
    ("{% $no %}", "Output"),
    ({"result": "{% $no %}"}, "Output/result"),
    ({"values": ["{% $no %}"]}, "Output/values[0]"),
    ({"a": {"b": [1, [2, {"c": "{% $no %}"}]]}}, "Output/a/b[1][1]/c"),
    ({"ok": "{% $v %}", "bad": "{% $no %}"}, "Output/bad"),
    ({"first": "{% $no %}", "second": "{% $no %}"}, "Output/first"),
]


@pytest.mark.parametrize("template, place", PLACES)
def test_places(template, place):
    with pytest.raises(FieldError) as caught:
        evaluate(template)
    assert caught.value.location == place
    assert caught.value.cause == (
        f"The JSONata expression '$no' specified for the field '{place}' returned nothing (undefined)."
    )


def test_a_constant_is_handed_on():
    source = {"a": [1, {"b": None}]}
    template = compile_jsonata_template(source)
    assert template.constant
    assert template.evaluate(SCOPE, "Output") is source


def test_parts_and_problems():
    template = compile_jsonata_template({"a": "{% $v %}", "b": ["{% 1 + %}", {"c": "{% $states.input.x %}"}]})
    assert [(part.location, part.expression.source) for part in template.parts] == [
        ("/a", "$v"),
        ("/b[1]/c", "$states.input.x"),
    ]
    assert [tuple(problem) for problem in template.problems] == [
        ("/b[0]", "INVALID_JSONATA_EXPRESSION", "Unexpected end of expression")
    ]
    assert template.reads.states == {"input"}
    assert template.reads.variables == {"v"}
    assert not template.constant


def test_cheap_when_all_parts_are():
    assert compile_jsonata_template({"a": "{% $v %}", "b": 1}).cheap
    assert not compile_jsonata_template({"a": "{% $v %}", "b": "{% [1..3] %}"}).cheap


def test_nesting_is_bounded():
    deep = "{% 1 %}"
    for _ in range(300):
        deep = [deep]
    [problem] = compile_jsonata_template(deep).problems
    assert "Nesting" in problem.message
