"""The items of a distributed Map under test: what its reader finds in the data, what batches they make.

A tested Map runs its mocked work in place of children, so its own fields know nothing of batches; what the definition
says of them is kept beside it (`Setup.batcher`). (The form of batches is recorded: their items are texts.)
"""

from collections.abc import Callable
from typing import Any

from stepwell.asl.states.distributed import ItemBatcher, ItemReader
from stepwell.engine.dataflow import fill, read
from stepwell.engine.evaluation import number_in
from stepwell.engine.tested import TestedExecution
from stepwell.errors import ValidationException
from stepwell.integrations.items import BatchConfig, ItemReaderFailed, batches, read_given
from stepwell.limits import AWS, Limits
from stepwell.payload import Payload, parse_json, print_json
from stepwell.query.jsonata import JsonataScope
from stepwell.runtime.map_run_source import reader_config


async def reader_items(reader: ItemReader, text: str | None, limits: Limits) -> list[Any]:
    """The items that the reader would find in the data, "as found in its original source" (service model).

    A MaxItems that is read from the input is not heeded. Raises `ValidationException` (the first text is recorded).
    """
    if text is None:
        raise ValidationException(
            "ItemReader data must be specified when testing a Map state with ItemReader specified."
        )
    config = reader_config(reader, 0 if reader.config is None else reader.config.max_items)
    try:
        return await read_given(text.encode(), config, limits)
    except ItemReaderFailed as failed:
        raise ValidationException(f"ItemReader data cannot be read: {failed.cause}") from None


def batched(run: TestedExecution, items: list[Any], given: Payload, scope: Callable[[], JsonataScope]) -> list[Any]:
    """The items in their batches, as children would get them. Raises `QueryError`, and `ItemTooLarge` for one item."""
    batcher = run.setup.batcher
    assert batcher is not None
    jsonata = run.root.state.is_jsonata
    config = _evaluated(batcher, scope()) if jsonata else _read(run, batcher, given)
    texts = [print_json(item) for item in items]
    head = {} if config.batch_input is None else {"BatchInput": parse_json(config.batch_input)}
    made, at = [], 0
    for batch in batches(texts, config):
        made.append({**head, "Items": texts[at : at + batch.items]})
        at += batch.items
    return made


def _read(run: TestedExecution, batcher: ItemBatcher, given: Payload) -> BatchConfig:
    view = run.view_of(run.root)

    def bound(literal: int, path: Any) -> int:
        return literal if path is None else int(read(path, given.value, view))

    template: Any = batcher.batch_input
    batch_input = None if template is None else fill(template, given.value, view).text
    items_max = bound(batcher.max_items, batcher.max_items_path)
    return _config(items_max, bound(batcher.max_bytes, batcher.max_bytes_path), batch_input)


def _evaluated(batcher: ItemBatcher, scope: JsonataScope) -> BatchConfig:
    def bound(field: Any, literal: int) -> int:
        return literal if field is None else number_in(field, scope)

    field: Any = batcher.batch_input
    batch_input = None if field is None else field.payload(scope).text
    items_max = bound(batcher.evaluated_max_items, batcher.max_items)
    return _config(items_max, bound(batcher.evaluated_max_bytes, batcher.max_bytes), batch_input)


def _config(items_max: int, bytes_max: int, batch_input: str | None) -> BatchConfig:
    return BatchConfig(items_max, min(bytes_max or AWS.payload_bytes_max, AWS.payload_bytes_max), batch_input)
