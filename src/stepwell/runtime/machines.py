"""State machines as executions need them: rows and compiled form together, kept by revision.

A revision never changes, so what is kept never goes stale; a machine's row (its status) is not kept here.
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import TypeGuard

from msgspec import Struct

from stepwell.arn import (
    Arn,
    alias_arn,
    child_execution_arn,
    execution_arn,
    express_child_arn,
    labelled_state_machine_arn,
    parse_arn,
    state_machine_arn,
    version_arn,
)
from stepwell.asl.compile import compile_definition
from stepwell.asl.machine import State, StateMachine
from stepwell.asl.resource import EXPRESS
from stepwell.asl.states.map import Map
from stepwell.asl.states.task import Task
from stepwell.engine.child_ids import second_uuid_of
from stepwell.engine.execution import Facts
from stepwell.errors import InvalidArn
from stepwell.limits import Limits
from stepwell.payload import Payload
from stepwell.runtime.logged import Logged, logged_of
from stepwell.store.protocol import Store, StoreError
from stepwell.store.records import MapRunRow, RevisionRow, StateMachineRow

_KEPT_MAX = 1_000
_KEPT_BYTES_MAX = 8_388_608  # of definitions; what one compiles to can take sixty times as much


class Machine(Struct, frozen=True):
    """One revision of a state machine, ready to run."""

    row: StateMachineRow
    revision: RevisionRow
    compiled: StateMachine
    arn: str
    activities: tuple[tuple[str, str, str, str], ...] = ()  # (ARN, account, region, name) of the activities it names
    label: str | None = None  # of the machine of a Map Run's children
    map_run_id: bytes | None = None
    logged: Logged | None = None

    @property
    def id(self) -> bytes:
        """Under which its executions are listed and named: those of a Map Run apart from all others."""
        return self.row.id if self.map_run_id is None else self.map_run_id

    def execution_arn(self, execution_id: bytes, name: str) -> str:
        """The ARN of one of its executions."""
        row = self.row
        if self.label is None:
            return execution_arn(row.region, row.account, row.name, name)
        if self.compiled.type == EXPRESS:
            second = second_uuid_of(execution_id)
            return express_child_arn(row.region, row.account, row.name, self.label, name, second)
        return child_execution_arn(row.region, row.account, row.name, self.label, name)

    def facts(
        self,
        arn: str,
        name: str,
        given: Payload,
        started_ms: int,
        version: int | None,
        alias: str | None,
        *,
        token_of: Callable[[int, int], str],
        activity_exists: Callable[[str], bool],
        shard: int = 0,
        time_s_max: int | None = None,
    ) -> Facts:
        """What is fixed about one of its executions, which began through this version and alias, or through neither."""
        row = self.row
        place = (row.region, row.account, row.name)
        return Facts(
            arn=arn,
            name=name,
            machine_arn=self.arn,
            machine_name=row.name,
            role_arn=self.revision.role_arn,
            region=row.region,
            input=given,
            started_ms=started_ms,
            token_of=token_of,
            activity_exists=activity_exists,
            shard=shard,
            version_arn=None if version is None else version_arn(*place, version),
            alias_arn=None if alias is None else alias_arn(*place, alias),
            time_s_max=time_s_max,
        )


class Machines:
    """Loads and keeps revisions. `logs` says whether anybody delivers execution logs here."""

    def __init__(self, store: Store, limits: Limits, *, logs: bool = False) -> None:
        self._store = store
        self._logs = logs
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
        if row is None:
            run = await self._store.load_map_run(machine_id)
            if run is not None:
                return await self.load_child(run)
        if row is None or revision_row is None:
            raise StoreError(f"revision {revision} of state machine {machine_id.hex()} is missing")
        return self.keep(row, revision_row)

    async def load_child(self, run: MapRunRow) -> Machine:
        """The machine that the children of a Map Run run: the flow of its Map, under the Map's label."""
        key = (run.id, run.revision)
        machine = self._kept.get(key)
        if machine is None:
            parent = await self.load(run.machine_id, run.revision)
            machine = self._grow(key, _child(parent, run, self._limits))
        return machine

    def _grow(self, key: tuple[bytes, int], machine: Machine) -> Machine:
        self._kept[key] = machine
        self._kept_bytes += len(machine.revision.definition)
        while len(self._kept) > _KEPT_MAX or (self._kept_bytes > _KEPT_BYTES_MAX and len(self._kept) > 1):
            _, dropped = self._kept.popitem(last=False)
            self._kept_bytes -= len(dropped.revision.definition)
        return machine

    def keep(self, row: StateMachineRow, revision: RevisionRow) -> Machine:
        """Compile a revision whose rows are at hand."""
        key = (row.id, revision.revision)
        machine = self._kept.get(key)
        if machine is None:
            compiled = compile_definition(revision.definition.decode(), type=row.type, limits=self._limits).machine
            if compiled is None:
                raise StoreError(f"the stored definition of state machine {row.name} does not compile any more")
            logged = logged_of(revision.settings) if self._logs else None
            made = Machine(row, revision, compiled, _arn(row), _activities(compiled), logged=logged)
            machine = self._grow(key, made)
        return machine


def find_map(machine: Machine, label: str) -> Map | None:
    """The distributed Map of that label."""
    for state in machine.compiled.states.values():
        if isinstance(state, Map) and state.is_distributed and state.label == label:
            return state
    return None


def map_state(machine: Machine, label: str) -> Map:
    """The distributed Map of that label, which must be there. Raises StoreError."""
    found = find_map(machine, label)
    if found is not None:
        return found
    raise StoreError(f"state machine {machine.row.name} has no distributed Map with the label {label}")


def _child(parent: Machine, run: MapRunRow, limits: Limits) -> Machine:
    row = parent.row
    processor = map_state(parent, run.label).processor
    express = processor.config is not None and processor.config.execution_type == EXPRESS
    timeout_s = limits.map_child_express_s_max if express else None
    compiled = parent.compiled.child(processor, EXPRESS if express else "STANDARD", timeout_s)
    arn = labelled_state_machine_arn(row.region, row.account, row.name, run.label)
    return Machine(row, parent.revision, compiled, arn, parent.activities, run.label, run.id, parent.logged)


def _arn(row: StateMachineRow) -> str:
    return state_machine_arn(row.region, row.account, row.name)


def _activities(compiled: StateMachine) -> tuple[tuple[str, str, str, str], ...]:
    arns = sorted({state.resource.arn for state in compiled.states.values() if _is_activity(state)})
    found = ((arn, _parsed(arn)) for arn in arns)
    return tuple((arn, parsed.account, parsed.region, parsed.name) for arn, parsed in found if parsed is not None)


def _parsed(arn: str) -> Arn | None:
    """An activity's ARN, or None where its region or account is none: then there is no such activity."""
    try:
        return parse_arn(arn)
    except InvalidArn:
        return None


def _is_activity(state: State) -> TypeGuard[Task]:
    return isinstance(state, Task) and state.resource.kind == "activity"
