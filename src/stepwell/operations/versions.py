"""Versions: revisions that were published, and so have a number and an ARN for as long as they are wanted."""

from typing import Any, Final

from stepwell.arn import LABELLED_STATE_MACHINE, STATE_MACHINE, VERSION, Arn, parse_arn_of, version_arn
from stepwell.caller import Caller
from stepwell.errors import ConflictException, ServiceQuotaExceededException, StateMachineDoesNotExist
from stepwell.operations.paging import page_size
from stepwell.operations.resources import active_machine_of, find_machine, refuse_labelled, revision_of
from stepwell.operations.service import Service
from stepwell.store.records import StateMachineRow, VersionRow

INITIAL: Final = "INITIAL"
"""AWS: how a request names the form that a machine had before its first update."""
_NAMED_MAX: Final = 100


async def publish_state_machine_version(
    service: Service,
    caller: Caller,
    *,
    state_machine_arn: str,
    revision_id: str | None = None,
    description: str | None = None,
) -> dict[str, Any]:
    """Publish the current revision. One that is published already is answered as it is; another description is ignored.

    Recorded. Raises `ConflictException` when the current revision is another one, `StateMachineDoesNotExist`,
    `StateMachineDeleting`, `ServiceQuotaExceededException`.
    """
    _parse_unqualified(state_machine_arn)
    machine = await active_machine_of(service, caller, state_machine_arn)
    current = (await revision_of(service, machine.id, machine.revision)).revision_id or INITIAL
    if revision_id is not None and revision_id != current:
        raise ConflictException(
            f"Failed to publish the State Machine version for revision {revision_id}. "
            f"The current State Machine revision is {current}."
        )
    version = await publish_revision(service, machine, machine.revision, description)
    return {"state_machine_version_arn": version_arn_of(machine, version), "creation_date": version.created_ms}


async def publish_revision(
    service: Service, machine: StateMachineRow, revision: int, description: str | None
) -> VersionRow:
    """The version that a revision is, now if not before. Raises `ServiceQuotaExceededException` (AWS: 1,000)."""
    most = service.limits.versions_max
    if await service.store.count_versions(machine.id) >= most:
        newest = await service.store.list_versions(machine.id, None, 1)
        if newest[0].revision != revision:
            raise ServiceQuotaExceededException(f"A state machine can have at most {most} versions")
    version = await service.store.publish_version(machine.id, revision, description, service.clock.now_ms())
    if version is None:
        arn = parse_arn_of(version_arn(machine.region, machine.account, machine.name, 1), VERSION).state_machine
        raise StateMachineDoesNotExist(f"State Machine Does Not Exist: '{arn}'")
    return version


async def list_state_machine_versions(
    service: Service,
    caller: Caller,
    *,
    state_machine_arn: str,
    max_results: int | None = None,
    next_token: str | None = None,
) -> dict[str, Any]:
    """A machine's versions, newest first (AWS), a page at a time. None of an unknown machine. Raises `InvalidToken`."""
    machine = await find_machine(service, caller, _parse_unqualified(state_machine_arn))
    if machine is None:
        return {"state_machine_versions": []}
    size = page_size(max_results, service.limits)
    before = await service.pages.read("ListStateMachineVersions", caller, (machine.id,), next_token)
    rows = await service.store.list_versions(machine.id, before, size + 1)
    token = None
    if len(rows) > size:
        token = await service.pages.make("ListStateMachineVersions", caller, (machine.id,), rows[size - 1].number)
    lines = [
        {"state_machine_version_arn": version_arn_of(machine, row), "creation_date": row.created_ms}
        for row in rows[:size]
    ]
    return {"state_machine_versions": lines, "next_token": token}


async def delete_state_machine_version(
    service: Service, caller: Caller, *, state_machine_version_arn: str
) -> dict[str, Any]:
    """Delete a version; its executions go on. One that is not there is no error (recorded).

    Raises `ConflictException` while an alias leads to it (recorded text).
    """
    arn = parse_arn_of(state_machine_version_arn, VERSION)
    machine = await find_machine(service, caller, arn)
    number = int(arn.parts[1])
    if machine is not None and not await service.store.delete_version(machine.id, number):
        aliases = await service.store.list_aliases(machine.id, number, None, _NAMED_MAX)
        if aliases:
            names = ", ".join(alias.name for alias in aliases)
            raise ConflictException(
                "Version to be deleted must not be referenced by an alias. "
                f"Current list of aliases referencing this version: [{names}]"
            )
    return {}


def _parse_unqualified(text: str) -> Arn:
    """The ARN of a state machine as a whole. Raises `InvalidArn`; `ValidationException` for a workflow inside a Map."""
    return refuse_labelled(parse_arn_of(text, STATE_MACHINE, LABELLED_STATE_MACHINE))


def version_arn_of(machine: StateMachineRow, version: VersionRow) -> str:
    """The ARN of a version."""
    return version_arn(machine.region, machine.account, machine.name, version.number)
