"""The state machines that are measured, and inputs for them."""

import json
from typing import Any

CHAIN_TRANSITIONS = 11
INPUT = json.dumps({"n": 5, "data": "x" * 270})
FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:echo"


def chain() -> str:
    """Ten Pass and Choice states in turn, then Succeed: 11 transitions."""
    states: dict[str, Any] = {}
    for i in range(10):
        following = f"S{i + 1}" if i < 9 else "End"
        if i % 2 == 0:
            states[f"S{i}"] = {"Type": "Pass", "Next": following}
        else:
            rule = {"Variable": "$.n", "NumericGreaterThan": 100, "Next": "S0"}
            states[f"S{i}"] = {"Type": "Choice", "Choices": [rule], "Default": following}
    states["End"] = {"Type": "Succeed"}
    return json.dumps({"StartAt": "S0", "States": states})


def passes(steps: int) -> str:
    """So many Pass states, one after another."""
    states: dict[str, Any] = {f"P{i}": {"Type": "Pass", "Next": f"P{i + 1}"} for i in range(steps - 1)}
    states[f"P{steps - 1}"] = {"Type": "Pass", "End": True}
    return json.dumps({"StartAt": "P0", "States": states})


def tasks(steps: int) -> str:
    """So many Tasks one after another, each keeping its input."""
    states: dict[str, dict[str, str]] = {
        f"T{i}": {"Type": "Task", "Resource": FUNCTION, "ResultPath": "$.r", "Next": f"T{i + 1}"} for i in range(steps)
    }
    states[f"T{steps}"] = {"Type": "Succeed"}
    return json.dumps({"StartAt": "T0", "States": states})


def activity_steps(activity: str, steps: int) -> str:
    """So many tasks of one activity, one after another."""
    states: dict[str, dict[str, str]] = {
        f"S{i}": {"Type": "Task", "Resource": activity, "Next": f"S{i + 1}"} for i in range(steps)
    }
    states[f"S{steps}"] = {"Type": "Succeed"}
    return json.dumps({"StartAt": "S0", "States": states})


def service_tasks(steps: int, resource: str, parameters: dict[str, Any]) -> str:
    """So many Tasks that call a service, each keeping its input."""
    states: dict[str, dict[str, Any]] = {
        f"T{i}": {
            "Type": "Task",
            "Resource": resource,
            "Parameters": parameters,
            "ResultPath": None,
            "Next": f"T{i + 1}",
        }
        for i in range(steps)
    }
    states[f"T{steps}"] = {"Type": "Succeed"}
    return json.dumps({"StartAt": "T0", "States": states})


def waiting(seconds: int) -> str:
    """One long Wait."""
    return json.dumps({"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": seconds, "End": True}}})


def looping_task() -> str:
    """A Task that calls again until its result says stop: histories of any length, one task step at a time."""
    rule = {"Variable": "$.stop", "BooleanEquals": True, "Next": "End"}
    states = {
        "T": {"Type": "Task", "Resource": FUNCTION, "Next": "C"},
        "C": {"Type": "Choice", "Choices": [rule], "Default": "T"},
        "End": {"Type": "Succeed"},
    }
    return json.dumps({"StartAt": "T", "States": states})
