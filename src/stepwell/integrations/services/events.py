"""EventBridge: events onto a bus. One that is not taken fails the task."""

from typing import Any

from stepwell.engine.failure import Failure
from stepwell.integrations.base import Call
from stepwell.integrations.catalog import Action, Service
from stepwell.payload import print_json


def with_resources(call: Call, given: dict[str, Any]) -> dict[str, Any]:
    """AWS: the ARNs of the execution and of its state machine are appended to each entry's resources."""
    origin = [call.execution_arn, call.machine_arn]
    entries = [{**entry, "Resources": [*(entry.get("Resources") or ()), *origin]} for entry in given["Entries"] or ()]
    return {**given, "Entries": entries}


def failed_entry(call: Call, result: dict[str, Any]) -> Failure | None:
    """Recorded: any failed entry is `EventBridge.FailedEntry`, its cause the whole answer."""
    return Failure("EventBridge.FailedEntry", print_json(result)) if result.get("FailedEntryCount") else None


SERVICE = Service(
    name="events",
    model="events",
    prefix="EventBridge",
    label="AmazonEventBridge",
    metadata=False,
    actions=(Action("putEvents", texts=frozenset({"Detail"}), prepare=with_resources, judge=failed_entry),),
)
