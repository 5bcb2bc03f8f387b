"""What a Task can call, for people who choose: the actions of each service, and the arguments of an action.

The models of services are large files, so they are read in a thread.
"""

import asyncio
from typing import Any, Final

from stepwell.asl.resource import PATTERNS
from stepwell.errors import ResourceNotFound
from stepwell.integrations.action_models import arguments_schema, sdk_actions, sdk_services
from stepwell.integrations.base import Registry, UnknownIntegration

_SDK: Final = "aws-sdk:"


async def list_services(registry: Registry) -> dict[str, Any]:
    """All services: the optimized ones with their actions, patterns, and whether this server can perform them, and
    the names of those that `aws-sdk:` tasks reach.
    """
    services: dict[str, list[dict[str, Any]]] = {}
    for (service, action), patterns in PATTERNS.items():
        offered = {"name": action, "patterns": sorted(patterns), "available": _performs(registry, service, action)}
        services.setdefault(service, []).append(offered)
    optimized = [{"name": name, "actions": actions} for name, actions in services.items()]
    return {"optimized": optimized, "sdk": list(await asyncio.to_thread(sdk_services))}


def _performs(registry: Registry, service: str, action: str) -> bool:
    try:
        registry.find(service, action)
    except UnknownIntegration:
        return False
    return True


async def list_actions(service: str) -> dict[str, Any]:
    """The actions of a service that `aws-sdk:` tasks reach. Raises ResourceNotFound for a service nobody knows."""
    found = await asyncio.to_thread(sdk_actions, service.removeprefix(_SDK))
    if found is None:
        raise ResourceNotFound(f"There is no service named {service}")
    return {"service": service, "actions": list(found)}


async def describe_action(service: str, action: str) -> dict[str, Any]:
    """The JSON schema of an action's arguments; None where no model tells which it takes."""
    return {
        "service": service,
        "action": action,
        "arguments": await asyncio.to_thread(arguments_schema, service, action),
    }
