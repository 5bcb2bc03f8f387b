"""Which retrier or catcher answers a failure, and how long a retry waits.

(States Language, "Errors"; AWS, "Handling errors in Step Functions workflows"; each retrier has a counter of its own,
and one that is used up does not hand over to a later one.)
"""

from collections.abc import Sequence
from random import Random
from typing import TypeVar

from stepwell.asl.retry import Catcher, Retrier
from stepwell.engine.branch import Branch
from stepwell.engine.failure import HEARTBEAT_TIMEOUT, RUNTIME, TASK_FAILED, TIMEOUT

_ALL = "States.ALL"
_Handler = TypeVar("_Handler", Retrier, Catcher)


def matches(error_equals: Sequence[str], names: Sequence[str | None]) -> bool:
    """Whether one of a failure's names is caught. A failure has several: a missed heartbeat is also a timeout."""
    for wanted in error_equals:
        if wanted == _ALL or wanted in names:
            return True
        if wanted == TASK_FAILED and TIMEOUT not in names:
            return True
    return False


def find_handler(handlers: Sequence[_Handler], names: Sequence[str | None]) -> tuple[int, _Handler] | None:
    """The first retrier or catcher that names the failure, with its place. States.Runtime is never handled."""
    if RUNTIME in names:
        return None
    for place, handler in enumerate(handlers):
        if matches(handler.error_equals, names):
            return place, handler
    return None


def next_delay_ms(branch: Branch, retriers: Sequence[Retrier], names: Sequence[str | None], dice: Random) -> int | None:
    """Count a retry and say how long it waits, or None when no retrier applies or its attempts are used up."""
    found = find_handler(retriers, names)
    if found is None:
        return None
    place, retrier = found
    counts = branch.retries if branch.retries is not None else {}
    used = counts.get(place, 0)
    if used >= retrier.max_attempts:
        return None
    counts[place] = used + 1
    branch.retries = counts
    return back_off_ms(retrier, used, dice)


def back_off_ms(retrier: Retrier, used: int, dice: Random) -> int:
    """IntervalSeconds x BackoffRate^used, cut at MaxDelaySeconds, anywhere below that with full jitter."""
    longest_s = retrier.max_delay_s if retrier.max_delay_s is not None else 99_999_999
    try:
        delay_s = min(retrier.interval_s * retrier.backoff_rate**used, longest_s)
    except OverflowError:
        delay_s = longest_s
    if retrier.jitter == "FULL":
        delay_s = dice.uniform(0, delay_s)
    return round(delay_s * 1000)


def failure_names(error: str | None, *, heartbeat: bool = False, branch_failed: bool = False) -> tuple[str | None, ...]:
    """All names under which a failure may be caught."""
    names: tuple[str | None, ...] = (error,)
    if heartbeat:
        names += (HEARTBEAT_TIMEOUT,)
    if branch_failed:
        names += ("States.BranchFailed",)
    return names
