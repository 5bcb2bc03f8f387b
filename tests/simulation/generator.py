"""Random valid definitions with all types of states, bounded in depth, from one seed."""

from random import Random
from typing import Any

from tests.engine.machines import ACTIVITY, INVOKE, LAMBDA, SYNC, TOKEN

_TYPES = ("Pass", "Pass", "Task", "Task", "Task", "Choice", "Wait", "Parallel", "Map")
_ERRORS = ("Boom", "Crash", "States.Timeout", "States.HeartbeatTimeout", "States.TaskFailed", "States.BranchFailed")
_CHEAP = (
    "{% $states.input %}",
    "{% $states.context.State.Name %}",
    "{% {'a': $v3a, 'r': $states.context.State.RetryCount} %}",
    "{% $exists($v2a) ? $v2a : 'none' %}",
    "{% $uuid() & $string($floor($random() * 10)) %}",
    "{% $millis() %}",
    "{% $v3b.nothing %}",
    "{% 1 + $v3a %}",
)
_DEAR = (
    "{% $map([1, 2, 3], function($x) { $x + $count($v3b) }) %}",
    "{% $reduce([1..5], function($a, $b) { $a + $b }) %}",
    "{% $map([1, 2], function($x) { $random() }) %}",
    "{% $map([1], function($x) { $error('no') }) %}",
    "{% $map([$states.input], function($x) { $states.context.Execution.Name }) %}",
)
_PATHS = ("$", "$", "$.a", "$$.Execution.Input", "$$.State", "$.deep.er")


