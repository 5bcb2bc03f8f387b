"""What is to be logged of executions, until somebody delivers it.

Of durable executions it is rows: a commit queues its history batches. Of executions in memory it is kept here, bounded,
the oldest is dropped first.
"""

import asyncio
from collections import deque
from typing import Final, NamedTuple

from stepwell.engine.execution import Decision
from stepwell.engine.history import Turn as HistoryTurn
from stepwell.runtime.machines import Machine
from stepwell.runtime.turns import Live, Turn

RECORDS_MAX: Final = 100_000


class Passing(NamedTuple):
    """What a turn of an execution in memory recorded."""

    machine: Machine
    arn: str
    first_event_id: int
    turn: HistoryTurn


class Logbook:
    """Of one server. `wake` is set when there is something new."""

    def __init__(self, records_max: int = RECORDS_MAX) -> None:
        self._records_max = records_max
        self._records = 0
        self._passing: deque[Passing] = deque()
        self.wake = asyncio.Event()
        self.dropped = 0

    def committed(self, turn: Turn) -> None:
        """A turn is durable."""
        if turn.encoded is not None and turn.encoded.logged:
            self.wake.set()

    def took(self, live: Live, decision: Decision) -> None:
        """An execution in memory has gone on."""
        logged = live.machine.logged
        if logged is None or not logged.wants(decision.records):
            return
        turn = (decision.at_ms, decision.records)
        self._passing.append(Passing(live.machine, live.execution.facts.arn, decision.first_event_id, turn))
        self._records += len(decision.records)
        while self._records > self._records_max:
            dropped = len(self._passing.popleft().turn[1])
            self._records -= dropped
            self.dropped += dropped
        self.wake.set()

    def take_passing(self, limit: int) -> list[Passing]:
        """The oldest turns of executions in memory; they are whoever's takes them."""
        taken = [self._passing.popleft() for _ in range(min(limit, len(self._passing)))]
        self._records -= sum(len(passing.turn[1]) for passing in taken)
        return taken
