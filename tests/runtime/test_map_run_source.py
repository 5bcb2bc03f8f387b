"""Children from state data: batches, where they begin and end, and going on from any page's beginning."""

import itertools
from random import Random

import pytest

from stepwell.engine.commands import MapPlan
from stepwell.engine.evaluation import answer
from stepwell.engine.item_inputs import ItemInputs
from stepwell.engine.map_run import Page, Status
from stepwell.integrations.items import ItemReaderFailed
from stepwell.limits import AWS, Limits
from stepwell.payload import Payload
from stepwell.runtime.map_run_codec import decode_page, decode_plan, encode_page, encode_plan
from stepwell.runtime.map_run_source import Source, every
from tests.asl.definitions import state_of

FLOW = {"StartAt": "B", "States": {"B": {"Type": "Pass", "End": True}}}
CONFIG = {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}


async def work_out(questions):
    return tuple(answer(question) for question in questions)


def source(items, limits=AWS, **plan):
    batcher = {"ItemBatcher": {"MaxItemsPerBatch": 1}} if plan else {}
    state = state_of({"Type": "Map", "End": True, "ItemProcessor": {**FLOW, "ProcessorConfig": CONFIG}, **batcher})
    made = MapPlan(0, items=Payload.of(items), **plan)
    return Source(state, made, ItemInputs(state, made, Random(1), 0), work_out, None, limits)


async def children(made, number=0, checkpoint=""):
    return [child async for child in every(made.children(number, checkpoint))]


@pytest.mark.parametrize(
    "plan, sizes",
    [
        ({}, [1] * 7),
        ({"batch_items": 3}, [3, 3, 1]),
        ({"batch_items": 7}, [7]),
        ({"batch_bytes": 20}, [4, 3]),  # {"Items":[0,1,2,3]}
        ({"batch_items": 3, "batch_bytes": 16}, [2, 2, 2, 1]),
    ],
)
async def test_sizes_and_going_on(plan, sizes):
    made = source(list(range(7)), **plan)
    whole = await children(made)
    assert [child.items for child in whole] == sizes
    assert [child.number for child in whole] == list(range(len(sizes)))
    for before, after in itertools.pairwise(whole):
        assert before.after == after.before
        again = await children(made, after.number, after.before.text)
        assert again == whole[after.number :]
    assert await children(made, len(whole), whole[-1].after.text) == []


async def test_an_item_that_no_execution_takes():
    with pytest.raises(ItemReaderFailed, match="input of 12 bytes"):
        await children(source(["x" * 10], Limits(payload_bytes_max=11)))
    with pytest.raises(ItemReaderFailed):
        await children(source(["x" * 100], batch_bytes=50, batch_items=2))


def test_plans_and_pages_survive():
    plan = MapPlan(
        3, Payload("[1]"), None, 4, Payload("{}"), None, {"a": Payload("1")}, 5, 6, Payload("7"), 8, 9.5, Payload("{}")
    )
    again = decode_plan(encode_plan(plan))
    for name in MapPlan.__struct_fields__:
        was, now = getattr(plan, name), getattr(again, name)
        shown = [
            {key: one.text for key, one in value.items()} if isinstance(value, dict) else getattr(value, "text", value)
            for value in (was, now)
        ]
        assert shown[0] == shown[1], name
    page = Page(2, "here")
    page.statuses, page.sizes = bytearray((Status.SUCCEEDED, Status.RUNNING)), [1, 4]
    page.ended, page.parts = 1, 3
    made = decode_page(2, encode_page(page))
    assert (made.statuses, made.sizes, made.ended, made.parts, made.full) == (page.statuses, [1, 4], 1, 3, False)
    page.sizes = [1, 1]
    assert decode_page(2, encode_page(page)).sizes == [1, 1]
