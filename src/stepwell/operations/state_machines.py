"""State machines: create, update, delete, list.

A machine's forms are its revisions; executions keep the one they were started with. Versions have a file of their own;
here they are only made along with a machine or an update.
"""

import uuid
from collections.abc import Sequence
from typing import Any, Final

from stepwell.arn import STATE_MACHINE, check_name, parse_arn_of, state_machine_arn
from stepwell.asl.compile import compile_definition
from stepwell.caller import Caller
from stepwell.errors import (
    ConflictException,
    InvalidDefinition,
    MissingRequiredParameter,
    StateMachineAlreadyExists,
    StateMachineDoesNotExist,
    ValidationException,
)
from stepwell.operations.arguments import argument_findings
from stepwell.operations.configurations import (
    Configurations,
    check_log_group,
    check_role,
    configurations_from,
    read_configurations,
    read_logging,
    read_tracing,
)
from stepwell.operations.encryption import Document, read_encryption, usable
from stepwell.operations.paging import page_size
from stepwell.operations.resources import (
    MACHINE_KINDS,
    active_machine_of,
    deleting,
    find_machine,
    refuse_labelled,
    revision_of,
)
from stepwell.operations.service import Service
from stepwell.operations.tags import check_tags
from stepwell.operations.versions import publish_revision, version_arn_of
from stepwell.runtime.identity import new_id
from stepwell.store.protocol import CommitRefused
from stepwell.store.records import RevisionRow, StateMachineRow

_ATTEMPTS: Final = 5


# Create


async def create_state_machine(
    service: Service,
    caller: Caller,
    *,
    name: str,
    definition: str,
    role_arn: str,
    type: str = "STANDARD",
    logging_configuration: Document | None = None,
    tags: Sequence[Document] = (),
    tracing_configuration: Document | None = None,
    publish: bool = False,
    version_description: str | None = None,
    encryption_configuration: Document | None = None,
) -> dict[str, Any]:
    """Create a state machine, or find that it exists just so.

    AWS: idempotent on name, definition text, type, logging, tracing and encryption; other role or tags are ignored and
    not applied. Raises `InvalidName`, `InvalidDefinition`, `StateMachineAlreadyExists` and others.
    """
    check_name(name)
    _check_description(publish, version_description)
    check_role(role_arn)
    configurations = read_configurations(logging_configuration, tracing_configuration, encryption_configuration)
    await check_log_group(service.log_groups, configurations.logging)
    encryption = await usable(service.keys, caller, configurations.encryption)
    configurations = configurations._replace(encryption=encryption)
    arn = state_machine_arn(caller.region, caller.account, name)
    new_tags = check_tags(arn, {}, tags, service.limits)
    await _check_definition(service, definition, type)
    now_ms = service.clock.now_ms()
    machine_id = new_id(now_ms, service.runtime.dice)
    machine = StateMachineRow(machine_id, caller.account, caller.region, name, type, "ACTIVE", now_ms)
    revision = RevisionRow(machine_id, 1, None, definition.encode(), role_arn, configurations.to_bytes(), now_ms)
    for _ in range(_ATTEMPTS):
        there = await service.store.find_state_machine(caller.account, caller.region, name)
        if there is not None:
            await _check_same(service, arn, there, machine, revision)
            published = await _check_same_version(service, there, publish, version_description)
            return {"state_machine_arn": arn, "creation_date": there.created_ms, **published}
        await service.state_machine_quota.check(caller)
        if await service.store.create_state_machine(machine, revision):
            service.state_machine_quota.created(caller)
            service.runtime.watchers.machine_written(machine.id)
            if new_tags:
                await service.store.put_tags(arn, new_tags)
            published = await _published(service, machine, 1, version_description) if publish else {}
            return {"state_machine_arn": arn, "creation_date": now_ms, **published}
    raise _changed_meanwhile()


def _check_description(publish: bool, version_description: str | None) -> None:
    """Recorded text."""
    if version_description is not None and not publish:
        raise ValidationException("Version description can only be set when publish is true")


async def _published(
    service: Service, machine: StateMachineRow, revision: int, description: str | None
) -> dict[str, Any]:
    """Publish a revision along with what made it; the member of the answer that says so."""
    version = await publish_revision(service, machine, revision, description)
    return {"state_machine_version_arn": version_arn_of(machine, version)}


async def _check_same_version(
    service: Service, there: StateMachineRow, publish: bool, description: str | None
) -> dict[str, Any]:
    """Whether an existing machine was created with this `publish` and description. (Order and texts recorded.)

    What counts is version 1, also when a later one is current. A machine without versions gets one.
    """
    first = await service.store.find_version(there.id, 1)
    if not publish:
        if first is None and not await service.store.count_versions(there.id):
            return {}
        raise _exists("This state machine was already created with a published version.")
    if first is None:
        return await _published(service, there, there.revision, description)
    if first.description != description:
        raise _exists("This state machine was already created with a published version using a different description.")
    return {"state_machine_version_arn": version_arn_of(there, first)}


def _exists(what: str) -> StateMachineAlreadyExists:
    return StateMachineAlreadyExists(f"State Machine Already Exists: {what}")


async def _check_definition(service: Service, definition: str, type: str) -> None:
    """Recorded: "Invalid State Machine Definition: '<CODE>: <message> at <location>[, ...]'"."""
    errors = compile_definition(definition, type=type, limits=service.limits).errors
    errors = errors or await argument_findings(service, definition)
    if errors:
        raise InvalidDefinition(f"Invalid State Machine Definition: '{', '.join(map(str, errors))}'")


