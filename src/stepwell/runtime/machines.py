"""State machines as executions need them: rows and compiled form together, kept by revision.

A revision never changes, so what is kept never goes stale; a machine's row (its status) is not kept here.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import TypeGuard

from stepwell.arn import parse_arn, state_machine_arn
from stepwell.asl.compile import compile_definition
from stepwell.asl.machine import State, StateMachine
from stepwell.asl.states.task import Task
from stepwell.limits import Limits
from stepwell.store.protocol import Store, StoreError
from stepwell.store.records import RevisionRow, StateMachineRow

_KEPT_MAX = 1_000
_KEPT_BYTES_MAX = 8_388_608  # of definitions; what one compiles to can take sixty times as much


@dataclass(frozen=True, slots=True)
class Machine:
    """One revision of a state machine, ready to run."""

    row: StateMachineRow
    revision: RevisionRow
    compiled: StateMachine
    arn: str
    activities: tuple[tuple[str, str, str, str], ...] = ()  # (ARN, account, region, name) of the activities it names


class Machines:
    """Loads and keeps revisions."""

    def __init__(self, store: Store, limits: Limits) -> None:
        self._store = store
        self._limits = limits
        self._kept: OrderedDict[tuple[bytes, int], Machine] = OrderedDict()
        self._kept_bytes = 0

    async def load(self, machine_id: bytes, revision: int) -> Machine:
        """The revision that an execution runs. Raises StoreError when its rows are gone or unreadable."""
        machine = self._kept.get((machine_id, revision))
        if machine is not None:
            self._kept.move_to_end((machine_id, revision))
            return machine
        row = await self._store.load_state_machine(machine_id)
        revision_row = await self._store.load_revision(machine_id, revision)
        if row is None or revision_row is None:
            raise StoreError(f"revision {revision} of state machine {machine_id.hex()} is missing")
        return self.keep(row, revision_row)

    def keep(self, row: StateMachineRow, revision: RevisionRow) -> Machine:
        """Compile a revision whose rows are at hand."""
        key = (row.id, revision.revision)
        machine = self._kept.get(key)
        if machine is None:
            compiled = compile_definition(revision.definition.decode(), type=row.type, limits=self._limits).machine
            if compiled is None:
                raise StoreError(f"the stored definition of state machine {row.name} does not compile any more")
            machine = self._kept[key] = Machine(row, revision, compiled, _arn(row), _activities(compiled))
            self._kept_bytes += len(revision.definition)
            while len(self._kept) > _KEPT_MAX or (self._kept_bytes > _KEPT_BYTES_MAX and len(self._kept) > 1):
                _, dropped = self._kept.popitem(last=False)
                self._kept_bytes -= len(dropped.revision.definition)
        return machine


def _arn(row: StateMachineRow) -> str:
    return state_machine_arn(row.region, row.account, row.name)


def _activities(compiled: StateMachine) -> tuple[tuple[str, str, str, str], ...]:
    arns = sorted({state.resource.arn for state in compiled.states.values() if _is_activity(state)})
    found = ((arn, parse_arn(arn)) for arn in arns)
    return tuple((arn, parsed.account, parsed.region, parsed.name) for arn, parsed in found)


def _is_activity(state: State) -> TypeGuard[Task]:
    return isinstance(state, Task) and state.resource.kind == "activity"
