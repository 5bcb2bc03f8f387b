"""JSON texts that clients send as a member: an execution's input, a task's output.

What is wrong with one is said in the words of Jackson, the reader that AWS uses (recorded), without the place.
"""

from stepwell.asl.definition_json import DefinitionJsonError, read_definition_json
from stepwell.limits import Limits
from stepwell.payload import JsonError, Payload, parse_json, size_bytes


class JsonTextError(ValueError):
    """The text is not JSON, or too large; the message says what is wrong."""


def read_json_text(text: str, limits: Limits) -> Payload:
    """The text and its value; any JSON value will do (recorded), of at most 262,144 bytes. Raises `JsonTextError`."""
    if size_bytes(text) > limits.payload_bytes_max:
        raise JsonTextError(f"The text is larger than {limits.payload_bytes_max} bytes")
    try:
        return Payload(text, parse_json(text))
    except JsonError as error:
        raise JsonTextError(_in_jacksons_words(text, limits) or str(error)) from None


def _in_jacksons_words(text: str, limits: Limits) -> str | None:
    if not text.strip(" \t\r\n"):
        return "No content to map due to end-of-input"
    try:
        read_definition_json(text, limits.json_depth_max)
    except DefinitionJsonError as error:
        return str(error).removesuffix(f"\n at {error.location}")
    return None