async def _check_same(
    service: Service, arn: str, there: StateMachineRow, wanted: StateMachineRow, revision: RevisionRow
) -> None:
    """Compared with the current definition, also after updates (recorded)."""
    if there.status == "DELETING":
        raise deleting(arn)
    current = await revision_of(service, there.id, there.revision)
    same = (there.type, current.definition) == (wanted.type, revision.definition)
    if not same or configurations_from(current.settings) != configurations_from(revision.settings):
        raise _exists(f"'{arn}'")


# Update


async def update_state_machine(
    service: Service,
    caller: Caller,
    *,
    state_machine_arn: str,
    definition: str | None = None,
    role_arn: str | None = None,
    logging_configuration: Document | None = None,
    tracing_configuration: Document | None = None,
    publish: bool = False,
    version_description: str | None = None,
    encryption_configuration: Document | None = None,
) -> dict[str, Any]:
    """Give a state machine a new revision; running executions keep theirs.

    Recorded: an update that changes nothing answers the old revision id and date. Raises `MissingRequiredParameter`,
    `StateMachineDoesNotExist`, `StateMachineDeleting`, `InvalidDefinition` and others.
    """
    arn = refuse_labelled(parse_arn_of(state_machine_arn, *MACHINE_KINDS))
    if arn.kind != STATE_MACHINE:
        raise StateMachineDoesNotExist(f"State Machine Does Not Exist: '{state_machine_arn}'")
    if (definition, role_arn, logging_configuration, tracing_configuration) == (None, None, None, None):
        raise MissingRequiredParameter(
            "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be "
            "specified"
        )
    _check_description(publish, version_description)
    if role_arn is not None:
        check_role(role_arn)
    if logging_configuration is not None:
        await check_log_group(service.log_groups, read_logging(logging_configuration))
    if encryption_configuration is not None:
        encryption_configuration = await usable(service.keys, caller, read_encryption(encryption_configuration))
    configurations = (logging_configuration, tracing_configuration, encryption_configuration)
    for _ in range(_ATTEMPTS):
        machine = await active_machine_of(service, caller, state_machine_arn)
        current = await revision_of(service, machine.id, machine.revision)
        wanted = await _revised(service, machine, current, definition, role_arn, configurations)
        if wanted is not None:
            try:
                await service.store.put_revision(wanted)
            except CommitRefused:
                continue  # another update was faster, or the machine went away: look again
            service.runtime.watchers.machine_written(machine.id)
            current = wanted
        published = await _published(service, machine, current.revision, version_description) if publish else {}
        return {"update_date": current.created_ms, "revision_id": current.revision_id, **published}
    raise _changed_meanwhile()


async def _revised(
    service: Service,
    machine: StateMachineRow,
    current: RevisionRow,
    definition: str | None,
    role_arn: str | None,
    given: tuple[Document | None, Document | None, Document | None],
) -> RevisionRow | None:
    """The next revision, or None if nothing would change."""
    if definition is not None:
        await _check_definition(service, definition, machine.type)
    new_definition = current.definition if definition is None else definition.encode()
    new_role = role_arn or current.role_arn
    configurations = _changed(configurations_from(current.settings), *given)
    if (new_definition, new_role) == (current.definition, current.role_arn) and configurations == configurations_from(
        current.settings
    ):
        return None
    return RevisionRow(
        machine.id,
        current.revision + 1,
        str(uuid.uuid4()),
        new_definition,
        new_role,
        configurations.to_bytes(),
        service.clock.now_ms(),
    )


def _changed(
    old: Configurations, logging: Document | None, tracing: Document | None, encryption: Document | None
) -> Configurations:
    """What is not given is kept (recorded)."""
    return Configurations(
        old.logging if logging is None else read_logging(logging),
        old.tracing if tracing is None else read_tracing(tracing),
        old.encryption if encryption is None else read_encryption(encryption),
    )


def _changed_meanwhile() -> ConflictException:
    return ConflictException("The state machine is being changed by other requests; try again")


# Delete and list


async def delete_state_machine(service: Service, caller: Caller, *, state_machine_arn: str) -> dict[str, Any]:
    """Delete a state machine once its executions have ended. Always succeeds, also if there is none (recorded)."""
    arn = refuse_labelled(parse_arn_of(state_machine_arn, *MACHINE_KINDS))
    if arn.kind != STATE_MACHINE:
        raise ValidationException("This operation takes the ARN of a state machine, without a version or alias")
    machine = await find_machine(service, caller, arn)
    if machine is not None:
        await service.deletions.begin(machine)
        service.runtime.watchers.machine_written(machine.id)
    return {}


async def list_state_machines(
    service: Service, caller: Caller, *, max_results: int | None = None, next_token: str | None = None
) -> dict[str, Any]:
    """The caller's state machines by name (recorded), a page at a time. Raises `InvalidToken`."""
    size = page_size(max_results, service.limits)
    after = await service.pages.read("ListStateMachines", caller, (), next_token)
    rows = await service.store.list_state_machines(caller.account, caller.region, after, size + 1)
    token = None
    if len(rows) > size:
        token = await service.pages.make("ListStateMachines", caller, (), rows[size - 1].name)
    return {"state_machines": [_line(row) for row in rows[:size]], "next_token": token}


def _line(row: StateMachineRow) -> dict[str, Any]:
    return {
        "state_machine_arn": state_machine_arn(row.region, row.account, row.name),
        "name": row.name,
        "type": row.type,
        "creation_date": row.created_ms,
    }
