"""A remark on a definition: what is wrong or doubtful, and where."""

from typing import Final, NamedTuple

ERROR: Final = "ERROR"
WARNING: Final = "WARNING"

INVALID_JSON: Final = "INVALID_JSON_DESCRIPTION"
SCHEMA: Final = "SCHEMA_VALIDATION_FAILED"
MISSING_TARGET: Final = "MISSING_TRANSITION_TARGET"
MISSING_END: Final = "MISSING_END_STATE"
DUPLICATE_NAME: Final = "DUPLICATE_STATE_NAME"
NO_DOLLAR: Final = "NO_DOLLAR"
POSSIBLY_UNDEFINED: Final = "POSSIBLY_UNDEFINED_VARIABLE"


class Diagnostic(NamedTuple):
    """One finding, in the words and codes of AWS's ValidateStateMachineDefinition.

    `location` looks like a JSON pointer (`/States/A/Branches[0]/StartAt`); None where AWS gives none.
    """

    severity: str
    code: str
    message: str
    location: str | None

    def __str__(self) -> str:
        """The form in which an InvalidDefinition error lists findings (recorded: no location prints as `null`)."""
        return f"{self.code}: {self.message} at {'null' if self.location is None else self.location}"
