"""The world outside the server: services with effects that outlast it, and the tokens that they pass on."""

import asyncio
import json
from collections import Counter
from random import Random

from stepwell.engine.failure import Failure
from stepwell.integrations.base import Call, Outcome
from stepwell.payload import Payload


class Outside:
    """What happened outside, counted by attempt."""

    def __init__(self, dice: Random) -> None:
        self.dice = dice
        self.effects: Counter[str] = Counter()
        self.once: set[str] = set()
        self.jobs: dict[str, tuple[float, Outcome]] = {}
        self.tokens: list[str] = []
        self.cancelled: Counter[str] = Counter()

    def outcome(self) -> Outcome:
        dice = self.dice
        if dice.random() < 0.25:
            return Failure(dice.choice(("Boom", "States.TaskFailed", None)), dice.choice((None, "it broke", "é\n語")))
        size = dice.choice((0, 5, 300, 3_000)) if dice.random() < 0.3 else 0
        return Payload(json.dumps({"n": dice.randrange(1_000_000), "text": "x" * size}, separators=(",", ":")))


class Service:
    """A service whose effect happens somewhere between the request and its answer."""

    def __init__(self, outside: Outside, *, repeatable: bool) -> None:
        self._outside = outside
        self.repeatable = repeatable

    def is_repeatable(self, action: str) -> bool:
        return self.repeatable

    async def perform(self, call: Call) -> Outcome:
        outside, dice = self._outside, self._outside.dice
        await asyncio.sleep(dice.choice((0, 0, 0.01, 1.0)))
        outside.effects[call.attempt_id] += 1
        if not self.repeatable:
            outside.once.add(call.attempt_id)
        if call.pattern.startswith("sync"):
            ends_s = asyncio.get_running_loop().time() + dice.choice((0.0, 1.0, 15.0))
            outside.jobs.setdefault(call.attempt_id, (ends_s, outside.outcome()))
        if call.pattern == "waitForTaskToken":
            outside.tokens.append(call.parameters.value["MessageBody"]["token"])
        await asyncio.sleep(dice.choice((0, 0, 0.01, 1.0, 5.0)))
        if call.pattern:
            return Payload.of({"job": call.attempt_id})
        if dice.random() < 0.02:
            raise RuntimeError("a fault of the integration")
        return outside.outcome()

    async def watch(self, call: Call, submitted: Payload) -> Outcome:
        assert submitted.value == {"job": call.attempt_id}, "a job is watched by what was submitted"
        ends_s, outcome = self._outside.jobs[call.attempt_id]
        await asyncio.sleep(max(0.0, ends_s - asyncio.get_running_loop().time()))
        return outcome if isinstance(outcome, Failure) else Payload(outcome.text)

    async def cancel(self, call: Call, submitted: Payload | None) -> None:
        self._outside.cancelled[call.attempt_id] += 1
        await asyncio.sleep(0.01)
        if self._outside.dice.random() < 0.1:
            raise RuntimeError("gone already")
