"""Random state machines that always come to an end: every wait for somebody outside has a time-out."""

import json
from random import Random
from typing import Any

from stepwell.asl.compile import compile_definition

ACCOUNT = "000000000000"
REGION = "us-east-1"
ACTIVITIES = ("press", "paint")
LAMBDA = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:work"
REQUEST = "arn:aws:states:::sqs:sendMessage"
JOB = "arn:aws:states:::glue:startJobRun.sync"
REPEATABLE_JOB = "arn:aws:states:::ecs:runTask.sync"
TOKEN = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"


def activity_arn_of(name: str) -> str:
    return f"arn:aws:states:{REGION}:{ACCOUNT}:activity:{name}"


class Maker:
    """Makes definitions from dice."""

    def __init__(self, dice: Random) -> None:
        self._dice = dice
        self._names = 0

    def definition(self) -> str:
        text = json.dumps(self._flow(0))
        assert compile_definition(text).machine is not None, text
        return text

    def _flow(self, depth: int) -> dict[str, Any]:
        dice = self._dice
        states: list[tuple[str, dict[str, Any]]] = []
        for _ in range(dice.randint(1, 4 if depth == 0 else 2)):
            states.extend(self._states(depth))
            if states[-1][1]["Type"] == "Fail":
                break
        for place, (_, state) in enumerate(states):
            if state["Type"] == "Fail":
                continue
            if place + 1 < len(states):
                state["Next"] = states[place + 1][0]
                self._may_catch(state, states[place + 1 :])
            else:
                state["End"] = True
        return {"StartAt": states[0][0], "States": dict(states)}

    def _may_catch(self, state: dict[str, Any], following: list[tuple[str, dict[str, Any]]]) -> None:
        if state["Type"] in ("Task", "Parallel", "Map") and self._dice.random() < 0.5:
            state["Catch"] = [{"ErrorEquals": ["States.ALL"], "Next": self._dice.choice(following)[0]}]

    def _name(self, kind: str) -> str:
        self._names += 1
        return f"{kind}{self._names}"

    def _states(self, depth: int) -> list[tuple[str, dict[str, Any]]]:
        kinds = ["pass", "wait", "call", "call", "activity", "activity", "token", "fail", "passes", "jsonata"]
        if depth < 2:
            kinds += ["parallel", "map"] * (2 - depth)
        if depth == 0:
            kinds += ["standard_run", "express_run"]
        kind = self._dice.choice(kinds)
        made: list[tuple[str, dict[str, Any]]] = getattr(self, f"_{kind}")(depth)
        return made

    def _pass(self, _depth: int) -> list[tuple[str, dict[str, Any]]]:
        return [(self._name("Pass"), {"Type": "Pass"})]

    def _jsonata(self, _depth: int) -> list[tuple[str, dict[str, Any]]]:
        """Sets a variable that is large now and then, and reads it in an expression that leaves the event loop."""
        name = self._name("Set")
        value = "x" * self._dice.choice((5, 5, 40_000))
        given = {"Type": "Pass", "QueryLanguage": "JSONata", "Assign": {f"of{name}": value}}
        source = f"{{% $map([1, 2], function($n) {{ [$n, $length($of{name}), $uuid()] }}) %}}"
        shape = {"Type": "Pass", "QueryLanguage": "JSONata", "Output": {"items": source}}
        return [(name, given), (self._name("Shape"), shape)]

    def _passes(self, _depth: int) -> list[tuple[str, dict[str, Any]]]:
        return [(self._name("Pass"), {"Type": "Pass"}) for _ in range(12)]

    def _fail(self, _depth: int) -> list[tuple[str, dict[str, Any]]]:
        if self._dice.random() < 0.6:
            return self._pass(0)
        return [(self._name("Fail"), {"Type": "Fail", "Error": "Planned", "Cause": "it had to be"})]

    def _wait(self, _depth: int) -> list[tuple[str, dict[str, Any]]]:
        return [(self._name("Wait"), {"Type": "Wait", "Seconds": self._dice.choice((0, 1, 3, 20))})]

    def _call(self, _depth: int) -> list[tuple[str, dict[str, Any]]]:
        dice = self._dice
        state: dict[str, Any] = {"Type": "Task", "Resource": dice.choice((LAMBDA, REQUEST, JOB, REPEATABLE_JOB))}
        if dice.random() < 0.4:
            state["TimeoutSeconds"] = dice.choice((2, 10, 40))
        return [(self._name("Call"), self._with_retry(state))]

    def _activity(self, _depth: int) -> list[tuple[str, dict[str, Any]]]:
        return [(self._name("Activity"), self._watched(activity_arn_of(self._dice.choice(ACTIVITIES))))]

    def _token(self, _depth: int) -> list[tuple[str, dict[str, Any]]]:
        state = self._watched(TOKEN)
        state["Parameters"] = {"MessageBody": {"token.$": "$$.Task.Token"}}
        return [(self._name("Token"), state)]

    def _watched(self, resource: str) -> dict[str, Any]:
        dice = self._dice
        state: dict[str, Any] = {"Type": "Task", "Resource": resource, "TimeoutSeconds": dice.choice((10, 30, 60))}
        if dice.random() < 0.5:
            state["HeartbeatSeconds"] = dice.choice((4, 8))
        return self._with_retry(state)

    def _with_retry(self, state: dict[str, Any]) -> dict[str, Any]:
        dice = self._dice
        if dice.random() < 0.6:
            state["Retry"] = [
                {
                    "ErrorEquals": ["States.ALL"],
                    "IntervalSeconds": dice.randint(1, 5),
                    "MaxAttempts": dice.randint(0, 3),
                    "BackoffRate": 1.5,
                    "JitterStrategy": dice.choice(("NONE", "FULL")),
                }
            ]
        return state

    def _parallel(self, depth: int) -> list[tuple[str, dict[str, Any]]]:
        branches = [self._flow(depth + 1) for _ in range(self._dice.randint(2, 3))]
        return [(self._name("Parallel"), self._with_retry({"Type": "Parallel", "Branches": branches}))]

    def _standard_run(self, _depth: int) -> list[tuple[str, dict[str, Any]]]:
        return self._spread("STANDARD", self._flow(1))

    def _express_run(self, _depth: int) -> list[tuple[str, dict[str, Any]]]:
        """Children whose calls may be made again."""
        rest, ask = self._name("Rest"), self._name("Ask")
        wait = {"Type": "Wait", "Seconds": self._dice.choice((0, 1, 20)), "Next": ask}
        call = self._with_retry({"Type": "Task", "Resource": REQUEST, "End": True})
        return self._spread("EXPRESS", {"StartAt": rest, "States": {rest: wait, ask: call}})

    def _spread(self, kind: str, flow: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
        """A distributed Map, with all that decides which children start and when the run fails."""
        dice = self._dice
        name = self._name("Spread")
        state: dict[str, Any] = {
            "Type": "Map",
            "Label": name,
            "ItemsPath": "$.items",
            "MaxConcurrency": dice.choice((0, 1, 2)),
            "ItemProcessor": {**flow, "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": kind}},
        }
        state |= dice.choice(({}, {"ToleratedFailureCount": 1}, {"ToleratedFailurePercentage": 50}))
        if dice.random() < 0.3:
            state["ItemBatcher"] = {"MaxItemsPerBatch": 2}
        items = [{"n": n} for n in range(dice.choice((0, 1, 3, 7)))]
        given = {"Type": "Pass", "Result": {"items": items}}
        return [(self._name("Items"), given), (name, self._with_retry(state))]

    def _map(self, depth: int) -> list[tuple[str, dict[str, Any]]]:
        dice = self._dice
        items = [{"n": n} for n in range(dice.choice((0, 1, 3, 5)))]
        state = {
            "Type": "Map",
            "ItemsPath": "$.items",
            "MaxConcurrency": dice.choice((0, 1, 2)),
            "ItemProcessor": self._flow(depth + 1),
        }
        return [
            (self._name("Items"), {"Type": "Pass", "Result": {"items": items}}),
            (self._name("Map"), self._with_retry(state)),
        ]
