"""What must hold of a history, of a server at rest, and of a database whose executions have all ended."""

from typing import Any

from stepwell.engine.branch import Wait
from stepwell.runtime.dispatcher import UNKNOWN_OUTCOME
from stepwell.runtime.runtime import Runtime

ENDS = ("ExecutionSucceeded", "ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted")


async def history_of(runtime: Runtime, execution_id: bytes) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = []
    start: int | None = None
    while True:
        page, start = await runtime.reader.history(execution_id, start=start, limit=1_000)
        events.extend(page)
        if start is None:
            return events


def check_history(events: list[dict[str, Any]], *, closed: bool) -> None:
    """Ids without gaps, previous ids that exist, times that never go back, one end and that last but for redrives."""
    assert [event["id"] for event in events] == list(range(1, len(events) + 1)), "ids have gaps"
    last_s = 0.0
    for event in events:
        assert 0 <= event["previousEventId"] < event["id"], event
        assert event["timestamp"] >= last_s, event
        last_s = event["timestamp"]
    assert events[0]["type"] == "ExecutionStarted"
    redriven = [event["id"] - 1 for event in events if event["type"] == "ExecutionRedriven"]
    ends = [event["id"] for event in events if event["type"] in ENDS and event["id"] not in redriven]
    assert all(events[number - 1]["type"] in ENDS for number in redriven), "redriven before its end"
    assert ends == ([len(events)] if closed else []), f"ends at {ends} of {len(events)}"


def answers_in(events: list[dict[str, Any]]) -> dict[str, int]:
    """How often each output, and each error and cause, of a task stands in a history."""
    found: dict[str, int] = {}
    for event in events:
        if event["type"] in ("ActivitySucceeded", "TaskSucceeded", "ActivityFailed", "TaskFailed"):
            details = next(value for key, value in event.items() if key.endswith("EventDetails"))
            for key in ("output", "cause"):
                if key in details:
                    found[details[key]] = found.get(details[key], 0) + 1
    return found


def unknown_outcomes(events: list[dict[str, Any]]) -> list[tuple[int, int]]:
    """When each call of unknown outcome failed and when it had been scheduled, in milliseconds."""
    found = []
    for event in events:
        details: dict[str, Any] = next(
            (value for key, value in event.items() if key.endswith("FailedEventDetails")), {}
        )
        if details.get("cause") == UNKNOWN_OUTCOME and event["type"] != "ExecutionFailed":
            at = event
            while not at["type"].endswith("Scheduled"):
                at = events[at["previousEventId"] - 1]
            found.append((round(event["timestamp"] * 1000), round(at["timestamp"] * 1000)))
    return found


async def check_at_rest(runtime: Runtime, task_rows: set[tuple[bytes, int, int]]) -> None:
    """Every open execution will go on: by a timer, a call, a worker, or somebody with a token."""
    assert runtime.shard.is_idle
    for queue in runtime.activities._queues.values():
        idle = [poller for poller in queue.pollers if not poller.done()]
        waiting = [row for row in queue.tasks if runtime.activities._is_waiting(row)]
        assert not (idle and waiting), "a worker and a task wait for each other"
    for row in await runtime.store.scan_open(0):
        live = runtime.shard.residents.get(row.execution_id) or await runtime._load(row.execution_id)
        assert live is not None
        execution = live.execution
        assert not execution.ready, "work is left over and nobody resumes it"
        if execution.due_ms is not None:
            assert row.execution_id in runtime.shard.timers._due, "a due execution has no timer"
        for branch in execution.branches.values():
            where = (row.execution_id.hex(), branch.id, branch.state.name, branch.wait)
            if branch.wait in (Wait.CALL, Wait.JOB):
                assert branch.attempt is not None
                assert (live.id, branch.attempt.number) in runtime.dispatcher._running, where
            elif branch.wait is Wait.EVALUATION:
                assert branch.evaluation is not None
                assert runtime.dispatcher.evaluator.is_asked(live.id, branch.evaluation.number), where
            elif branch.wait is Wait.QUEUE:
                assert branch.attempt is not None
                key = (live.id, branch.id, branch.attempt.number)
                assert key in task_rows, where
                assert runtime.activities.key_of(key) is not None, where
            elif branch.wait in (Wait.TIME, Wait.RETRY):
                assert branch.due_ms is not None, where
            elif branch.wait is Wait.MAP_RUN:
                assert branch.last_run is not None
                assert branch.last_run.id in runtime.map_runs._tasks, where
            elif branch.wait is Wait.BRANCHES:
                assert branch.fork is not None, where
                assert any(child.wait is not Wait.END for child in branch.fork.children.values()), where
            else:
                assert branch.wait in (Wait.TOKEN, Wait.WORKER, Wait.END), where


def rows_left(connection: Any) -> dict[str, int]:
    """How many rows the tables of open executions hold."""
    tables = ("open_executions", "branch_pages", "activity_tasks")
    return {table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables}
