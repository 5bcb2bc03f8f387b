"""Figures over time, by machine and by state: out of the lists' rows and the latest histories, both bounded."""

from bisect import bisect_right
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any, Final

from msgspec import Struct, field

from stepwell.arn import state_machine_arn
from stepwell.caller import Caller
from stepwell.engine.model import MachineType
from stepwell.engine.places import HistoryEvent
from stepwell.errors import ValidationException
from stepwell.operations.reads.listing import Line, Source, newest_first, sources_of
from stepwell.operations.service import Service
from stepwell.runtime.tracks import PAGE_EVENTS
from stepwell.store.records import STATUSES

BUCKETS_MAX: Final = 200
LINES_MAX: Final = 50_000
EXECUTIONS_MAX: Final = 50
_DAY_MS: Final = 86_400_000


class Figures(Struct, rename="camel"):
    """Counts of executions, and how long they took."""

    started: int = 0
    succeeded: int = 0
    failed: int = 0
    timed_out: int = 0
    aborted: int = 0
    p50_ms: int | None = None
    p95_ms: int | None = None


class Bucket(Figures, rename="camel"):
    """Those of one stretch of time."""

    start_ms: int = 0


class MachineFigures(Figures, rename="camel"):
    """Those of one state machine in the whole time; `running` is now."""

    arn: str = ""
    name: str = ""
    type: MachineType = "STANDARD"
    running: int = 0
    last_failure_ms: int | None = None


class Metrics(Struct, rename="camel"):
    """Figures by time and by machine. They are complete from `complete_from_ms` on."""

    from_ms: int
    to_ms: int
    bucket_ms: int
    buckets: list[Bucket]
    machines: list[MachineFigures]
    complete_from_ms: int


class StateFigures(Struct, rename="camel"):
    """What one state did in the latest executions."""

    state: str
    type: str
    visits: int = 0
    failed: int = 0
    caught: int = 0
    retries: int = 0
    p50_ms: int | None = None
    p95_ms: int | None = None


class StateMetrics(Struct, rename="camel"):
    """Figures by state."""

    executions: int
    states: list[StateFigures]


class _Gathered(Struct):
    """Lines on their way into figures; durations by figure."""

    durations: dict[int, list[int]] = field(default_factory=dict)

    def end(self, figures: Figures, line: Line) -> None:
        name = line.status.lower()
        setattr(figures, name, getattr(figures, name) + 1)
        self.durations.setdefault(id(figures), []).append(line.duration_ms or 0)

    def settle(self, all_figures: Sequence[Figures]) -> None:
        for figures in all_figures:
            figures.p50_ms, figures.p95_ms = percentiles(self.durations.get(id(figures), []))


