"""The engine in memory: CPU per transition, history records encoded, nothing stored."""

import random
from collections.abc import Callable

from bench import machines
from bench.measure import Row, stopwatch
from stepwell.asl.compile import compile_definition
from stepwell.engine.events import Started
from stepwell.engine.execution import Execution, Facts
from stepwell.limits import AWS
from stepwell.payload import Payload
from stepwell.runtime.codec import encode_turns

NOW_MS = 1_700_000_000_000


def run(count: int) -> list[Row]:
    """A chain of ten Pass and Choice states with an input of 300 bytes."""
    machine = compile_definition(machines.chain()).machine
    assert machine is not None
    dice = random.Random(1)
    bytes_each = 0
    best = float("inf")
    for _ in range(3):
        with stopwatch() as watch:
            for _ in range(count):
                execution = Execution(machine, _facts(lambda _branch, _attempt: ""), AWS)
                decision = execution.decide(Started(), NOW_MS, dice)
                bytes_each = len(encode_turns([(decision.at_ms, decision.records)]))
        best = min(best, watch.cpu_s)
    per_transition = best / count / machines.CHAIN_TRANSITIONS * 1e6
    return [
        Row("engine in memory, chain of 10", per_transition, "us/transition", 5.0),
        Row("history, chain of 10", bytes_each / machines.CHAIN_TRANSITIONS, "B/transition", 200.0),
    ]


def _facts(token_of: Callable[[int, int], str]) -> Facts:
    return Facts(
        arn="arn:aws:states:us-east-1:000000000000:execution:m:n",
        name="n",
        machine_arn="arn:aws:states:us-east-1:000000000000:stateMachine:m",
        machine_name="m",
        role_arn="arn:aws:iam::000000000000:role/r",
        region="us-east-1",
        input=Payload(machines.INPUT),
        started_ms=NOW_MS,
        token_of=token_of,
        activity_exists=lambda _arn: True,
    )
