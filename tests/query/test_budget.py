"""What one evaluation may do in all, however many paths and calls it has."""

import random

import pytest

from stepwell.limits import Limits
from stepwell.query.failures import QueryError
from stepwell.query.intrinsics import compile_expression
from stepwell.query.jsonpath import compile_path
from stepwell.query.scope import Scope
from stepwell.query.weight import cost, size


def scope(value):
    return Scope(value, dict, {}, random.Random(1))


def test_all_paths_of_an_evaluation_share_one_budget():
    path = compile_path("$.a[*]", Limits(query_steps_max=3_000))
    shared = scope({"a": list(range(500))})
    path.read(shared)
    path.read(shared)
    assert shared.budget.spent > 2_000
    with pytest.raises(QueryError, match="too many nodes"):
        path.read(shared)
    assert len(path.read(scope({"a": list(range(500))}))) == 500


def test_a_definite_path_costs_nothing():
    used = scope({"a": {"b": [1, 2]}})
    assert compile_path("$.a.b[1]").read(used) == 2
    assert used.budget is None


def test_nodes_that_hold_one_another_count_for_all_that_they_hold():
    deep = 1
    for _ in range(100):
        deep = {"a": deep}
    steps = 20_000
    assert len(compile_path("$..a", Limits(query_steps_max=steps)).read(scope(deep))) == 100
    with pytest.raises(QueryError, match="too many nodes"):
        compile_path("$..a..a", Limits(query_steps_max=steps)).read(scope(deep))
    with pytest.raises(QueryError, match="too many nodes"):
        compile_path(f"$.a[{','.join('0' * 200)}]", Limits(query_steps_max=steps)).read(scope({"a": [[1] * 200]}))


@pytest.mark.parametrize("text", ["States.JsonToString($)", "States.ArrayUnique($)", "States.Format('{}', $)"])
def test_calls_that_go_deep_pay_for_what_they_look_at(text):
    used = scope([[1, 2, 3]] * 100)
    compile_expression(text).read(used)
    assert used.budget.spent >= 400


def test_calls_that_do_not_go_deep_pay_little():
    used = scope([[1, 2, 3]] * 100)
    compile_expression("States.ArrayGetItem($, 5)").read(used)
    assert used.budget.spent < 20


def test_many_calls_run_out_of_steps_together():
    shared = scope({"t": "x" * 16_000})
    call = compile_expression("States.Format('{}{}', $.t, $.t)", Limits(query_steps_max=40_000))
    for _ in range(9):
        assert len(call.read(shared)) == 32_000
    with pytest.raises(QueryError, match="too many nodes"):
        call.read(shared)


def test_what_things_cost():
    assert cost(["x" * 160, [1] * 160, 5], False, 1_000) == 1 + 10 + 10
    assert cost([[[1] * 100]], True, 1_000) > 100
    assert [size("x" * 160), size([1, 2]), size({"a": 1}), size(None)] == [10, 2, 1, 0]
