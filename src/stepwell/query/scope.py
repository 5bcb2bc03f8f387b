"""What a query may look at. Never how the engine came by it."""

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from msgspec import Struct

from stepwell.limits import AWS
from stepwell.query.budget import Budget


class Scope(Struct, eq=False):
    """The data of one evaluation.

    `input` is a parsed JSON value, `context` gives the context object when first asked, `variables` are the workflow's
    variables by name, and `dice` are the only source of chance (States.UUID, States.MathRandom). `budget` is None until
    something costly is done.
    """

    input: Any
    context: Callable[[], dict[str, Any]]
    variables: Mapping[str, Any]
    dice: Random
    budget: Budget | None = None

    def budget_of(self, steps_max: int = AWS.query_steps_max) -> Budget:
        """The budget of the whole evaluation, made of so many steps when first asked for."""
        if self.budget is None:
            self.budget = Budget(steps_max)
        return self.budget
