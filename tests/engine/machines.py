"""Definitions in few words: states run in the order in which they are written unless they say otherwise."""

from typing import Any

ACCOUNT = "123456789012"
LAMBDA = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f"
INVOKE = "arn:aws:states:::lambda:invoke"
TOKEN = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
SYNC = "arn:aws:states:::states:startExecution.sync:2"
ACTIVITY = f"arn:aws:states:us-east-1:{ACCOUNT}:activity:work"

State = dict[str, Any]
Flow = dict[str, Any]
_ENDLESS = {"Choice", "Succeed", "Fail"}


def flow(**states: State) -> Flow:
    """StartAt the first; each goes on to the following one, the last ends."""
    names = list(states)
    made: dict[str, State] = {}
    for name, after in zip(names, [*names[1:], None], strict=True):
        state = dict(states[name])
        if state["Type"] not in _ENDLESS and not {"Next", "End"} & state.keys():
            state.update({"End": True} if after is None else {"Next": after})
        made[name] = state
    return {"StartAt": names[0], "States": made}


def pass_(**fields: Any) -> State:
    return {"Type": "Pass", **fields}


def task(resource: str = INVOKE, **fields: Any) -> State:
    return {"Type": "Task", "Resource": resource, **fields}


def wait(seconds: int | None = None, **fields: Any) -> State:
    return {"Type": "Wait", **({} if seconds is None else {"Seconds": seconds}), **fields}


def succeed(**fields: Any) -> State:
    return {"Type": "Succeed", **fields}


def fail(error: str | None = "Oops", cause: str | None = None, **fields: Any) -> State:
    given = {"Error": error, "Cause": cause}
    return {"Type": "Fail", **{key: text for key, text in given.items() if text is not None}, **fields}


def choice(*rules: dict[str, Any], **fields: Any) -> State:
    return {"Type": "Choice", "Choices": list(rules), **fields}


def parallel(*branches: Flow, **fields: Any) -> State:
    return {"Type": "Parallel", "Branches": list(branches), **fields}


def each(processor: Flow, **fields: Any) -> State:
    return {"Type": "Map", "ItemProcessor": processor, **fields}


def retry(*errors: str, **fields: Any) -> dict[str, Any]:
    return {"ErrorEquals": list(errors or ("States.ALL",)), **fields}


def catch(next_: str, *errors: str, **fields: Any) -> dict[str, Any]:
    return {"ErrorEquals": list(errors or ("States.ALL",)), "Next": next_, **fields}