def percentiles(durations: list[int]) -> tuple[int | None, int | None]:
    """The median, and what nineteen in twenty stay below."""
    if not durations:
        return None, None
    durations.sort()
    return durations[(len(durations) - 1) // 2], durations[min(len(durations) - 1, len(durations) * 95 // 100)]


async def metrics(
    service: Service,
    caller: Caller,
    *,
    machine: str | None = None,
    from_ms: int | None = None,
    to_ms: int | None = None,
    buckets: int = 60,
) -> Metrics:
    """Figures of a machine, or of all. Raises `StateMachineDoesNotExist`, `ValidationException` and others."""
    to_ms = service.clock.now_ms() + 1 if to_ms is None else to_ms  # what ends in this very millisecond counts
    from_ms = to_ms - _DAY_MS if from_ms is None else from_ms
    if not 0 <= from_ms < to_ms or not 1 <= buckets <= BUCKETS_MAX:
        raise ValidationException(f"'from' lies before 'to', and there are 1 to {BUCKETS_MAX} buckets")
    sources = await sources_of(service, caller, machine, None)
    bucket_ms = max(1, -(-(to_ms - from_ms) // buckets))
    made = [Bucket(start_ms=start) for start in range(from_ms, to_ms, bucket_ms)]
    by_machine = {source.machine.id: await _machine_figures(service, source) for source in sources}
    gathered, complete_from_ms, count = _Gathered(), from_ms, 0
    async with aclosing(_lines(service, sources, from_ms)) as lines:
        async for line in lines:
            count += 1
            if count > LINES_MAX:
                complete_from_ms = line.position[0]
                break
            _add(line, made, by_machine[line.source.machine.id], gathered, from_ms, to_ms)
    gathered.settle([*made, *by_machine.values()])
    machines = [figures for figures in by_machine.values() if figures.running or figures.started or _ended(figures)]
    return Metrics(from_ms, to_ms, bucket_ms, made, machines, complete_from_ms)


def _ended(figures: Figures) -> int:
    return figures.succeeded + figures.failed + figures.timed_out + figures.aborted


async def _lines(service: Service, sources: Sequence[Source], from_ms: int) -> AsyncGenerator[Line]:
    """Closed ones back to a time, then those that run and began since."""
    closed = [status for status in STATUSES if status not in ("RUNNING", "PENDING_REDRIVE")]
    for statuses in (closed, ["RUNNING"]):
        async with aclosing(newest_first(service, sources, statuses, None)) as lines:
            async for line in lines:
                if line.position[0] < from_ms:
                    break
                yield line


async def _machine_figures(service: Service, source: Source) -> MachineFigures:
    machine = source.machine
    running = await service.store.count_open(machine.id)
    arn = state_machine_arn(machine.region, machine.account, machine.name)
    kind: Any = machine.type  # the store holds these words only
    return MachineFigures(arn=arn, name=machine.name, type=kind, running=running)


def _add(
    line: Line, buckets: list[Bucket], machine: MachineFigures, gathered: _Gathered, from_ms: int, to_ms: int
) -> None:
    if from_ms <= line.started_ms < to_ms:
        _bucket(buckets, line.started_ms).started += 1
        machine.started += 1
    if line.stopped_ms is not None and from_ms <= line.stopped_ms < to_ms:
        gathered.end(_bucket(buckets, line.stopped_ms), line)
        gathered.end(machine, line)
        if line.status in ("FAILED", "TIMED_OUT"):
            machine.last_failure_ms = max(machine.last_failure_ms or 0, line.stopped_ms)


def _bucket(buckets: list[Bucket], at_ms: int) -> Bucket:
    return buckets[bisect_right(buckets, at_ms, key=lambda bucket: bucket.start_ms) - 1]


# By state


async def state_metrics(service: Service, caller: Caller, *, machine: str) -> StateMetrics:
    """Figures by state of a machine's latest closed executions. Raises `StateMachineDoesNotExist`, `InvalidArn`."""
    sources = await sources_of(service, caller, machine, None)
    states: dict[str, StateFigures] = {}
    durations: dict[str, list[int]] = {}
    executions = 0
    closed = [status for status in STATUSES if status not in ("RUNNING", "PENDING_REDRIVE")]
    async with aclosing(newest_first(service, sources, closed, None)) as lines:
        async for line in lines:
            if executions == EXECUTIONS_MAX:
                break
            executions += 1
            await _add_visits(service, line, states, durations)
    for name, figures in states.items():
        figures.p50_ms, figures.p95_ms = percentiles(durations.get(name, []))
    return StateMetrics(executions, sorted(states.values(), key=lambda figures: figures.state))


async def _add_visits(
    service: Service, line: Line, states: dict[str, StateFigures], durations: dict[str, list[int]]
) -> None:
    tracks = service.tracks
    track = await (tracks.of(line.key) if isinstance(line.key, bytes) else tracks.of_express(line.key))
    model = await track.model()
    for name, state in model.states.items():
        figures = states.setdefault(name, StateFigures(name, state.type))
        figures.visits += state.entered
        figures.failed += state.failed + state.timed_out
        figures.caught += state.caught
        figures.retries += state.retries
    entered: dict[int, int] = {}
    for at in range(1, track.last + 1, PAGE_EVENTS):
        for event in await track.events(at, PAGE_EVENTS, data=False):
            _time(event, entered, durations)


def _time(event: HistoryEvent, entered: dict[int, int], durations: dict[str, list[int]]) -> None:
    if event.type.endswith("StateEntered"):
        entered[event.id] = event.at_ms
    elif event.type.endswith("StateExited") and event.visit in entered and event.state is not None:
        durations.setdefault(event.state, []).append(event.at_ms - entered.pop(event.visit))
