"""The stream of the lists: which executions started or ended, what the counts are, that a state machine was written."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from stepwell.arn import STATE_MACHINE, parse_arn_of
from stepwell.caller import Caller
from stepwell.errors import ValidationException
from stepwell.operations.reads.listing import Line, Source, express_line, line_of
from stepwell.operations.reads.live import ALIVE, KEEP_ALIVE_S, Message
from stepwell.operations.reads.search import rows_of
from stepwell.operations.resources import find_machine
from stepwell.operations.service import Service
from stepwell.runtime.watchers import Change, Counts, Watcher

TOPICS_MAX: Final = 32
_GATHER_S: Final = 0.25
_COUNTS_S: Final = 1.0
_OTHERS_S: Final = 2.0
"""How often a reader is told to ask again where other nodes commit, too: nothing is heard of that here."""


class Nothing(Struct):
    """There is no more to say."""


class _Topics(Struct):
    executions: set[bytes]  # machines whose executions are wanted
    all_executions: bool = False
    counts: bool = False
    machines: bool = False

    def wants(self, change: Change) -> bool:
        if change.execution_id is None and change.express_arn is None:
            return self.machines
        return self.counts or self.wants_row(change)

    def wants_row(self, change: Change) -> bool:
        return not change.is_child and (self.all_executions or change.machine_id in self.executions)


async def follow_topics(service: Service, caller: Caller, *, topics: str) -> AsyncGenerator[Message]:
    """Tell what changes in these topics. Raises `ValidationException`, `InvalidArn`."""
    chosen = _Topics(set())
    names = topics.split(",")
    if len(names) > TOPICS_MAX:
        raise ValidationException(f"At most {TOPICS_MAX} topics can be followed at once")
    for name in names:
        word, _, text = name.partition(":")
        if word == "executions" and text:
            machine = await find_machine(service, caller, parse_arn_of(text, STATE_MACHINE))
            chosen.executions.update([] if machine is None else [machine.id])
        elif name == "executions":
            chosen.all_executions = True
        elif name in ("counts", "machines"):
            setattr(chosen, name, True)
        else:
            raise ValidationException(f"There is no topic '{name[:100]}': executions[:ARN], counts, machines")
    return _tell(service, caller, chosen)


async def _tell(service: Service, caller: Caller, topics: _Topics) -> AsyncGenerator[Message]:
    watchers = service.runtime.watchers
    now = asyncio.get_running_loop().time
    told = Counts(running=-1)
    told_at = now() - _COUNTS_S
    with watchers.changes(topics.wants) as watcher:
        while not watchers.closed:
            counts_due = topics.counts and told != watchers.counts
            if counts_due and now() - told_at >= _COUNTS_S:
                told, told_at, counts_due = replace(watchers.counts), now(), False
                yield Message("counts", told)
            shared = service.runtime.ownership.is_shared
            patience_s = told_at + _COUNTS_S - now() if counts_due else _OTHERS_S if shared else KEEP_ALIVE_S
            if not await _woken(watcher, patience_s):
                if not counts_due:
                    yield Message("gap", Nothing()) if shared else ALIVE
                continue
            await asyncio.sleep(_GATHER_S)
            for message in await _changes(service, caller, topics, watcher):
                yield message


async def _woken(watcher: Watcher, patience_s: float) -> bool:
    try:
        async with asyncio.timeout(max(patience_s, 0)):
            await watcher.awake.wait()
    except TimeoutError:
        return False
    return True


async def _changes(service: Service, caller: Caller, topics: _Topics, watcher: Watcher) -> list[Message]:
    changes, missed = watcher.take()
    messages = [Message("gap", Nothing())] if missed else []
    if any(change.execution_id is None and change.express_arn is None for change in changes):
        messages.append(Message("machines", Nothing()))
    lines = [await _line(service, caller, change) for change in changes if topics.wants_row(change)]
    rows = await rows_of(service, [line for line in lines if line is not None])
    if rows:
        messages.append(Message("executions", rows))
    return messages


async def _line(service: Service, caller: Caller, change: Change) -> Line | None:
    """The line of an execution that changed; None if it is not the caller's."""
    machine = await service.store.load_state_machine(change.machine_id)
    if machine is None or (machine.account, machine.region) != (caller.account, caller.region):
        return None
    source = Source(machine, machine.id)
    if change.express_arn is not None:
        return express_line(service, source, change.express_arn)
    row = None if change.execution_id is None else await service.store.load_execution(change.execution_id)
    return None if row is None else line_of(source, row)
