"""What ItemSelector makes of each item of a Map Run.

Here lives what a selector sees: the Map's effective input, the variables, and the context of its state with `Map.Item`.
Where items come from never lives here. (AWS: ItemSelector; order of `Map.Item` as recorded.)
"""

from collections.abc import Callable, Iterable, Mapping
from random import Random
from typing import Any, NamedTuple

from stepwell.asl.evaluated import Evaluated
from stepwell.asl.states.map import Map
from stepwell.engine.commands import MapPlan, Question
from stepwell.engine.evaluation import lookup, questions_about
from stepwell.engine.events import Answer
from stepwell.payload import JsonError, print_json
from stepwell.query.failures import RUNTIME, QueryError
from stepwell.query.jsonata import JsonataScope
from stepwell.query.scope import Scope

STATE_DATA = "STATE_DATA"
"""`Map.Item.Source` of items that are no object's (AWS)."""


class ItemInputs:
    """The inputs of one run's children, before they are put into batches."""

    def __init__(self, state: Map, plan: MapPlan, dice: Random, at_ms: int) -> None:
        self._selector: Any = state.item_selector
        self._jsonata = state.is_jsonata
        self._given = None if plan.given is None else plan.given.value
        self._context: Mapping[str, Any] = {} if plan.context is None else plan.context.value
        self._variables = {name: payload.value for name, payload in plan.variables.items()}
        self._dice = dice
        self._at_ms = at_ms

    @property
    def is_dear(self) -> bool:
        """Whether an item may take long."""
        return self._jsonata and self._selector is not None and bool(self._selector.dear)

    def text(self, index: int, value: Any, source: str | None, key: str | None = None) -> str:
        """The JSON text of an item's input. `key` is the name of an object's member, `source` None for a Map that runs
        inside its execution. Raises QueryError.
        """
        if self._selector is None:
            return _printed(lambda: value if key is None else {"Key": key, "Value": value})
        context = self._context_of(index, value, source, key)
        if self._jsonata:
            return _printed(lambda: self._selector.read(self._scope(context)))
        scope = Scope(self._given, lambda: context, self._variables, self._dice)
        return _printed(lambda: self._selector.evaluate(scope))

    def asked(self, index: int, value: Any, source: str | None, key: str | None = None) -> "AskedInput":
        """The same where it may take long: what is to be worked out elsewhere first. Raises QueryError."""
        scope = self._scope(self._context_of(index, value, source, key))
        try:
            return AskedInput(self._selector, scope, questions_about(scope, self._selector.dear))
        except JsonError as error:
            raise QueryError(RUNTIME, str(error)) from None

    def _scope(self, context: dict[str, Any]) -> JsonataScope:
        return JsonataScope(self._given, lambda: context, self._variables, self._dice, self._at_ms)

    def _context_of(self, index: int, value: Any, source: str | None, key: str | None) -> dict[str, Any]:
        item: dict[str, Any] = {"Index": index, "Value": value}
        if key is not None:
            item["Key"] = key
        if source is not None:
            item["Source"] = source
        return {**self._context, "Map": {"Item": item}}


class AskedInput(NamedTuple):
    """An item whose selector has expressions that may take long."""

    selector: Evaluated
    scope: JsonataScope
    questions: tuple[Question, ...]

    def text(self, answers: Iterable[Answer]) -> str:
        """Its input, with the answers to its questions. Raises QueryError."""
        self.scope.answers = lookup(answers)
        return _printed(lambda: self.selector.read(self.scope))


def _printed(value: Callable[[], Any]) -> str:
    try:
        return print_json(value())
    except JsonError as error:
        raise QueryError(RUNTIME, str(error)) from None
