"""Clients that start executions and do their activities, and remember what the server has acknowledged."""

import json
import random
import threading
import time
import uuid
from typing import Any

from tests.kill.harness import ApiFailure, Gone, call

LATER = ("ThrottlingException", "ServiceUnavailable", "ServiceUnavailableException")
ROLE = "arn:aws:iam::000000000000:role/kill"
FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:count"


def definition(activity_arn: str) -> str:
    """A call without Retry (its outcome may become unknown), a wait, an activity, a Map and a Parallel."""
    count = {"call.$": "States.Format('{}/one', $$.Execution.Name)"}
    again = [{"ErrorEquals": ["States.Timeout"], "IntervalSeconds": 1, "MaxAttempts": 1000, "BackoffRate": 1.0}]
    item = {"Type": "Pass", "End": True}
    second = {"call.$": "States.Format('{}/two', $$.Execution.Name)"}
    states: dict[str, Any] = {
        "Once": {
            "Type": "Task",
            "Resource": FUNCTION,
            "Parameters": count,
            "ResultPath": "$.once",
            "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.unknown", "Next": "Pause"}],
            "Next": "Pause",
        },
        "Pause": {"Type": "Wait", "Seconds": 1, "Next": "Work"},
        "Work": {
            "Type": "Task",
            "Resource": activity_arn,
            "TimeoutSeconds": 3,
            "ResultPath": "$.work",
            "Retry": again,
            "Next": "Both",
        },
        "Both": {
            "Type": "Parallel",
            "ResultPath": "$.both",
            "Branches": [
                {"StartAt": "Each", "States": {"Each": _map(item)}},
                {"StartAt": "Second", "States": {"Second": _second(second), "Rescued": item}},
            ],
            "End": True,
        },
    }
    return json.dumps({"StartAt": "Once", "States": states})


def _map(item: dict[str, Any]) -> dict[str, Any]:
    return {
        "Type": "Map",
        "ItemsPath": "$.items",
        "MaxConcurrency": 2,
        "ItemProcessor": {"StartAt": "Item", "States": {"Item": item}},
        "End": True,
    }


def _second(parameters: dict[str, Any]) -> dict[str, Any]:
    rescue = [{"ErrorEquals": ["States.ALL"], "Next": "Rescued"}]
    return {"Type": "Task", "Resource": FUNCTION, "Parameters": parameters, "Catch": rescue, "End": True}


class Workload:
    """Threads that keep a server busy, whatever happens to it."""

    def __init__(self, server: Any, machine_arn: str, activity_arn: str) -> None:
        self.server = server
        self.machine_arn = machine_arn
        self.activity_arn = activity_arn
        self.started: dict[str, str] = {}
        self.completed: dict[str, str] = {}
        self.trouble: list[str] = []
        self.stopping = threading.Event()
        self.resting = threading.Event()
        self.threads: list[threading.Thread] = []

    def begin(self, starters: int = 4, workers: int = 6) -> None:
        """Start all threads."""
        for body in (*[self._start_executions] * starters, *[self._work] * workers):
            thread = threading.Thread(target=self._guarded, args=(body,), daemon=True)
            thread.start()
            self.threads.append(thread)

    def _guarded(self, body: Any) -> None:
        try:
            body()
        except Exception as error:
            self.trouble.append(f"{type(error).__name__}: {error}")

    def end(self) -> None:
        """Stop all threads."""
        self.stopping.set()
        for thread in self.threads:
            thread.join(20)

    def _start_executions(self) -> None:
        while not self.stopping.is_set():
            if self.resting.is_set():
                time.sleep(0.05)
                continue
            name = uuid.uuid4().hex
            given = json.dumps({"name": name, "items": [1, 2, 3]})
            answer = self._persist("StartExecution", stateMachineArn=self.machine_arn, name=name, input=given)
            if answer is not None:
                self.started[name] = answer["executionArn"]
            time.sleep(random.uniform(0, 0.05))

    def _persist(self, operation: str, **members: Any) -> Any:
        """Ask until there is an answer; a repetition of the same start is the same execution."""
        while not self.stopping.is_set():
            try:
                return call(self.server.port, operation, **members)
            except Gone:
                time.sleep(0.02)
            except ApiFailure as failure:
                if failure.code == "ExecutionAlreadyExists":
                    arn = self.machine_arn.replace(":stateMachine:", ":execution:")
                    return {"executionArn": f"{arn}:{members['name']}"}  # it is closed already
                if failure.code not in LATER:
                    raise
                time.sleep(0.02)
        return None

    def _work(self) -> None:
        while not self.stopping.is_set():
            try:
                task = call(self.server.port, "GetActivityTask", 3.0, activityArn=self.activity_arn)
                token = task.get("taskToken")
                if not token:
                    continue
                name = json.loads(task["input"])["name"]
                mark = uuid.uuid4().hex
                call(self.server.port, "SendTaskSuccess", taskToken=token, output=json.dumps({"mark": mark}))
                assert name not in self.completed, f"{name} was completed twice"
                self.completed[name] = mark
            except Gone:
                time.sleep(0.02)
            except ApiFailure as failure:
                if failure.code not in ("TaskTimedOut", *LATER):
                    raise
