"""What a task says of its containers beyond their definition: commands and variables, as ECS and Batch spell them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from stepwell.integrations.containers.definitions import Container


class WrongShape(ValueError):
    """A member has another shape than the service's; the text is a reason for a task's failure."""


def members(value: Any, name: str) -> Mapping[str, Any]:
    """An object, or none. Raises `WrongShape`."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise WrongShape(f"The value for the field '{name}' must be an object")
    return value


def text(value: Any, name: str) -> str:
    """A text that has to be there. Raises `WrongShape`."""
    if value is None:
        raise WrongShape(f"The field '{name}' is required but was missing")
    if not isinstance(value, str):
        raise WrongShape(f"The value for the field '{name}' must be a STRING")
    return value


def listed(value: Any, name: str) -> list[Any]:
    """A list, or none. Raises `WrongShape`."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise WrongShape(f"The value for the field '{name}' must be a list")
    return value


def overridden(container: Container, given: Any) -> Container:
    """The container with the Command and the Environment of an override. Raises `WrongShape`."""
    override = members(given, "ContainerOverrides")
    command = tuple(text(item, "Command") for item in listed(override.get("Command"), "Command"))
    pairs = [members(pair, "Environment") for pair in listed(override.get("Environment"), "Environment")]
    added = {text(pair.get("Name"), "Name"): text(pair.get("Value"), "Value") for pair in pairs}
    wrong = [name for name in added if not name or "=" in name or "\0" in name]
    if wrong:
        raise WrongShape("The value for the field 'Name' is no name of a variable")
    return replace(container, command=command or container.command, environment={**container.environment, **added})
