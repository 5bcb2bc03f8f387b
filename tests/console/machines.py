"""Machines that the browser tests run: small, without workers, and each for what its name says."""

from typing import Any, Final
from urllib.parse import quote

PASS: Final[dict[str, Any]] = {"StartAt": "Only", "States": {"Only": {"Type": "Pass", "End": True}}}

ORDER: Final[dict[str, Any]] = {
    "Comment": "An order whose second parcel is too heavy",
    "StartAt": "Check",
    "States": {
        "Check": {"Type": "Pass", "Result": {"ok": True}, "ResultPath": "$.checked", "Next": "Each parcel"},
        "Each parcel": {
            "Type": "Map",
            "ItemsPath": "$.parcels",
            "MaxConcurrency": 1,
            "ItemProcessor": {
                "StartAt": "Heavy?",
                "States": {
                    "Heavy?": {
                        "Type": "Choice",
                        "Choices": [{"Variable": "$.kg", "NumericGreaterThan": 50, "Next": "Too heavy"}],
                        "Default": "Pack",
                    },
                    "Too heavy": {
                        "Type": "Fail",
                        "Error": "Parcel.TooHeavy",
                        "Cause": '{"limit": 50, "hint": "Split it"}',
                    },
                    "Pack": {"Type": "Pass", "End": True},
                },
            },
            "Next": "Done",
        },
        "Done": {"Type": "Succeed"},
    },
}
HEAVY: Final = {"parcels": [{"kg": 4}, {"kg": 60}, {"kg": 7}]}
LIGHT: Final = {"parcels": [{"kg": 4}, {"kg": 6}]}


_REFUSE: Final = {"StartAt": "Refuse", "States": {"Refuse": {"Type": "Fail", "Error": "Refused", "Cause": "as always"}}}
_SORRY: Final = {"Type": "Pass", "End": True}

CAUGHT: Final[dict[str, Any]] = {
    "StartAt": "Try",
    "States": {
        "Try": {
            "Type": "Parallel",
            "Branches": [_REFUSE],
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Sorry"}],
            "End": True,
        },
        "Sorry": _SORRY,
    },
}
RETRIED_LATER: Final[dict[str, Any]] = {
    "StartAt": "Try",
    "States": {
        "Try": {
            "Type": "Parallel",
            "Branches": [_REFUSE],
            "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 3000, "MaxAttempts": 2}],
            "End": True,
        }
    },
}

LANES: Final[dict[str, Any]] = {
    "StartAt": "Fork",
    "States": {
        "Fork": {
            "Type": "Parallel",
            "Branches": [
                {"StartAt": name, "States": {name: {"Type": "Pass", "End": True}}} for name in ("One", "Two", "Three")
            ],
            "End": True,
        }
    },
}

WAITING: Final[dict[str, Any]] = {
    "StartAt": "First",
    "States": {"First": {"Type": "Pass", "Next": "Rest"}, "Rest": {"Type": "Wait", "Seconds": 3000, "End": True}},
}

TALLIED: Final[dict[str, Any]] = {
    "StartAt": "Each",
    "States": {
        "Each": {
            "Type": "Map",
            "ItemsPath": "$.numbers",
            "MaxConcurrency": 100,
            "ToleratedFailurePercentage": 100,
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                "StartAt": "Too large?",
                "States": {
                    "Too large?": {
                        "Type": "Choice",
                        "Choices": [{"Variable": "$", "NumericLessThan": 0, "Next": "Bad"}],
                        "Default": "Good",
                    },
                    "Bad": {"Type": "Fail", "Error": "Number.Bad", "Cause": "below zero"},
                    "Good": {"Type": "Pass", "End": True},
                },
            },
            "End": True,
        }
    },
}

CHARGE: Final = """
import os, sys, time

declined = 0

def handler(event, context):
    global declined
    print(f"charging {event['cents'] / 100:.2f}")
    if declined < event["declines"]:
        declined += 1
        print("the card was declined", file=sys.stderr)
        raise ValueError("declined")
    while "gate" in event and not os.path.exists(event["gate"]):
        time.sleep(0.01)
    print("done")
"""
"""A function that prints, and fails as often as it is told to."""

CHARGING: Final[dict[str, Any]] = {
    "StartAt": "Charge card",
    "States": {
        "Charge card": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": "charge", "Payload.$": "$"},
            "Retry": [{"ErrorEquals": ["ValueError"], "IntervalSeconds": 1, "MaxAttempts": 3, "BackoffRate": 1}],
            "End": True,
        }
    },
}


def loop(turns: int) -> dict[str, Any]:
    """A Choice that leads back to a Pass so many times: four events a turn."""
    return {
        "QueryLanguage": "JSONata",
        "StartAt": "Begin",
        "States": {
            "Begin": {"Type": "Pass", "Assign": {"turn": 0}, "Next": "Again?"},
            "Again?": {
                "Type": "Choice",
                "Choices": [{"Condition": f"{{% $turn < {turns} %}}", "Next": "Turn"}],
                "Default": "End",
            },
            "Turn": {"Type": "Pass", "Assign": {"turn": "{% $turn + 1 %}"}, "Next": "Again?"},
            "End": {"Type": "Succeed"},
        },
    }


def at(*parts: str, **search: str | int) -> str:
    """The address of a view below `/console/`."""
    query = "&".join(f"{name}={quote(str(value), safe='')}" for name, value in search.items())
    return "/".join(quote(part, safe="") for part in parts) + (f"?{query}" if query else "")
