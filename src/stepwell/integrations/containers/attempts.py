"""The attempts of a Batch job: its container runs again, as the job's retry strategy says. (AWS, Batch: RetryStrategy.)

The first attempt's run has the job's id, and later ones the id with their number, so that a later server that finds
runs again finds the attempt that is under way.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from stepwell.integrations import sdk_metadata
from stepwell.integrations.containers.definitions import Container
from stepwell.integrations.containers.overrides import WrongShape, listed, members, text
from stepwell.integrations.containers.runner import Exit, Run, Runner

ATTEMPTS_MAX: Final = 10
TIMED_OUT: Final = "Job attempt duration exceeded timeout"
EXITED: Final = "Essential container in task exited"
_PATTERNS: Final = ("OnExitCode", "OnReason", "OnStatusReason")
_ACTIONS: Final = {"RETRY": True, "EXIT": False}


def has_succeeded(end: Exit | None) -> bool:
    """Whether an attempt has done its work."""
    return end is not None and end.code == 0 and end.reason != TIMED_OUT


@dataclass(frozen=True, slots=True)
class Rule:
    """What to do after an attempt that ended so: patterns of its exit code, its reason and its status' reason, of which
    those that are given must fit. A `*` at a pattern's end stands for anything.
    """

    exit_code: str | None
    reason: str | None
    status_reason: str | None
    retries: bool

    def fits(self, end: Exit) -> bool:
        """Whether the rule is for this end."""
        code = "" if end.code is None else str(end.code)
        told = ((self.exit_code, code), (self.reason, end.reason), (self.status_reason, end.reason or EXITED))
        return all(_fits(pattern, said) for pattern, said in told if pattern is not None)


@dataclass(frozen=True, slots=True)
class Strategy:
    """How often a job is tried, and after which ends."""

    attempts: int = 1
    rules: tuple[Rule, ...] = ()

    def tries_again(self, number: int, end: Exit | None) -> bool:
        """Whether another attempt follows the one with this number, from 1. What was lost with a server does not come
        back by itself, and an end that no rule is for is one to try again after.
        """
        if end is None or has_succeeded(end) or number >= self.attempts:
            return False
        rule = next((rule for rule in self.rules if rule.fits(end)), None)
        return rule is None or rule.retries


def read_strategy(given: Any) -> Strategy:
    """A task's RetryStrategy. Raises `WrongShape`."""
    asked = members(given, "RetryStrategy")
    attempts = asked.get("Attempts")
    if attempts is None:
        attempts = 1
    if isinstance(attempts, bool) or not isinstance(attempts, int):
        raise WrongShape(sdk_metadata.wrong_type("Attempts", "INTEGER"))
    if not 1 <= attempts <= ATTEMPTS_MAX:
        raise WrongShape(f"The value for the field 'Attempts' must be between 1 and {ATTEMPTS_MAX}")
    rules = listed(asked.get("EvaluateOnExit"), "EvaluateOnExit")
    return Strategy(attempts, tuple(_rule(members(rule, "EvaluateOnExit")) for rule in rules))


def _rule(given: Mapping[str, Any]) -> Rule:
    code, reason, status_reason = (None if given.get(name) is None else text(given[name], name) for name in _PATTERNS)
    action = text(given.get("Action"), "Action").upper()
    if action not in _ACTIONS:
        raise WrongShape("The value for the field 'Action' must be one of RETRY, EXIT")
    return Rule(code, reason, status_reason, _ACTIONS[action])


def _fits(pattern: str, said: str) -> bool:
    return said.startswith(pattern[:-1]) if pattern.endswith("*") else said == pattern


class Attempts:
    """The runs of one job, one after the other."""

    def __init__(
        self, runner: Runner, job_id: str, container: Container | None, strategy: Strategy, timeout_s: float | None
    ) -> None:
        """`container` is None where nobody knows any more what the job is: then nothing is tried again."""
        self._runner = runner
        self._job_id = job_id
        self._container = container
        self._strategy = strategy if container is not None else Strategy()
        self._timeout_s = timeout_s
        self._stopped = False

    async def start(self, number: int = 1) -> None:
        """Start an attempt."""
        assert self._container is not None
        told = {"AWS_BATCH_JOB_ID": self._job_id, "AWS_BATCH_JOB_ATTEMPT": str(number)}
        environment = {**self._container.environment, **told}
        await self._runner.start(Run(self._run_id(number), replace(self._container, environment=environment)))

    async def ended(self, *, found_again: bool) -> list[Exit | None]:
        """Wait until no other attempt follows; how those ended that somebody saw. `found_again`: another server has
        started the job, and nobody knows which attempt is under way: the last one that there is.
        """
        number = self._strategy.attempts if found_again else 1
        end = await self._end(number)
        while end is None and number > 1:
            number -= 1
            end = await self._end(number)
        ends = [end]
        while self._strategy.tries_again(number, end) and not self._stopped:
            number += 1
            await self.start(number)
            end = await self._end(number)
            ends.append(end)
        return ends

    async def stop(self) -> None:
        """Let the attempt that is under way be the last one, and end it."""
        self._stopped = True
        numbers = range(1, self._strategy.attempts + 1)
        await asyncio.gather(*(self._runner.stop(self._run_id(number)) for number in numbers))

    def _run_id(self, number: int) -> str:
        return self._job_id if number == 1 else f"{self._job_id}-{number}"

    async def _end(self, number: int) -> Exit | None:
        """How an attempt ends, in time or not; None if there is none."""
        run_id = self._run_id(number)
        ended = asyncio.ensure_future(self._runner.ended(run_id))
        done, _ = await asyncio.wait([ended], timeout=self._timeout_s)
        if done:
            return ended.result()
        await self._runner.stop(run_id)
        found = await ended
        return None if found is None else replace(found, reason=TIMED_OUT)
