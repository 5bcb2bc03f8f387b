"""What a query may look at. Never how the engine came by it."""

from collections.abc import Callable, Mapping
from random import Random
from typing import Any


class Scope:
    """The data of one evaluation.

    `input` is a parsed JSON value, `context` gives the context object when first asked, `variables` are the workflow's
    variables by name, and `dice` are the only source of chance (States.UUID, States.MathRandom).
    """

    __slots__ = ("context", "dice", "input", "variables")

    def __init__(
        self, input: Any, context: Callable[[], dict[str, Any]], variables: Mapping[str, Any], dice: Random
    ) -> None:
        self.input = input
        self.context = context
        self.variables = variables
        self.dice = dice
