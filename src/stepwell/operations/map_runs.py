"""Map Runs: list, describe and change them."""

from typing import Any

from stepwell.arn import MAP_RUN, labelled_state_machine_arn, map_run_arn, parse_arn_of
from stepwell.caller import Caller
from stepwell.engine.child_ids import id_of, uuid_of
from stepwell.engine.map_run import Status
from stepwell.errors import ResourceNotFound, ValidationException
from stepwell.operations.paging import page_size
from stepwell.operations.resources import execution_of, find_machine
from stepwell.operations.service import Service
from stepwell.runtime.map_run_codec import Progress, decode_progress
from stepwell.store.records import MapRunRow, StateMachineRow


async def list_map_runs(
    service: Service,
    caller: Caller,
    *,
    execution_arn: str,
    max_results: int | None = None,
    next_token: str | None = None,
) -> dict[str, Any]:
    """The runs of one execution, newest first. Raises `ExecutionDoesNotExist`, `InvalidArn`, `InvalidToken`."""
    machine, row = await execution_of(service, caller, execution_arn)
    size = page_size(max_results, service.limits)
    chosen = (row.id,)
    before = await service.pages.read("ListMapRuns", caller, chosen, next_token)
    runs = await service.store.list_map_runs(row.id, before, size + 1)
    token = None
    if len(runs) > size:
        token = await service.pages.make("ListMapRuns", caller, chosen, runs[size - 1].id)
    lines = [
        {
            "execution_arn": execution_arn,
            "map_run_arn": arn_of(machine, run),
            "state_machine_arn": labelled_state_machine_arn(machine.region, machine.account, machine.name, run.label),
            "start_date": run.started_ms,
            "stop_date": run.stopped_ms,
        }
        for run in runs[:size]
    ]
    return {"map_runs": lines, "next_token": token}


async def describe_map_run(service: Service, caller: Caller, *, map_run_arn: str) -> dict[str, Any]:
    """A run as it was last committed. Raises `ResourceNotFound`, `InvalidArn`.

    Measured: redrive count, failuresNotRedrivable and pendingRedrive are always there.
    """
    _, run = await map_run_of(service, caller, map_run_arn)
    progress = decode_progress(run.progress)
    settings = progress.settings
    return {
        "map_run_arn": map_run_arn,
        "execution_arn": await _parent_arn(service, run),
        "status": run.status,
        "start_date": run.started_ms,
        "stop_date": run.stopped_ms,
        "max_concurrency": settings.max_concurrency,
        "tolerated_failure_percentage": float(settings.tolerated_percentage or 0),
        "tolerated_failure_count": settings.tolerated_count or 0,
        "item_counts": _counts(progress, progress.items, progress.not_redrivable[1]),
        "execution_counts": _counts(progress, progress.counts, progress.not_redrivable[0]),
        "redrive_count": run.redrives,
        "redrive_date": run.redriven_ms,
    }


def _counts(progress: Progress, counts: list[int], not_redrivable: int) -> dict[str, int]:
    """Once the run is over all results count as written (recorded)."""
    total = sum(counts)
    return {
        "pending": counts[Status.PENDING],
        "running": counts[Status.RUNNING],
        "succeeded": counts[Status.SUCCEEDED],
        "failed": counts[Status.FAILED],
        "timed_out": counts[Status.TIMED_OUT],
        "aborted": counts[Status.ABORTED],
        "total": total,
        "results_written": total if progress.written else 0,
        "failures_not_redrivable": not_redrivable,
        "pending_redrive": counts[Status.PENDING_REDRIVE],
    }


async def update_map_run(
    service: Service,
    caller: Caller,
    *,
    map_run_arn: str,
    max_concurrency: int | None = None,
    tolerated_failure_percentage: float | None = None,
    tolerated_failure_count: int | None = None,
) -> dict[str, Any]:
    """Change a run that goes on, for children that have not started. Raises `ResourceNotFound`, `ValidationException`.

    AWS: reasons MISSING_REQUIRED_PARAMETER and CANNOT_UPDATE_COMPLETED_MAP_RUN.
    """
    _, run = await map_run_of(service, caller, map_run_arn)
    given = {
        "max_concurrency": max_concurrency,
        "tolerated_percentage": tolerated_failure_percentage,
        "tolerated_count": tolerated_failure_count,
    }
    changes = {name: value for name, value in given.items() if value is not None}
    if not changes:
        raise ValidationException(
            "At least one of maxConcurrency, toleratedFailureCount and toleratedFailurePercentage must be specified",
            reason="MISSING_REQUIRED_PARAMETER",
        )
    if run.status != "RUNNING" or not await service.runtime.requests.update_map_run(run.id, changes):
        raise ValidationException(
            f"Map Run is {run.status} and cannot be updated", reason="CANNOT_UPDATE_COMPLETED_MAP_RUN"
        )
    return {}


# Rows


def arn_of(machine: StateMachineRow, run: MapRunRow) -> str:
    """The ARN of a run."""
    return map_run_arn(machine.region, machine.account, machine.name, run.label, uuid_of(run.id))


async def map_run_of(service: Service, caller: Caller, text: str) -> tuple[StateMachineRow, MapRunRow]:
    """The run of an ARN and its state machine. Raises `InvalidArn`, `ResourceNotFound`."""
    arn = parse_arn_of(text, MAP_RUN)
    machine = await find_machine(service, caller, arn)
    id = id_of(arn.parts[2])
    run = None if machine is None or id is None else await service.store.load_map_run(id)
    if machine is None or run is None or (run.machine_id, run.label) != (machine.id, arn.parts[1]):
        raise ResourceNotFound(f"Resource not found: '{text}'", resource_name=text)
    return machine, run


async def _parent_arn(service: Service, run: MapRunRow) -> str | None:
    row = await service.store.load_execution(run.execution_id)
    if row is None:
        return None
    machine = await service.runtime.machines.load(row.machine_id, row.revision)
    return machine.execution_arn(row.id, row.name)
