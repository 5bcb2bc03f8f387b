"""What the console is measured with: machines of a given length, and one that makes events at a steady rate."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

TICKS_AFTER_S: Final = 4
"""How long after its start the steady machine begins: by then a page that was opened meanwhile is quiet."""
_TICKS: Final = 440
_TICK_EVENTS: Final = 50
_TICK_S: Final = _TICK_EVENTS / 2_000
_ITERATION_EVENTS: Final = 4  # it starts, its Wait is entered and left, it ends


def chain(states: int) -> dict[str, Any]:
    """So many Pass states, one after the other."""
    names = [f"Step {number}" for number in range(states)]
    ways = [{"Next": name} for name in names[1:]] + [{"End": True}]
    made = {name: {"Type": "Pass", **way} for name, way in zip(names, ways, strict=True)}
    return {"StartAt": names[0], "States": made}


def _tick() -> dict[str, Any]:
    """An iteration that waits for its time and then makes its events at once."""
    flow = chain((_TICK_EVENTS - _ITERATION_EVENTS) // 2)
    states = {"Wait": {"Type": "Wait", "TimestampPath": "$", "Next": flow["StartAt"]}, **flow["States"]}
    return {"StartAt": "Wait", "States": states}


TICKS: Final[dict[str, Any]] = {
    "StartAt": "Ticks",
    "States": {
        "Ticks": {
            "Type": "Map",
            "ItemsPath": "$.times",
            "ItemProcessor": _tick(),
            "ResultPath": None,
            "End": True,
        }
    },
}
"""2,000 events a second, in steps of 25 ms."""


def ticks() -> dict[str, list[str]]:
    """The input of `TICKS`: the times of its iterations, from `TICKS_AFTER_S` seconds after now."""
    began = datetime.now(UTC) + timedelta(seconds=TICKS_AFTER_S)
    times = (began + timedelta(seconds=_TICK_S * number) for number in range(_TICKS))
    return {"times": [time.isoformat(timespec="milliseconds").replace("+00:00", "Z") for time in times]}


def turns(activity: str) -> dict[str, Any]:
    """One task of an activity for each item of `$.left`."""
    more = {"Variable": "$.left[0]", "IsPresent": True, "Next": "Work"}
    return {
        "StartAt": "More?",
        "States": {
            "More?": {"Type": "Choice", "Choices": [more], "Default": "Done"},
            "Work": {"Type": "Task", "Resource": activity, "ResultPath": None, "Next": "Drop"},
            "Drop": {"Type": "Pass", "Parameters": {"left.$": "$.left[1:]"}, "Next": "More?"},
            "Done": {"Type": "Succeed"},
        },
    }
