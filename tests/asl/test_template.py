"""Payload templates: values, key order, failures, constants."""

import pytest

from stepwell.asl.template import in_hash_map_order, looks_like_path
from stepwell.payload import print_json
from stepwell.query.failures import QueryError
from tests.asl.definitions import scope, state_findings, state_of


def template(source):
    return state_of({"Type": "Pass", "Parameters": source, "End": True}).parameters


VALUES = [
    ({}, "{}"),
    ({"a": 1, "b": [1, "$x", {"c": None}]}, '{"a":1,"b":[1,"$x",{"c":null}]}'),
    ({"a.$": "$.x"}, '{"a":{"y":[1,2]}}'),
    ({"a.$": "$"}, '{"a":{"x":{"y":[1,2]},"s":"t"}}'),
    ({"a.$": "$$.State.Name"}, '{"a":"S"}'),
    ({"a.$": "$$"}, '{"a":{"State":{"Name":"S"}}}'),
    ({"a.$": "$var.k"}, '{"a":7}'),
    ({"a.$": "States.Format('{}-{}', $.s, $var.k)"}, '{"a":"t-7"}'),
    ({"a.$": "$.x.y[*]"}, '{"a":[1,2]}'),
    ({"a.$": "$..nope"}, '{"a":[]}'),
    ({"a": {"b": [{"c.$": "$.s"}, "k", {"d": 1}]}}, '{"a":{"b":[{"c":"t"},"k",{"d":1}]}}'),
    ({"z.$": "$.s", "a": {"n.$": "$.s"}, "k": 1}, '{"a":{"n":"t"},"k":1,"z":"t"}'),
    ({".$": "$.s"}, '{"":"t"}'),
]


@pytest.mark.parametrize(("source", "expected"), VALUES)
def test_values(source, expected):
    where = scope({"x": {"y": [1, 2]}, "s": "t"}, {"State": {"Name": "S"}}, {"var": {"k": 7}})
    made = template(source)
    assert print_json(made.evaluate(where)) == expected
    assert print_json(made.evaluate(where)) == expected  # nothing is used up
    assert made.source == source


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (["i", "v"], ["v", "i"]),
        (["index", "value", "source", "parentId"], ["index", "source", "value", "parentId"]),
        (["Aa", "BB"], ["Aa", "BB"]),
        (["BB", "Aa"], ["BB", "Aa"]),
        (
            [f"k{n}" for n in range(13)],
            ["k0", "k1", "k2", "k3", "k4", "k5", "k11", "k6", "k10", "k7", "k8", "k12", "k9"],
        ),
        (["\U0001f600", "é", ""], ["", "\U0001f600", "é"]),
    ],
)
def test_evaluated_keys_iterate_like_a_hash_map(keys, expected):
    assert in_hash_map_order(dict.fromkeys(keys)) == expected


def test_key_order_literals_first_then_evaluated():
    made = template({"i.$": "$.a", "z": 0, "v.$": "$.a", "y": {"q.$": "$.a"}})
    assert print_json(made.evaluate(scope({"a": 1}))) == '{"z":0,"y":{"q":1},"v":1,"i":1}'


def test_many_keys_grow_the_table():
    keys = dict.fromkeys(f"key{number}" for number in range(100))
    order = in_hash_map_order(keys)
    assert sorted(order) == sorted(keys) and order != list(keys)


def test_constant_parts_are_made_once():
    made = template({"fixed": {"big": [1, 2, 3]}, "list": [{"a.$": "$.s"}, {"b": 1}], "x.$": "$.s"})
    first, second = made.evaluate(scope({"s": 1})), made.evaluate(scope({"s": 2}))
    assert first["fixed"] is second["fixed"] and first["list"][1] is second["list"][1]
    assert (first["x"], second["x"], first["list"][0], second["list"][0]) == (1, 2, {"a": 1}, {"a": 2})
    whole = template({"a": 1})
    assert whole.evaluate(scope({})) is whole.evaluate(scope({}))


def test_paths():
    made = template({"a.$": "$.x", "b": [{"c.$": "States.Format('{}{}', $$.Task.Token, $v)"}], "d": "$.no"})
    assert [path.text for path in made.paths] == ["$.x", "$$.Task.Token", "$v"]


NOT_FOUND = "The JSONPath '{}' specified for the field '{}' could not be found in the input '{}'"
FAILURES = [
    ({"value.$": "$.x"}, NOT_FOUND.format("$.x", "value.$", '{"a":1.0}')),
    ({"deep": [{"value.$": "$.x.y"}]}, NOT_FOUND.format("$.x.y", "value.$", '{"a":1.0}')),
    ({"ok.$": "$.a", "value.$": "$$.Nope"}, NOT_FOUND.format("$$.Nope", "value.$", '{"State":{"Name":"S"}}')),
    ({"value.$": "States.Array($.a, $.b)"}, NOT_FOUND.format("$.b", "value.$", '{"a":1.0}')),
]


@pytest.mark.parametrize(("source", "cause"), FAILURES)
def test_a_path_that_finds_nothing(source, cause):
    with pytest.raises(QueryError) as caught:
        template(source).evaluate(scope({"a": 1.0}, {"State": {"Name": "S"}}))
    assert (caught.value.error, caught.value.cause) == ("States.Runtime", cause)


def test_an_intrinsic_that_fails_keeps_its_own_words():
    with pytest.raises(QueryError) as caught:
        template({"value.$": "States.ArrayLength($.a)"}).evaluate(scope({"a": 1}))
    assert "States.ArrayLength($.a)" in caught.value.cause and "could not be found" not in caught.value.cause


@pytest.mark.parametrize("value", [1, None, "", "x", "$.", "$.(", "States.Nope()", "States.Format(", {"a": 1}])
def test_values_that_are_no_expressions(value):
    assert state_findings({"Type": "Pass", "Parameters": {"in": [{"k.$": value}]}, "End": True}) == [
        "The value for the field 'k.$' must be a valid JSONPath or a valid intrinsic function call "
        "at /States/S/Parameters"
    ]


def test_a_key_and_its_evaluated_form_exclude_each_other():
    assert state_findings({"Type": "Pass", "Parameters": {"a": 1, "a.$": "$.x"}, "End": True}) == [
        "The fields 'a' and 'a.$' cannot both be given at /States/S/Parameters"
    ]


def test_templates_are_bounded_in_depth():
    deep = {"x.$": "$.a"}
    for _ in range(49):
        deep = {"y": [deep]}
    assert template(deep).evaluate(scope({"a": 1}))["y"][0]["y"]
    assert state_findings({"Type": "Pass", "Parameters": {"y": [deep]}, "End": True}) == [
        "A payload template can be nested at most 100 levels deep at /States/S/Parameters"
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("$.a", True), ("$[0]", True), ("$$.a", True), ("$", False), ("$5", False), ("$.", False), ("a", False)],
)
def test_looks_like_path(text, expected):
    assert looks_like_path(text) is expected
