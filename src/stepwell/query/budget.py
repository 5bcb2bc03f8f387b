"""How much one evaluation may do. Never what it does: that is counted where it happens."""

from stepwell.query.failures import RUNTIME, QueryError


class Budget:
    """Steps that an evaluation may still take.

    All paths and calls of one evaluation share one, so that many of them cost no more than one. A step is about a node
    looked at, or 16 characters copied.
    """

    __slots__ = ("left", "steps_max")

    def __init__(self, steps_max: int) -> None:
        self.left = self.steps_max = steps_max

    @property
    def spent(self) -> int:
        """Steps taken so far."""
        return self.steps_max - self.left

    def spend(self, steps: int) -> None:
        """Takes steps off; raises `QueryError` when there are none left."""
        self.left -= steps
        if self.left < 0:
            raise QueryError(RUNTIME, "The path visits too many nodes of the input")
