"""What a Task can call, for people who choose: the services, the actions of one, the arguments of an action.

The models of services are large files, so they are read in a thread.
"""

import asyncio
from typing import Any, Final

from stepwell.asl.resource import PATTERNS
from stepwell.caller import Caller
from stepwell.errors import ResourceNotFound
from stepwell.integrations.action_models import arguments_schema, sdk_actions, sdk_services
from stepwell.integrations.base import Registry, UnknownIntegration
from stepwell.operations.service import Service

_SDK: Final = "aws-sdk:"


async def list_actions(
    service: Service, caller: Caller, *, of: str | None = None, action: str | None = None
) -> dict[str, Any]:
    """All services; or the actions `of` one that `aws-sdk:` tasks reach; or the JSON schema of an action's arguments,
    None where no model tells. Raises `ResourceNotFound` for a service that nobody knows.
    """
    if of is None:
        return await _services(service.runtime.dispatcher.registry)
    if action is not None:
        schema = await asyncio.to_thread(arguments_schema, of, action)
        return {"service": of, "action": action, "arguments": schema}
    found = await asyncio.to_thread(sdk_actions, of.removeprefix(_SDK))
    if found is None:
        raise ResourceNotFound(f"There is no service named {of[:100]}")
    return {"service": of, "actions": list(found)}


async def _services(registry: Registry) -> dict[str, Any]:
    """The optimized services with their actions and patterns, and whether this server can perform each; and the names
    of those that `aws-sdk:` tasks reach.
    """
    services: dict[str, list[dict[str, Any]]] = {}
    for (name, action), patterns in PATTERNS.items():
        offered = {"name": action, "patterns": sorted(patterns), "available": _performs(registry, name, action)}
        services.setdefault(name, []).append(offered)
    optimized = [{"name": name, "actions": actions} for name, actions in services.items()]
    return {"optimized": optimized, "sdk": list(await asyncio.to_thread(sdk_services))}


def _performs(registry: Registry, name: str, action: str) -> bool:
    try:
        registry.find(name, action)
    except UnknownIntegration:
        return False
    return True
