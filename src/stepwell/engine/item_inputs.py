"""What ItemSelector makes of each item of a Map Run.

Here lives what a selector sees: the Map's effective input, the variables, and the context of its state with `Map.Item`.
Where items come from never lives here. (AWS: ItemSelector; order of `Map.Item` as recorded.)
"""

from collections.abc import Mapping
from random import Random
from typing import Any

from stepwell.asl.states.map import Map
from stepwell.engine.commands import MapPlan
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

    def text(self, index: int, value: Any, source: str, key: str | None = None) -> str:
        """The JSON text of an item's input. `key` is the name of an object's member. Raises QueryError."""
        try:
            if self._selector is None:
                return print_json(value if key is None else {"Key": key, "Value": value})
            return print_json(self._select(index, value, source, key))
        except JsonError as error:
            raise QueryError(RUNTIME, str(error)) from None

    def _select(self, index: int, value: Any, source: str, key: str | None) -> Any:
        item = {"Index": index, "Value": value}
        if key is not None:
            item["Key"] = key
        item["Source"] = source
        context = {**self._context, "Map": {"Item": item}}
        if self._jsonata:
            scope = JsonataScope(self._given, lambda: context, self._variables, self._dice, self._at_ms)
            return self._selector.read(scope)
        return self._selector.evaluate(Scope(self._given, lambda: context, self._variables, self._dice))
