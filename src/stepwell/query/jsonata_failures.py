"""What goes wrong with a JSONata expression, and AWS's words for it.

Here live the typed failures and the sentences that name an expression and a field. Never how a failure is noticed:
that is the evaluator's; never the prefix that names the state: that is the engine's.
"""

from typing import Any, Final

from stepwell.payload import JsonError, print_json
from stepwell.query.failures import QueryError

QUERY_EVALUATION_ERROR: Final = "States.QueryEvaluationError"
INVALID: Final = "INVALID_JSONATA_EXPRESSION"
UNSUPPORTED: Final = "UNSUPPORTED_JSONATA_EXPRESSION"

UNDEFINED: Final = "undefined"
RESULT_TYPE: Final = "result type"
UNSUPPORTED_RESULT: Final = "unsupported result"
ERROR: Final = "error"
INTERNAL: Final = "internal"
LIMIT: Final = "limit"

TIMEOUT_TEXT: Final = "Expression evaluation timeout"
MEMORY_TEXT: Final = "Expression evaluation memory limit exceeded: Check for excessive memory usage"
STACK_TEXT: Final = (
    "Stack overflow error: Check for non-terminating recursive function. Consider rewriting as tail-recursive."
)
VALUE_CHARACTERS_MAX: Final = 1_000  # of a value shown in a cause; the bound is ours

_CLAUSES: Final = {
    UNDEFINED: "returned nothing (undefined).",
    UNSUPPORTED_RESULT: "returned an unsupported result type.",
    INTERNAL: "threw an internal error during evaluation",
}
_TYPES: Final = {dict: "object", list: "array", str: "string", bool: "boolean", type(None): "null"}


class JsonataSyntaxError(ValueError):
    """An expression that is not well formed: `code` is JSONata's, `message` its text, `position` counts from 0.

    The message stands without its code in AWS's INVALID_JSONATA_EXPRESSION diagnostic. (measured)
    """

    def __init__(self, code: str, message: str, position: int) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.position = position


class JsonataError(Exception):
    """An evaluation that gave no value: `kind` is one of this file's constants.

    `code` is JSONata's (only of kind "error"), `message` the text for people. `cause(expression, field)` is AWS's
    sentence about it; `as_query_error` wraps it for the engine.
    """

    def __init__(self, kind: str, message: str = "", code: str = "") -> None:
        super().__init__(f"{code}: {message}" if code else message or kind)
        self.kind = kind
        self.code = code
        self.message = message

    def cause(self, expression: str, field: str, request_id: str = "") -> str:
        """AWS's sentence, without the state's prefix. `request_id` ends the text of an internal error. (recorded)"""
        return f"The JSONata expression '{expression}' specified for the field '{field}' {self._clause(request_id)}"

    def _clause(self, request_id: str) -> str:
        if self.kind == ERROR:
            return f"threw an error during evaluation. {self.code}: {self.message}"
        if self.kind == LIMIT:
            return f"threw an error during evaluation: {self.message}"
        if self.kind == RESULT_TYPE:
            return f"returned an unexpected result type. {self.message}"
        if self.kind == INTERNAL and request_id:
            return f"{_CLAUSES[INTERNAL]}: {request_id}"
        return _CLAUSES[self.kind]

    def as_query_error(self, expression: str, field: str, request_id: str = "") -> "FieldError":
        """The same as the failure of a field, for Retry and Catch."""
        return FieldError(self.cause(expression, field, request_id), field)


class FieldError(QueryError):
    """A field whose expression failed: `location` is the path of the field within the state (`Output/values[0]`)."""

    def __init__(self, cause: str, location: str) -> None:
        super().__init__(QUERY_EVALUATION_ERROR, cause)
        self.location = location


def json_type(value: Any) -> str:
    """The JSON name of a value's type, as AWS prints it: array, object, string, number, boolean, null. (recorded)"""
    return _TYPES.get(type(value), "number")


def expect_type(value: Any, *types: str) -> Any:
    """The value itself when it is of one of the types, else `JsonataError`.

    "Expected 'array', but was 'number' for value: 1" is recorded; the form for several allowed types is our reading.
    """
    kind = json_type(value)
    if kind in types:
        return value
    wanted = " or ".join(f"'{name}'" for name in types)
    raise JsonataError(RESULT_TYPE, f"Expected {wanted}, but was '{kind}' for value: {_show(value)}")


def expect_integer(value: Any) -> int:
    """A number rounded down, else `JsonataError`. (AWS: the fraction of an integer field is floored)"""
    number = expect_type(value, "number")
    return int(number // 1)


def _show(value: Any) -> str:
    try:
        text = print_json(value)
    except JsonError:
        text = f"<{json_type(value)}>"
    return text if len(text) <= VALUE_CHARACTERS_MAX else text[:VALUE_CHARACTERS_MAX] + "..."
