"""Batches: what is in them, and their exact sizes."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepwell.integrations.items import BatchConfig, Batcher, ItemTooLarge, batches
from stepwell.limits import AWS
from stepwell.payload import print_json

TABLE = [
    ([], BatchConfig(2), []),
    (["1", "2", "3"], BatchConfig(2), ['{"Items":[1,2]}', '{"Items":[3]}']),
    (["1", "2"], BatchConfig(1), ['{"Items":[1]}', '{"Items":[2]}']),
    (["1", "2", "3"], BatchConfig(), ['{"Items":[1,2,3]}']),
    (["1", "2", "3"], BatchConfig(0, 15), ['{"Items":[1,2]}', '{"Items":[3]}']),
    (["1", "2", "3"], BatchConfig(3, 14), ['{"Items":[1]}', '{"Items":[2]}', '{"Items":[3]}']),
    (['"é"', '"é"'], BatchConfig(0, 20), ['{"Items":["é"]}', '{"Items":["é"]}']),
    (['"é"', '"é"'], BatchConfig(0, 21), ['{"Items":["é","é"]}']),
    (
        ["1", "2", "3"],
        BatchConfig(2, batch_input='{"k":"v"}'),
        ['{"BatchInput":{"k":"v"},"Items":[1,2]}', '{"BatchInput":{"k":"v"},"Items":[3]}'],
    ),
]


@pytest.mark.parametrize("texts, config, expected", TABLE)
def test_batches(texts, config, expected):
    assert [batch.text for batch in batches(texts, config)] == expected


JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=8), lambda inner: st.lists(inner, max_size=3), max_leaves=4
)


@given(st.lists(JSON, max_size=30), st.integers(0, 5), st.integers(300, 400), st.none() | st.just({"é": 1}))
def test_what_holds_for_all(values, most, bytes_max, batch_input):
    head = None if batch_input is None else print_json(batch_input)
    texts = [print_json(value) for value in values]
    made = list(batches(texts, BatchConfig(most, bytes_max, head)))
    inputs = [json.loads(batch.text) for batch in made]
    assert [item for one in inputs for item in one["Items"]] == values
    for batch, one in zip(made, inputs, strict=True):
        assert batch.size_bytes == len(batch.text.encode()) <= bytes_max
        assert batch.items == len(one["Items"])
        assert not most or batch.items <= most
        assert list(one) == (["Items"] if head is None else ["BatchInput", "Items"])
    for batch, follower in zip(made, inputs[1:], strict=False):  # none could have held one more
        longer = batch.size_bytes + 1 + len(print_json(follower["Items"][0]).encode())
        assert batch.items == most or longer > bytes_max


def test_an_item_that_is_too_large():
    batcher = Batcher(BatchConfig(0, 20))
    assert batcher.add("1") is None
    with pytest.raises(ItemTooLarge, match="An item makes an input of 22 bytes; a batch may have 20"):
        batcher.add('"12345678"')
    last = batcher.flush()
    assert last is not None and last.text == '{"Items":[1]}'
    assert batcher.flush() is None


def test_a_batch_is_never_larger_than_a_payload():
    text = json.dumps("x" * 100_000)
    assert [batch.items for batch in batches([text] * 5, BatchConfig())] == [2, 2, 1]
    assert BatchConfig().max_input_bytes_per_batch == AWS.payload_bytes_max
