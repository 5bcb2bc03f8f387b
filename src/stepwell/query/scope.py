"""What a query may look at. Never how the engine came by it."""

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from stepwell.limits import AWS
from stepwell.query.budget import Budget


class Scope:
    """The data of one evaluation.

    `input` is a parsed JSON value, `context` gives the context object when first asked, `variables` are the workflow's
    variables by name, and `dice` are the only source of chance (States.UUID, States.MathRandom). `budget` is None until
    something costly is done.
    """

    __slots__ = ("budget", "context", "dice", "input", "variables")

    def __init__(
        self, input: Any, context: Callable[[], dict[str, Any]], variables: Mapping[str, Any], dice: Random
    ) -> None:
        self.input = input
        self.context = context
        self.variables = variables
        self.dice = dice
        self.budget: Budget | None = None

    def budget_of(self, steps_max: int = AWS.query_steps_max) -> Budget:
        """The budget of the whole evaluation, made of so many steps when first asked for."""
        if self.budget is None:
            self.budget = Budget(steps_max)
        return self.budget
