"""Activities: named queues from which workers outside take tasks."""

from collections.abc import Sequence
from typing import Any

from stepwell.arn import ACTIVITY, activity_arn, check_name, parse_arn_of
from stepwell.caller import Caller
from stepwell.errors import ActivityAlreadyExists, ConflictException
from stepwell.operations.encryption import OWNED_KEY, Document, read_encryption, usable
from stepwell.operations.paging import page_size
from stepwell.operations.resources import activity_of, find_activity
from stepwell.operations.service import Service
from stepwell.operations.tags import check_tags
from stepwell.payload import parse_json, print_json
from stepwell.runtime.identity import new_id
from stepwell.store.records import ActivityRow

_ATTEMPTS = 5


async def create_activity(
    service: Service,
    caller: Caller,
    *,
    name: str,
    tags: Sequence[Document] = (),
    encryption_configuration: Document | None = None,
) -> dict[str, Any]:
    """Create an activity, or find it: idempotent by name and encryption (recorded).

    Raises `InvalidName`, `TooManyTags`, `ActivityAlreadyExists`, `ActivityLimitExceeded` and those of keys.
    """
    check_name(name)
    encryption = await usable(service.keys, caller, read_encryption(encryption_configuration))
    arn = activity_arn(caller.region, caller.account, name)
    new_tags = check_tags(arn, {}, tags, service.limits)
    now_ms = service.clock.now_ms()
    settings = None if encryption["type"] == OWNED_KEY else print_json(encryption).encode()
    activity_id = new_id(now_ms, service.runtime.dice)
    activity = ActivityRow(activity_id, caller.account, caller.region, name, now_ms, settings)
    for _ in range(_ATTEMPTS):
        there = await service.store.find_activity(caller.account, caller.region, name)
        if there is not None:
            if _encryption_of(there) != encryption:
                raise ActivityAlreadyExists(f"Activity Already Exists: '{arn}'")
            return {"activity_arn": arn, "creation_date": there.created_ms}
        await service.activity_quota.check(caller)
        if await service.store.create_activity(activity):
            service.activity_quota.created(caller)
            service.runtime.activities.learn(arn, activity)
            if new_tags:
                await service.store.put_tags(arn, new_tags)
            return {"activity_arn": arn, "creation_date": now_ms}
    raise ConflictException("The activity is being created and deleted by other requests; try again")


def _encryption_of(activity: ActivityRow) -> dict[str, Any]:
    """Without settings it is AWS's own key."""
    return read_encryption(None) if activity.settings is None else dict(parse_json(activity.settings))


async def describe_activity(service: Service, caller: Caller, *, activity_arn: str) -> dict[str, Any]:
    """An activity. Raises `ActivityDoesNotExist`, `InvalidArn`."""
    activity = await activity_of(service, caller, activity_arn)
    return {
        "activity_arn": activity_arn,
        "name": activity.name,
        "creation_date": activity.created_ms,
        "encryption_configuration": _encryption_of(activity),
    }


async def delete_activity(service: Service, caller: Caller, *, activity_arn: str) -> dict[str, Any]:
    """Delete an activity and its waiting tasks. Always succeeds, also if there is none (recorded)."""
    activity = await find_activity(service, caller, parse_arn_of(activity_arn, ACTIVITY))
    if activity is not None:
        tags = await service.store.load_tags(activity_arn)
        if tags:
            await service.store.delete_tags(activity_arn, list(tags))
        await service.store.delete_activity(activity.id)
        service.runtime.activities.forget_activity(activity.id)
        service.runtime.activities.learn(activity_arn, None)
    return {}


async def list_activities(
    service: Service, caller: Caller, *, max_results: int | None = None, next_token: str | None = None
) -> dict[str, Any]:
    """The caller's activities by name, a page at a time. Raises `InvalidToken`."""
    size = page_size(max_results, service.limits)
    after = await service.pages.read("ListActivities", caller, (), next_token)
    rows = await service.store.list_activities(caller.account, caller.region, after, size + 1)
    token = None
    if len(rows) > size:
        token = await service.pages.make("ListActivities", caller, (), rows[size - 1].name)
    return {"activities": [_line(row) for row in rows[:size]], "next_token": token}


def _line(row: ActivityRow) -> dict[str, Any]:
    return {
        "activity_arn": activity_arn(row.region, row.account, row.name),
        "name": row.name,
        "creation_date": row.created_ms,
    }
