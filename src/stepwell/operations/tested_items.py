"""The work of a Map under test: which items its children would get, in which batches, and the mock in their place.

All that the definition says of it comes from the plan of the Map Run that the state asks for; only the data of an
ItemReader are given. (Order of checks, texts and the form of batches, whose items are texts: recorded.)
"""

import asyncio
from random import Random
from typing import Any, Final, NamedTuple

from stepwell.asl.states.map import Map
from stepwell.engine.commands import MapPlan, StartMapRun
from stepwell.engine.events import Event, MapRunEnded
from stepwell.engine.failure import DATA_LIMIT_EXCEEDED, ITEM_READER_FAILED, Failure
from stepwell.engine.item_inputs import STATE_DATA, ItemInputs
from stepwell.engine.map_run import EXCEEDED
from stepwell.engine.tested import Outcome
from stepwell.errors import ValidationException
from stepwell.integrations.items import (
    BatchConfig,
    ItemReaderFailed,
    ItemTooLarge,
    batches,
    items_wanted,
    read_given,
)
from stepwell.limits import Limits
from stepwell.payload import parse_json
from stepwell.query.failures import QueryError
from stepwell.runtime.map_run_source import Place, WorkOut, dear_texts, reader_config

_CHUNK_ITEMS: Final = 16
_CHARACTERS_MAX: Final = 16_777_216


class Given(NamedTuple):
    """What a test of a Map gives: the data that its ItemReader would read, its mock, and how many iterations fail."""

    data: str | None
    mock: Outcome
    failures: int | None


class MapWork:
    """The work of one tested Map. What it came to is kept: the items read, their inputs, the batches of these."""

    def __init__(self, state: Map, given: Given, limits: Limits) -> None:
        self._state = state
        self._given = given
        self._limits = limits
        self.read: list[Any] | None = None
        self.inputs: list[str] | None = None
        self.batches: list[dict[str, Any]] | None = None

    async def end(self, command: StartMapRun, dice: Random, at_ms: int, work_out: WorkOut) -> list[Event]:
        """How the Map Run ends. Raises `ValidationException` where the test makes no sense."""
        plan = command.plan
        try:
            places = await self._places(plan)
            self.inputs = await _texts(ItemInputs(self._state, plan, dice, at_ms), places, work_out)
            outcome = self._outcome(plan, self._children(plan, self.inputs))
        except QueryError as error:
            outcome = Failure(error.error, error.cause)
        except (ItemReaderFailed, ItemTooLarge) as error:
            outcome = Failure(ITEM_READER_FAILED, str(error))
        if isinstance(outcome, Failure):
            return [MapRunEnded(command.branch, command.attempt, None, outcome.error, outcome.cause)]
        return [MapRunEnded(command.branch, command.attempt, outcome)]

    async def _places(self, plan: MapPlan) -> list[Place]:
        source = STATE_DATA if self._state.is_distributed else None
        if plan.items is None:
            self.read = await self._items(plan)
            return [(index, item, _object_of(plan), None) for index, item in enumerate(self.read)]
        items = plan.items.value
        if isinstance(items, dict):
            return [(index, item, source, key) for index, (key, item) in enumerate(items.items())]
        return [(index, item, source, None) for index, item in enumerate(items)]

    async def _items(self, plan: MapPlan) -> list[Any]:
        """The items that the reader would find in the data, "as found in its original source" (service model)."""
        assert self._state.item_reader is not None and self._given.data is not None
        config = reader_config(self._state.item_reader, plan.max_items)
        items_wanted(config, self._limits)
        try:
            return await read_given(self._given.data.encode(), config, self._limits)
        except ItemReaderFailed as failed:
            raise ValidationException(f"ItemReader data cannot be read: {failed.cause}") from None

    def _children(self, plan: MapPlan, inputs: list[str]) -> int:
        """How many children there would be. Raises `ItemTooLarge` for an item that no batch takes."""
        if self._state.item_batcher is None:
            return len(inputs)
        most = self._limits.payload_bytes_max
        head = None if plan.batch_input is None else plan.batch_input.text
        config = BatchConfig(plan.batch_items, min(plan.batch_bytes or most, most), head)
        shown = {} if head is None else {"BatchInput": parse_json(head)}
        made, at = [], 0
        for batch in batches(inputs, config):
            made.append({**shown, "Items": inputs[at : at + batch.items]})
            at += batch.items
        self.batches = made
        return len(made)

    def _outcome(self, plan: MapPlan, children: int) -> Outcome:
        mock, failures = self._given.mock, self._given.failures
        if isinstance(mock, Failure):
            return mock
        if failures is not None:
            if failures > children:
                raise ValidationException(
                    "Map iteration failure count must be less than or equal to the number of Map iterations"
                )
            if _is_too_many(plan, failures, children):
                return EXCEEDED
        if isinstance(mock.value, list) and len(mock.value) != children:
            raise ValidationException("Input array does not equal the mocked result array's size")
        return mock


async def _texts(inputs: ItemInputs, places: list[Place], work_out: WorkOut) -> list[str]:
    """What the ItemSelector makes of all items, a few at a time: others have the event loop in between.

    Raises QueryError, also where it is too much to be held together: each item may get all of the Map's input.
    """
    texts: list[str] = []
    characters = 0
    for at in range(0, len(places), _CHUNK_ITEMS):
        few = places[at : at + _CHUNK_ITEMS]
        made = await dear_texts(inputs, few, work_out) if inputs.is_dear else [inputs.text(*place) for place in few]
        characters += sum(map(len, made))
        if characters > _CHARACTERS_MAX:
            raise QueryError(DATA_LIMIT_EXCEEDED, "The inputs of all items together are too large for a test")
        texts += made
        await asyncio.sleep(0)
    return texts


def _is_too_many(plan: MapPlan, failures: int, children: int) -> bool:
    """AWS: more than ToleratedFailureCount, or a larger share than ToleratedFailurePercentage, where they are set."""
    count, percentage = plan.tolerated_count, plan.tolerated_percentage
    if count is not None and failures > count:
        return True
    return percentage is not None and children > 0 and failures * 100 / children > percentage


def _object_of(plan: MapPlan) -> str:
    """`Map.Item.Source` of items that are read: the object, or the bucket whose objects were listed (AWS)."""
    asked = plan.reader.value if plan.reader is not None else None
    named = asked if isinstance(asked, dict) else {}
    names = [named[name] for name in ("Bucket", "Key") if isinstance(named.get(name), str)]
    return f"S3://{'/'.join(names)}"
