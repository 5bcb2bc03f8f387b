"""Aliases: names that lead to one version of a state machine, or to two by weight."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from msgspec.structs import replace

from stepwell.arn import ALIAS, STATE_MACHINE, VERSION, Arn, alias_arn, parse_arn, parse_arn_of, version_arn
from stepwell.caller import Caller
from stepwell.errors import (
    ConflictException,
    ResourceNotFound,
    ServiceQuotaExceededException,
    StateMachineDoesNotExist,
    ValidationException,
)
from stepwell.operations.encryption import Document
from stepwell.operations.paging import page_size
from stepwell.operations.resources import deleting, find_machine
from stepwell.operations.service import Service
from stepwell.store.records import AliasRow, StateMachineRow

_MISSING = "Request references a resource that does not exist."
_ATTEMPTS = 5


class Routes(NamedTuple):
    """A routing configuration that holds together: numbers and weights of versions of one machine."""

    machine: Arn
    first_version: int
    first_weight: int
    second_version: int | None
    second_weight: int | None


async def create_state_machine_alias(
    service: Service,
    caller: Caller,
    *,
    name: str,
    routing_configuration: Sequence[Document],
    description: str | None = None,
) -> dict[str, Any]:
    """Create an alias, or find that it exists just so (recorded: idempotent on name, routes and description).

    Raises `ValidationException`, `ConflictException`, `ResourceNotFound`, `StateMachineDeleting`,
    `ServiceQuotaExceededException`.
    """
    routes = read_routes(routing_configuration)
    machine = await find_machine(service, caller, routes.machine)
    if machine is None:
        raise ResourceNotFound(_MISSING)
    if machine.status == "DELETING":
        raise deleting(routes.machine.state_machine)
    wanted = AliasRow(machine.id, name, description, *routes[1:], service.clock.now_ms())
    for _ in range(_ATTEMPTS):
        there = await service.store.find_alias(machine.id, name)
        if there is not None:
            if replace(there, created_ms=0, updated_ms=None) != replace(wanted, created_ms=0):
                raise ConflictException(
                    "Failed to create alias because an alias with the same name and a different routing configuration "
                    "already exists."
                )
            return {"state_machine_alias_arn": _arn_of(machine, name), "creation_date": there.created_ms}
        await _check_room(service, machine)
        if await service.store.create_alias(wanted):
            return {"state_machine_alias_arn": _arn_of(machine, name), "creation_date": wanted.created_ms}
        await _check_versions(service, machine, routes)
    raise ConflictException("The alias is being created and deleted by other requests; try again")


async def _check_room(service: Service, machine: StateMachineRow) -> None:
    most = service.limits.aliases_max
    if len(await service.store.list_aliases(machine.id, None, None, most)) >= most:
        raise ServiceQuotaExceededException(f"A state machine can have at most {most} aliases")


async def _check_versions(service: Service, machine: StateMachineRow, routes: Routes) -> None:
    for number in (routes.first_version, routes.second_version):
        if number is not None and await service.store.find_version(machine.id, number) is None:
            raise ResourceNotFound(_MISSING)


def read_routes(given: Sequence[Document]) -> Routes:
    """A routing configuration as a request gives it. Raises `ValidationException` (texts and reason recorded)."""
    texts = [str(route["state_machine_version_arn"]) for route in given]
    arns = [parse_arn(text) for text in texts]
    weights: list[int] = [route["weight"] for route in given]
    received = f"Received: [{', '.join(texts)}]"
    if any(arn.kind != VERSION for arn in arns):
        raise _invalid(f"Routing configuration must contain state machine version ARNs. {received}")
    if len(set(texts)) != len(texts):
        raise _invalid(f"Routing configuration must contain distinct state machine version ARNs. {received}")
    if len({arn.state_machine for arn in arns}) != 1:
        raise _invalid(
            f"Routing configuration must contain state machine version ARNs for the same state machine. {received}"
        )
    if sum(weights) != 100:
        raise _invalid(f"Sum of routing configuration weights must equal 100. Received: {weights}")
    numbers = [int(arn.parts[1]) for arn in arns]
    second = (numbers[1], weights[1]) if len(arns) > 1 else (None, None)
    return Routes(parse_arn(arns[0].state_machine), numbers[0], weights[0], *second)


def _invalid(message: str) -> ValidationException:
    return ValidationException(message, reason="INVALID_ROUTING_CONFIGURATION")


async def update_state_machine_alias(
    service: Service,
    caller: Caller,
    *,
    state_machine_alias_arn: str,
    description: str | None = None,
    routing_configuration: Sequence[Document] | None = None,
) -> dict[str, Any]:
    """Change where an alias leads, or its description. (Texts recorded.)

    Raises `ResourceNotFound`, `ValidationException`, `StateMachineDeleting`.
    """
    arn = parse_arn_of(state_machine_alias_arn, ALIAS)
    if description is None and routing_configuration is None:
        raise ValidationException("Either description or routing configuration must be specified")
    routes = None if routing_configuration is None else read_routes(routing_configuration)
    if routes is not None and routes.machine.text != arn.state_machine:
        raise _invalid(
            "Routing configuration must contain state machine version ARNs for the same state machine. "
            f"Received: [{', '.join(str(route['state_machine_version_arn']) for route in routing_configuration or ())}]"
        )
    machine, alias = await _alias_of(service, caller, arn, _MISSING)
    if machine.status == "DELETING":
        raise deleting(arn.state_machine)
    if description is not None:
        alias.description = description
    if routes is not None:
        _, alias.first_version, alias.first_weight, alias.second_version, alias.second_weight = routes
    alias.updated_ms = service.clock.now_ms()
    if not await service.store.update_alias(alias):
        raise ResourceNotFound(_MISSING)
    return {"update_date": alias.updated_ms}


async def describe_state_machine_alias(
    service: Service, caller: Caller, *, state_machine_alias_arn: str
) -> dict[str, Any]:
    """An alias; without `updateDate` before its first update (recorded). Raises `ResourceNotFound`."""
    arn = parse_arn_of(state_machine_alias_arn, ALIAS)
    machine, alias = await _alias_of(service, caller, arn, f"Resource not found: '{state_machine_alias_arn}'")
    routes = [(alias.first_version, alias.first_weight)]
    if alias.second_version is not None and alias.second_weight is not None:
        routes.append((alias.second_version, alias.second_weight))
    place = (machine.region, machine.account, machine.name)
    return {
        "state_machine_alias_arn": state_machine_alias_arn,
        "name": alias.name,
        "description": alias.description,
        "routing_configuration": [
            {"state_machine_version_arn": version_arn(*place, number), "weight": weight} for number, weight in routes
        ],
        "creation_date": alias.created_ms,
        "update_date": alias.updated_ms,
    }


async def _alias_of(service: Service, caller: Caller, arn: Arn, missing: str) -> tuple[StateMachineRow, AliasRow]:
    machine = await find_machine(service, caller, arn)
    alias = None if machine is None else await service.store.find_alias(machine.id, arn.parts[1])
    if machine is None or alias is None:
        raise ResourceNotFound(missing, resource_name=arn.text)
    return machine, alias


async def delete_state_machine_alias(
    service: Service, caller: Caller, *, state_machine_alias_arn: str
) -> dict[str, Any]:
    """Delete an alias. Always succeeds, also if there is none (recorded)."""
    arn = parse_arn_of(state_machine_alias_arn, ALIAS)
    machine = await find_machine(service, caller, arn)
    if machine is not None:
        await service.store.delete_alias(machine.id, arn.parts[1])
    return {}


async def list_state_machine_aliases(
    service: Service,
    caller: Caller,
    *,
    state_machine_arn: str,
    next_token: str | None = None,
    max_results: int | None = None,
) -> dict[str, Any]:
    """The aliases of a machine, or of one version, in order of creation (recorded), a page at a time.

    Raises `StateMachineDoesNotExist`, `InvalidToken`.
    """
    arn = parse_arn_of(state_machine_arn, STATE_MACHINE, VERSION)
    machine = await find_machine(service, caller, arn)
    if machine is None:
        raise StateMachineDoesNotExist(f"State Machine Does Not Exist: '{state_machine_arn}'")
    version = int(arn.parts[1]) if arn.kind == VERSION else None
    size = page_size(max_results, service.limits)
    chosen = (machine.id, version)
    position = await service.pages.read("ListStateMachineAliases", caller, chosen, next_token)
    after = None if position is None else (position[0], position[1])
    rows = await service.store.list_aliases(machine.id, version, after, size + 1)
    token = None
    if len(rows) > size:
        last = rows[size - 1]
        token = await service.pages.make("ListStateMachineAliases", caller, chosen, (last.created_ms, last.name))
    lines = [
        {"state_machine_alias_arn": _arn_of(machine, row.name), "creation_date": row.created_ms} for row in rows[:size]
    ]
    return {"state_machine_aliases": lines, "next_token": token}


def _arn_of(machine: StateMachineRow, name: str) -> str:
    return alias_arn(machine.region, machine.account, machine.name, name)
