"""Tags of state machines and activities."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from stepwell.arn import ACTIVITY, ALIAS, STATE_MACHINE, VERSION, parse_arn_of
from stepwell.caller import Caller
from stepwell.errors import AccessDeniedException, ResourceNotFound, TooManyTags, ValidationException
from stepwell.limits import Limits
from stepwell.operations.resources import find_activity, find_machine
from stepwell.operations.service import Service

_RESERVED: Final = "aws:"
_KINDS: Final = (STATE_MACHINE, ACTIVITY, VERSION, ALIAS)


async def tag_resource(
    service: Service, caller: Caller, *, resource_arn: str, tags: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Add tags, or change those that are there. Raises `ResourceNotFound`, `TooManyTags`."""
    await _check_there(service, caller, resource_arn)
    there = await service.store.load_tags(resource_arn)
    new = check_tags(resource_arn, there, tags, service.limits)
    if new:
        await service.store.put_tags(resource_arn, new)
    return {}


async def untag_resource(
    service: Service, caller: Caller, *, resource_arn: str, tag_keys: Sequence[str]
) -> dict[str, Any]:
    """Remove tags; those that are not there are no error (recorded). Raises `ResourceNotFound`."""
    await _check_there(service, caller, resource_arn)
    for key in tag_keys:
        _check_key(key)
    if tag_keys:
        await service.store.delete_tags(resource_arn, tag_keys)
    return {}


async def list_tags_for_resource(service: Service, caller: Caller, *, resource_arn: str) -> dict[str, Any]:
    """All tags of a state machine or activity; a version has none (recorded). Raises `ResourceNotFound`."""
    arn = parse_arn_of(resource_arn, *_KINDS)
    await _check_there(service, caller, arn.state_machine if arn.kind == VERSION else resource_arn)
    tags = await service.store.load_tags(resource_arn)
    return {"tags": [{"key": key, "value": value} for key, value in tags.items()]}


def check_tags(
    arn: str, there: Mapping[str, str], given: Sequence[Mapping[str, Any]], limits: Limits
) -> dict[str, str]:
    """The tags to write on a resource that has some. Raises `TooManyTags`, `ValidationException`.

    AWS: at most 50 tags; keys that begin with `aws:` are reserved (recorded text).
    """
    new: dict[str, str] = {}
    for tag in given:
        key = tag.get("key")
        if key is None:
            raise ValidationException("Each tag must have a key")
        _check_key(key)
        new[key] = tag.get("value") or ""
    if len({*there, *new}) > limits.tags_max:
        raise TooManyTags(f"A resource can have at most {limits.tags_max} tags", resource_name=arn)
    return new


def _check_key(key: str) -> None:
    if key.lower().startswith(_RESERVED):
        raise AccessDeniedException("Caller is an end user and not allowed to mutate system tags")


async def _check_there(service: Service, caller: Caller, text: str) -> None:
    """Recorded: "Resource not found: '<arn>'"."""
    arn = parse_arn_of(text, *_KINDS)
    there: object = None
    if arn.kind == STATE_MACHINE:
        there = await find_machine(service, caller, arn)
    elif arn.kind == ACTIVITY:
        there = await find_activity(service, caller, arn)
    if there is None:
        raise ResourceNotFound(f"Resource not found: '{text}'", resource_name=text)
