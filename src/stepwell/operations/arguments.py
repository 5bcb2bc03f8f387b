"""Whether the services that a definition calls would take what its tasks give them: judged when it is created."""

import asyncio
from typing import TYPE_CHECKING

from stepwell.asl.arguments import Given, arguments_in
from stepwell.asl.diagnostics import ERROR, SCHEMA, Diagnostic
from stepwell.asl.resource import unrecognized
from stepwell.integrations.base import Registry
from stepwell.payload import parse_json

if TYPE_CHECKING:
    from stepwell.operations.service import Service


async def argument_findings(service: "Service", definition: str) -> tuple[Diagnostic, ...]:
    """What is wrong with the arguments of a definition that has no other faults (texts recorded).

    Services that others have brought along judge for themselves, when they are called. Models are read in a thread.
    """
    given = _judged(definition, service.runtime.registry)
    return await asyncio.to_thread(_findings, given) if given else ()


def argument_findings_without_server(definition: str) -> tuple[Diagnostic, ...]:
    """The same, for a program that runs nothing."""
    return _findings(_judged(definition, Registry()))


def _judged(definition: str, registry: Registry) -> list[Given]:
    tasks = arguments_in(parse_json(definition))
    return [one for one in tasks if not registry.is_offered(one.resource.service, one.resource.action)]


def _findings(given: list[Given]) -> tuple[Diagnostic, ...]:
    from stepwell.integrations import arguments

    found: list[Diagnostic] = []
    for one in given:
        service, action = one.resource.service, one.resource.action
        if not arguments.is_known(service, action):
            found.append(Diagnostic(ERROR, SCHEMA, unrecognized(one.resource.arn), f"{one.location}/Resource"))
        elif one.value is not None:
            reasons = arguments.faults(service, action, one.value)
            place = f"{one.location}/{one.field}"
            found += [Diagnostic(ERROR, SCHEMA, reason, place) for reason in reasons]
    return tuple(found)
