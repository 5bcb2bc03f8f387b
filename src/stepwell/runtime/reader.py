"""Reads of committed rows: history in AWS's form, payloads of closed and open executions. Never of live engines."""

from typing import Any

from stepwell.engine.branch import Wait
from stepwell.engine.history import blob_numbers, entries, render_entries
from stepwell.runtime.codec import (
    INPUT,
    Reference,
    Result,
    decode_detail,
    decode_result,
    decode_turns,
    decode_waits,
    given_up_in,
)
from stepwell.store.protocol import Store, StoreError
from stepwell.store.records import ExecutionRow, HistoryRow


class Reader:
    """Answers from the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def input_of(self, row: ExecutionRow) -> str:
        """The text that StartExecution was given."""
        return await self.text(row.id, decode_detail(row.detail).input)

    def trace_header_of(self, row: ExecutionRow) -> str | None:
        """The trace header that StartExecution was given."""
        return decode_detail(row.detail).trace_header

    async def result_of(self, row: ExecutionRow) -> tuple[str | None, str | None, str | None]:
        """Output, error and cause of a closed execution; nothing of an open one."""
        if row.result is None:
            return None, None, None
        result: Result = decode_result(row.result)
        if result.output == INPUT:
            output: str | None = await self.input_of(row)
        else:
            output = None if result.output is None else await self.text(row.id, result.output)
        return output, result.error, result.cause

    def given_up_in(self, row: ExecutionRow, branch: int, attempt: int) -> int | None:
        """The number of the state in which a closed execution gave this attempt up; None if it did not."""
        remains = None if row.result is None else decode_result(row.result).remains
        return None if remains is None else given_up_in(remains, branch, attempt)

    async def waits(self, execution_id: bytes) -> list[tuple[int, Wait, int | None]]:
        """What the branches of an open execution wait for, as it was last committed; nothing of a closed one."""
        found = await self._store.load_open(execution_id)
        return [] if found is None else decode_waits(found.open.snapshot, found.branches.values())

    async def text(self, execution_id: bytes, reference: Reference) -> str:
        """A payload's text, wherever it lies. Raises StoreError when its row is gone."""
        if isinstance(reference, str):
            return reference
        raw = await self._store.load_blob(execution_id, reference)
        if raw is None:
            raise StoreError(f"blob {reference} of execution {execution_id.hex()} is missing")
        return raw.decode()

    async def history(
        self,
        execution_id: bytes,
        *,
        start: int | None,
        limit: int,
        reverse: bool = False,
        include_data: bool = True,
    ) -> tuple[list[dict[str, Any]], int | None]:
        """A page of history events and the id at which the next page begins, or None at the end.

        `start` is the first event id of the page (the last one when `reverse`); None means from the outset.
        """
        if reverse:
            rows = await self._store.load_history_back(execution_id, start, limit + 1)
            last = start if start is not None else _last_id(rows[:1])
            wanted = range(max(1, last - limit + 1), last + 1)
            following = wanted.start - 1 if wanted.start > 1 else None
        else:
            first = start or 1
            rows = await self._store.load_history(execution_id, first, limit + 1)
            last = _last_id(rows)
            wanted = range(first, min(first + limit, last + 1))
            following = wanted.stop if wanted.stop <= last else None
        events: list[dict[str, Any]] = []
        for row in sorted(rows, key=lambda one: one.first_event_id):
            events.extend(await self._render(execution_id, row, include_data, wanted))
        return (events[::-1] if reverse else events), following

    async def last_event_id(self, execution_id: bytes) -> int:
        """The id of an execution's newest event; 0 if there is none."""
        return _last_id(await self._store.load_history_back(execution_id, None, 1))

    async def events_of(self, execution_id: bytes, row: HistoryRow, include_data: bool) -> list[dict[str, Any]]:
        """The events of one batch."""
        batch = range(row.first_event_id, row.first_event_id + row.events)
        return await self._render(execution_id, row, include_data, batch)

    async def _render(
        self, execution_id: bytes, row: HistoryRow, include_data: bool, wanted: range
    ) -> list[dict[str, Any]]:
        found = entries(decode_turns(row.batch), row.first_event_id)
        chosen = [entry for entry in found if entry.event_id in wanted]
        texts: dict[int, str] = {}
        if include_data:
            for number in {number for entry in chosen for number in blob_numbers(entry)}:
                texts[number] = await self.text(execution_id, number)
        return render_entries(chosen, texts.__getitem__, include_data)


def _last_id(rows: list[HistoryRow]) -> int:
    return max((row.first_event_id + row.events - 1 for row in rows), default=0)
