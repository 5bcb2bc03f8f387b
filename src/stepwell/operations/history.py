"""The history of an execution, a page at a time."""

from typing import Any, Final

from stepwell.caller import Caller
from stepwell.operations.paging import page_size
from stepwell.operations.resources import execution_of
from stepwell.operations.service import Service

_CHUNK_EVENTS: Final = 100
_PAGE_CHARACTERS_MAX: Final = 8 * 1_048_576


async def get_execution_history(
    service: Service,
    caller: Caller,
    *,
    execution_arn: str,
    max_results: int | None = None,
    reverse_order: bool = False,
    next_token: str | None = None,
    include_execution_data: bool = True,
) -> dict[str, Any]:
    """Committed history events in order of their ids, or from the last one back.

    A page ends early when its texts grow large (AWS: the number of results is an upper bound). Raises
    `ExecutionDoesNotExist`, `InvalidArn`, `InvalidToken`.
    """
    _, row = await execution_of(service, caller, execution_arn)
    left = page_size(max_results, service.limits)
    chosen = (row.id, reverse_order, include_execution_data)
    position: int | None = await service.pages.read("GetExecutionHistory", caller, chosen, next_token)
    events: list[dict[str, Any]] = []
    characters = 0
    while left > 0 and characters < _PAGE_CHARACTERS_MAX:
        chunk, position = await service.runtime.reader.history(
            row.id,
            start=position,
            limit=min(left, _CHUNK_EVENTS) if include_execution_data else left,
            reverse=reverse_order,
            include_data=include_execution_data,
        )
        events += chunk
        left -= len(chunk)
        characters += sum(map(_characters, chunk))
        if position is None:
            break
    token = None
    if position is not None:
        token = await service.pages.make("GetExecutionHistory", caller, chosen, position)
    return {"events": events, "next_token": token}


def _characters(event: dict[str, Any]) -> int:
    """The length of the texts in an event's details."""
    characters = 0
    for details in event.values():
        if isinstance(details, dict):
            for value in details.values():
                if isinstance(value, str):
                    characters += len(value)
    return characters
