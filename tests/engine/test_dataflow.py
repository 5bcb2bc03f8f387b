"""The steps of data flow on their own."""

from typing import Any

import pytest

from stepwell.asl.template import DISCARD
from stepwell.engine.dataflow import StateError, from_outside, place_result
from stepwell.payload import Payload
from stepwell.query.failures import QueryError
from stepwell.query.jsonpath import compile_reference_path


def test_place_result_keeps_payloads_that_it_does_not_look_into() -> None:
    raw, result = Payload('{ "a":1}'), Payload("[ 2 ]")
    assert place_result(None, raw, result) is result
    assert place_result(DISCARD, raw, result) is raw


def test_place_result_never_changes_the_raw_input() -> None:
    raw, result = Payload.of({"a": {"b": 1}}), Payload.of(2)
    assert place_result(compile_reference_path("$.a.c"), raw, result).value == {"a": {"b": 1, "c": 2}}
    assert raw.value == {"a": {"b": 1}}


@pytest.mark.parametrize("raw", [4, "text", None, [1], True])
def test_place_result_into_what_is_no_object(raw: Any) -> None:
    with pytest.raises(QueryError) as caught:
        place_result(compile_reference_path("$.child"), Payload.of(raw), Payload.of(1))
    assert caught.value.error == "States.ReferencePathConflict"
    assert caught.value.cause == f"Unable to apply ReferencePath $.child to input {Payload.of(raw).text}"


def test_from_outside_forgets_the_blob() -> None:
    payload = Payload("1")
    payload.blob = 5
    assert from_outside(payload) is payload
    assert payload.blob is None


def test_state_error() -> None:
    error = StateError("States.X", "why", prefixed=False)
    assert (error.error, error.cause, error.prefixed) == ("States.X", "why", False)
