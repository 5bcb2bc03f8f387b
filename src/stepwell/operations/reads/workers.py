"""Activities and the workers that ask for their tasks."""

from typing import Final

from msgspec import Struct

from stepwell.arn import activity_arn
from stepwell.caller import Caller
from stepwell.operations.service import Service
from stepwell.store.records import ActivityRow

ACTIVITIES_MAX: Final = 1_000


class WorkerRow(Struct, rename="camel"):
    """A worker by the name that it gave; `tasks` it got since the server began."""

    name: str
    seen_ms: int
    polling: bool
    tasks: int


class ActivityQueueRow(Struct, rename="camel"):
    """An activity: who waits for tasks, and which tasks wait."""

    arn: str
    name: str
    created_ms: int
    pollers: int
    waiting: int
    oldest_wait_ms: int | None
    workers: list[WorkerRow]


class ActivityQueues(Struct, rename="camel"):
    """All activities, by name."""

    rows: list[ActivityQueueRow]


class PlacedWorkerRow(WorkerRow, rename="camel", kw_only=True):
    """A worker, and the activity that it asks."""

    activity_arn: str
    activity_name: str


class Workers(Struct, rename="camel"):
    """All workers that have asked."""

    rows: list[PlacedWorkerRow]


async def list_activity_queues(service: Service, caller: Caller) -> ActivityQueues:
    """The caller's activities, at most 1,000."""
    rows = await service.store.list_activities(caller.account, caller.region, None, ACTIVITIES_MAX)
    return ActivityQueues([await _row(service, row) for row in rows])


async def list_workers(service: Service, caller: Caller) -> Workers:
    """The workers of the caller's activities, seen last first."""
    queues = await list_activity_queues(service, caller)
    rows = [
        PlacedWorkerRow(
            worker.name, worker.seen_ms, worker.polling, worker.tasks, activity_arn=row.arn, activity_name=row.name
        )
        for row in queues.rows
        for worker in row.workers
    ]
    return Workers(sorted(rows, key=lambda row: -row.seen_ms))


async def _row(service: Service, activity: ActivityRow) -> ActivityQueueRow:
    queues = service.runtime.activities
    since_ms = queues.waiting_since_ms(activity.id)
    return ActivityQueueRow(
        arn=activity_arn(activity.region, activity.account, activity.name),
        name=activity.name,
        created_ms=activity.created_ms,
        pollers=queues.pollers_of(activity.id),
        waiting=queues.waiting_of(activity.id),
        oldest_wait_ms=None if since_ms is None else max(0, service.clock.now_ms() - since_ms),
        workers=[
            WorkerRow(name, worker.seen_ms, worker.polls > 0, worker.tasks)
            for name, worker in queues.workers_of(activity.id).items()
        ],
    )
