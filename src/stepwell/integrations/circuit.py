"""Endpoints that do not answer: after so many calls in a row they are left alone for a while, and nobody else is.

A call that is not tried fails at once, like one that nothing answered, so `Retry` sees the same error sooner and no
connection is held. When the pause is over one call is tried; its end decides for the others. Pauses grow from a second
to half a minute. An error that the service sends is an answer.
"""

import time
from collections.abc import Callable
from typing import Final

from msgspec import Struct

FAILURES_MAX: Final = 20
FIRST_PAUSE_S: Final = 1.0
LAST_PAUSE_S: Final = 30.0
_ENDPOINTS_MAX: Final = 1_000


class _Circuit(Struct):
    """What is known of one endpoint that failed lately."""

    failures: int = 0
    pause_s: float = 0.0
    opens_at_s: float = 0.0
    trying: bool = False


class Circuits:
    """The endpoints of one kind of client. `now_s` is a clock that never goes back."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._circuits: dict[str, _Circuit] = {}

    def refusal(self, endpoint: str) -> str | None:
        """Why this endpoint is not to be called now, or None: then `failed` or `answered` has to tell of the call."""
        circuit = self._circuits.get(endpoint)
        if circuit is None or not circuit.pause_s:
            return None
        left_s = circuit.opens_at_s - self._now_s()
        if left_s > 0:
            return (
                f"Unable to execute HTTP request: {endpoint} did not answer {circuit.failures} calls in a row, "
                f"so this one was not tried; the next try is in {left_s:.1f} s"
            )
        circuit.opens_at_s = self._now_s() + circuit.pause_s
        circuit.trying = True
        return None

    def answered(self, endpoint: str) -> None:
        """Something came back."""
        self._circuits.pop(endpoint, None)

    def failed(self, endpoint: str) -> None:
        """Nothing came back."""
        circuit = self._circuits.get(endpoint)
        if circuit is None:
            if len(self._circuits) >= _ENDPOINTS_MAX:
                del self._circuits[next(iter(self._circuits))]
            circuit = self._circuits[endpoint] = _Circuit()
        circuit.failures += 1
        if circuit.trying:
            circuit.pause_s = min(LAST_PAUSE_S, circuit.pause_s * 2)
        elif circuit.failures == FAILURES_MAX:
            circuit.pause_s = FIRST_PAUSE_S
        else:
            return  # too few, or of a call that was under way when the pause began
        circuit.trying = False
        circuit.opens_at_s = self._now_s() + circuit.pause_s
