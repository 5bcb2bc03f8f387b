"""What the engine itself raises when a state cannot go on; `Execution.fail_by` makes a `Failure` of it.

Here live the exceptions, never the texts about a particular field: those stand where the field is read.
"""

from stepwell.query.failures import QueryError


class StateError(QueryError):
    """A failure found by the engine itself. `prefixed`: AWS names the state in front of the cause."""

    def __init__(self, error: str, cause: str, *, prefixed: bool = True) -> None:
        super().__init__(error, cause)
        self.prefixed = prefixed


class Unusable(StateError):
    """A value that was found, and that its field cannot use; history shows it as EvaluationFailed.

    `location` is the field's path. `after_entered`: the event points at the state's Entered event. (Recorded for
    timestamps and sizes of variables; for items that are no array it points further back, as other failures do.)
    """

    def __init__(
        self, error: str, cause: str, location: str | None, *, prefixed: bool = True, after_entered: bool = False
    ) -> None:
        super().__init__(error, cause, prefixed=prefixed)
        self.location = location
        self.after_entered = after_entered
