"""From the ARN that a client sent to the rows it names.

An ARN of another account or region than the caller's names nothing: the answer is the same as for a thing that does not
exist, so that nobody learns what others have.
"""

from typing import Final, NamedTuple

from stepwell.arn import (
    ACTIVITY,
    ALIAS,
    CHILD_EXECUTION,
    EXECUTION,
    LABELLED_STATE_MACHINE,
    PARTITION,
    STATE_MACHINE,
    VERSION,
    Arn,
    parse_arn_of,
)
from stepwell.caller import Caller
from stepwell.errors import (
    ActivityDoesNotExist,
    ExecutionDoesNotExist,
    StateMachineDeleting,
    StateMachineDoesNotExist,
    ValidationException,
)
from stepwell.operations.children import find_standard_child
from stepwell.operations.service import Service
from stepwell.store.protocol import StoreError
from stepwell.store.records import ActivityRow, AliasRow, ExecutionRow, RevisionRow, StateMachineRow, VersionRow

MACHINE_KINDS: Final = (STATE_MACHINE, VERSION, ALIAS, LABELLED_STATE_MACHINE)


def refuse_labelled(arn: Arn) -> Arn:
    """The ARN itself. Raises `ValidationException` for that of the workflow inside a Distributed Map.

    The service model says so of all that takes the ARN of a state machine but Describe.
    """
    if arn.kind == LABELLED_STATE_MACHINE:
        raise ValidationException(
            "Labeled State Machine ARNs are not supported for this API", reason="API_DOES_NOT_SUPPORT_LABELED_ARNS"
        )
    return arn


def is_callers(arn: Arn, caller: Caller) -> bool:
    """Whether the ARN is of the caller's account and region."""
    return (arn.partition, arn.account, arn.region) == (PARTITION, caller.account, caller.region)


async def find_machine(service: Service, caller: Caller, arn: Arn) -> StateMachineRow | None:
    """The state machine that any of its ARNs belongs to."""
    if not is_callers(arn, caller):
        return None
    return await service.store.find_state_machine(arn.account, arn.region, arn.name)


async def machine_of(service: Service, caller: Caller, text: str) -> StateMachineRow:
    """The state machine of an ARN. Raises `InvalidArn`, `StateMachineDoesNotExist`.

    Recorded: "State Machine Does Not Exist: '<arn>'", "State Machine Version Does Not Exist: '<arn>:1'".
    """
    arn = parse_arn_of(text, *MACHINE_KINDS)
    machine = await find_machine(service, caller, arn) if arn.kind == STATE_MACHINE else None
    if machine is None:
        raise _no_machine(arn, text)
    return machine


class Qualified(NamedTuple):
    """What an ARN of a state machine, of one of its versions or of an alias leads to."""

    machine: StateMachineRow
    revision: int
    version: VersionRow | None = None
    alias: AliasRow | None = None

    @property
    def version_number(self) -> int | None:
        """The version that is meant, by itself or through an alias."""
        return None if self.version is None else self.version.number

    @property
    def alias_name(self) -> str | None:
        """The alias that is meant."""
        return None if self.alias is None else self.alias.name


async def qualified(service: Service, caller: Caller, text: str) -> Qualified:
    """The machine, and the revision that its ARN leads to; of an alias with two versions, one by weight and dice.

    Raises `InvalidArn`, `StateMachineDoesNotExist`, and `ValidationException` for the workflow inside a Map. Recorded:
    "State Machine Version Does Not Exist: '<arn>:1'".
    """
    arn = refuse_labelled(parse_arn_of(text, *MACHINE_KINDS))
    found = await find_machine(service, caller, arn)
    if found is None:
        raise _no_machine(arn, text)
    if arn.kind == STATE_MACHINE:
        return Qualified(found, found.revision)
    alias = None
    if arn.kind == VERSION:
        number: int | None = int(arn.parts[1])
    else:
        alias = await service.store.find_alias(found.id, arn.parts[1])
        number = None if alias is None else _throw(service, alias)
    version = None if number is None else await service.store.find_version(found.id, number)
    if version is None:
        raise _no_machine(arn, text)
    return Qualified(found, version.revision, version, alias)


def _no_machine(arn: Arn, text: str) -> StateMachineDoesNotExist:
    what = "State Machine Version" if arn.kind == VERSION else "State Machine"
    return StateMachineDoesNotExist(f"{what} Does Not Exist: '{text}'")


def _throw(service: Service, alias: AliasRow) -> int:
    """The version that this request gets (AWS: at random, by weight)."""
    if alias.second_version is None or service.runtime.dice.randrange(100) < alias.first_weight:
        return alias.first_version
    return alias.second_version


async def active_machine_of(service: Service, caller: Caller, text: str) -> StateMachineRow:
    """The same, of a machine that is not being deleted. Raises `StateMachineDeleting` too."""
    machine = await machine_of(service, caller, text)
    if machine.status == "DELETING":
        raise deleting(text)
    return machine


def deleting(arn: str) -> StateMachineDeleting:
    """The state machine is on its way out."""
    return StateMachineDeleting(f"State Machine is being deleted: '{arn}'")


async def revision_of(service: Service, machine_id: bytes, number: int) -> RevisionRow:
    """A revision that must be there. Raises StoreError."""
    revision = await service.store.load_revision(machine_id, number)
    if revision is None:
        raise StoreError(f"revision {number} of state machine {machine_id.hex()} is missing")
    return revision


async def execution_of(service: Service, caller: Caller, text: str) -> tuple[StateMachineRow, ExecutionRow]:
    """An execution and its machine. Raises `InvalidArn`, `ExecutionDoesNotExist` (recorded texts).

    Once a deleted machine has gone, no ARN leads to its executions any more (recorded).
    """
    arn = parse_arn_of(text, EXECUTION, CHILD_EXECUTION)
    machine = await find_machine(service, caller, arn)
    if machine is None:
        execution_id = None
    elif arn.kind == EXECUTION:
        execution_id = await service.store.find_execution(machine.id, arn.parts[1])
    else:
        execution_id = await find_standard_child(service, machine, arn)
    row = None if execution_id is None else await service.store.load_execution(execution_id)
    if machine is None or row is None:
        raise ExecutionDoesNotExist(f"Execution Does Not Exist: '{text}'")
    return machine, row


async def find_activity(service: Service, caller: Caller, arn: Arn) -> ActivityRow | None:
    """The activity that an ARN names."""
    if not is_callers(arn, caller):
        return None
    return await service.store.find_activity(arn.account, arn.region, arn.name)


async def activity_of(service: Service, caller: Caller, text: str) -> ActivityRow:
    """An activity. Raises `InvalidArn`, `ActivityDoesNotExist` (recorded texts)."""
    activity = await find_activity(service, caller, parse_arn_of(text, ACTIVITY))
    if activity is None:
        raise ActivityDoesNotExist(f"Activity Does Not Exist: '{text}'")
    return activity