class Generator:
    """Makes one definition; names are unique in all of it."""

    def __init__(self, dice: Random) -> None:
        self.dice = dice
        self.names = 0
        self.states = 0
        self.variables = dice.random() < 0.6  # machines without them stay as they are

    def definition(self) -> dict[str, Any]:
        made = self.flow(3)
        if self.variables:
            given = {"v3a": self.dice.choice((1, "one")), "v3b": [1, {"two": "x" * 70}]}
            made["States"]["Set"] = {"Type": "Pass", "Assign": given, "Next": made["StartAt"]}
            made["StartAt"] = "Set"
        if self.dice.random() < 0.2:
            made["TimeoutSeconds"] = self.dice.randint(1, 60)
        return made

    def flow(self, depth: int) -> dict[str, Any]:
        names = [self.name() for _ in range(self.dice.randint(1, 4 if depth > 1 else 2))]
        states = {name: self.state(place, names, depth) for place, name in enumerate(names)}
        return {"StartAt": names[0], "States": states}

    def name(self) -> str:
        self.names += 1
        return f"S{self.names}"

    def state(self, place: int, names: list[str], depth: int) -> dict[str, Any]:
        dice = self.dice
        last = place == len(names) - 1
        if last and dice.random() < 0.25:
            return self.ending()
        kinds = [kind for kind in _TYPES if depth > 0 or kind not in ("Parallel", "Map")]
        if last:
            kinds = [kind for kind in kinds if kind != "Choice"]
        kind = dice.choice(kinds)
        if self.variables and dice.random() < 0.4:
            return self.jsonata_state(kind, place, names, depth)
        state: dict[str, Any] = {"Type": kind, **getattr(self, f"_{kind.lower()}")(depth), **self.assign(depth)}
        if kind == "Choice":
            state["Choices"] = [
                {**self.rule(), **self.assign(depth), "Next": dice.choice(names)} for _ in range(dice.randint(1, 2))
            ]
            state["Default"] = names[place + 1]
        else:
            state.update({"End": True} if last else {"Next": names[place + 1]})
        if kind in ("Task", "Parallel", "Map"):
            self.handlers(state, names, depth)
        return state

    def assign(self, depth: int) -> dict[str, Any]:
        """Sets variables of this depth, or none; inner scopes may read all that are further out."""
        if not self.variables or self.dice.random() < 0.6:
            return {}
        value = self.dice.choice(({"": 7}, {"": "t" * 50}, {".$": "$"}, {".$": "$v3b"}, {".$": "$$.State.Name"}))
        [(suffix, given)] = value.items()
        return {"Assign": {f"v{depth}{self.dice.choice('ab')}{suffix}": given}}

    # JSONata

    def expression(self) -> str:
        return self.dice.choice(_CHEAP if self.dice.random() < 0.7 else _DEAR)

    def value(self) -> Any:
        return self.dice.choice((self.expression(), {"k": self.expression(), "l": [1, self.expression()]}, "plain"))

    def ends(self, depth: int) -> dict[str, Any]:
        name = f"v{depth}{self.dice.choice('ab')}"
        return {**self.some(0.5, Output=self.value()), **self.some(0.4, Assign={name: self.value()})}

    def jsonata_state(self, kind: str, place: int, names: list[str], depth: int) -> dict[str, Any]:
        dice = self.dice
        last = place == len(names) - 1
        state: dict[str, Any] = {"Type": kind, "QueryLanguage": "JSONata", **self.ends(depth)}
        if kind == "Choice":
            conditions = (
                "{% $v3a = 1 %}",
                "{% $count($filter($v3b, function($x) { true })) > 1 %}",
                "{% 'x' %}",
                False,
            )
            rules = [{"Condition": dice.choice(conditions), **self.ends(depth)} for _ in range(dice.randint(1, 2))]
            return {
                **state,
                "Choices": [{**rule, "Next": dice.choice(names)} for rule in rules],
                "Default": names[place + 1],
            }
        state.update({"End": True} if last else {"Next": names[place + 1]})
        if kind == "Wait":
            state["Seconds"] = dice.choice(
                (1, "{% 2.5 %}", "{% $sum($map([1, 2], function($x) { $x })) %}", "{% -1 %}")
            )
        elif kind == "Task":
            state.update(Resource=dice.choice((INVOKE, LAMBDA, TOKEN, SYNC, ACTIVITY)))
            state.update(self.some(0.6, Arguments=self.value()))
            state.update(self.some(0.3, TimeoutSeconds="{% 3 + $random() * 9 %}"))
        elif kind == "Parallel":
            state["Branches"] = [self.flow(depth - 1) for _ in range(dice.randint(1, 3))]
            state.update(self.some(0.5, Arguments=self.value()))
        elif kind == "Map":
            state["ItemProcessor"] = self.flow(depth - 1)
            items = (
                "{% $states.context.Execution.Input.list %}",
                [1, self.expression()],
                "{% $map([1..3], function($x) { $x }) %}",
            )
            state["Items"] = dice.choice(items)
            state.update(self.some(0.5, ItemSelector={"i": "{% $states.context.Map.Item.Index %}", "v": self.value()}))
            state.update(self.some(0.5, MaxConcurrency=dice.choice((1, 2, "{% 2 %}"))))
        if kind in ("Task", "Parallel", "Map"):
            self.handlers(state, names, depth)
            for catcher in state.get("Catch", ()):
                catcher.pop("ResultPath", None)
                catcher.pop("Assign", None)
                catcher.update(self.ends(depth))
        return state

    def ending(self) -> dict[str, Any]:
        if self.dice.random() < 0.5:
            return {"Type": "Succeed", **self.some(0.2, OutputPath="$")}
        return {"Type": "Fail", **self.some(0.8, Error=self.dice.choice(_ERRORS)), **self.some(0.5, Cause="because")}

    def some(self, chance: float, **fields: Any) -> dict[str, Any]:
        return fields if self.dice.random() < chance else {}

    def path(self) -> str:
        if self.variables and self.dice.random() < 0.2:
            return self.dice.choice(("$v3a", "$v3b[1]", "$v3b"))
        return self.dice.choice(_PATHS)

    def template(self) -> dict[str, Any]:
        dice = self.dice
        values = ("States.UUID()", "States.MathRandom(0, 100)", "$$.State.Name", "$$.Execution.Id", "$", self.path())
        made: dict[str, Any] = {f"k{n}.$": dice.choice(values) for n in range(dice.randint(1, 3))}
        return {**made, **self.some(0.3, fixed=[1, "two", {"three": 3}])}

    def result_path(self) -> dict[str, Any]:
        place = self.dice.choice(("$.r", "$.r.deep", None, "$", "$.list"))
        return {"ResultPath": place} if self.dice.random() < 0.6 else {}

    def paths(self) -> dict[str, Any]:
        return {
            **self.some(0.1, InputPath=self.dice.choice((None, self.path()))),
            **self.some(0.1, OutputPath=self.dice.choice((None, self.path()))),
        }

    def _pass(self, depth: int) -> dict[str, Any]:
        result: Any = self.dice.choice(({"a": 1.5}, [1, 2], "text", {"big": "x" * 120}))
        return {
            **self.some(0.3, Result=result),
            **self.some(0.3, Parameters=self.template()),
            **self.result_path(),
            **self.paths(),
        }

    def _task(self, depth: int) -> dict[str, Any]:
        made: dict[str, Any] = {"Resource": self.dice.choice((INVOKE, LAMBDA, TOKEN, SYNC, ACTIVITY))}
        made.update(self.some(0.4, Parameters=self.template()))
        made.update(self.some(0.2, ResultSelector={"v.$": "$", "c.$": "$$.State.RetryCount"}))
        timeout_s = self.dice.randint(2, 20)
        made.update(self.some(0.4, TimeoutSeconds=timeout_s))
        made.update(self.some(0.3, HeartbeatSeconds=self.dice.randint(1, timeout_s - 1)))
        return {**made, **self.result_path(), **self.paths()}

    def _choice(self, depth: int) -> dict[str, Any]:
        return self.paths()

    def rule(self) -> dict[str, Any]:
        return self.dice.choice(
            (
                {"Variable": "$.a", "IsPresent": True},
                {"Variable": "$.r", "IsPresent": False},
                {"Variable": "$$.Execution.Input.a", "NumericGreaterThan": 5},
                {"Not": {"Variable": "$", "IsNull": True}},
            )
        )

    def _wait(self, depth: int) -> dict[str, Any]:
        seconds: dict[str, Any] = {"Seconds": self.dice.choice((0, 1, 5, 30))}
        path = {"SecondsPath": "$$.Execution.Input.a"}
        return {**self.dice.choice((seconds, seconds, path)), **self.paths()}

    def _parallel(self, depth: int) -> dict[str, Any]:
        branches = [self.flow(depth - 1) for _ in range(self.dice.randint(1, 3))]
        return {
            "Branches": branches,
            **self.some(0.3, Parameters=self.template()),
            **self.some(0.2, ResultSelector={"all.$": "$"}),
            **self.result_path(),
            **self.paths(),
        }

    def _map(self, depth: int) -> dict[str, Any]:
        return {
            "ItemProcessor": self.flow(depth - 1),
            "ItemsPath": "$$.Execution.Input.list",
            **self.some(0.4, ItemSelector={"i.$": "$$.Map.Item.Index", "v.$": "$$.Map.Item.Value", **self.template()}),
            **self.some(0.5, MaxConcurrency=self.dice.choice((0, 1, 2))),
            **self.result_path(),
            **self.paths(),
        }

    def handlers(self, state: dict[str, Any], names: list[str], depth: int) -> None:
        dice = self.dice
        if dice.random() < 0.5:
            state["Retry"] = [self.retrier() for _ in range(dice.randint(1, 2))]
        if dice.random() < 0.5:
            way = {"Next": dice.choice(names), **self.result_path(), **self.assign(depth)}
            state["Catch"] = [{"ErrorEquals": ["States.ALL"], **way}]

    def retrier(self) -> dict[str, Any]:
        dice = self.dice
        return {
            "ErrorEquals": dice.sample(_ERRORS, dice.randint(1, 2)),
            "MaxAttempts": dice.randint(0, 2),
            **self.some(0.5, IntervalSeconds=dice.randint(1, 4)),
            **self.some(0.3, MaxDelaySeconds=5),
            **self.some(0.3, JitterStrategy="FULL"),
        }
