"""The service model: every operation with its decoder and encoder, built once from data.

The model is the JSON file that botocore ships. It is read as data: importing botocore's machinery would cost more time
and memory at start than the rest of the server.
"""

import gzip
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from typing import Any, Final

import orjson

from stepwell.api.codec import Decoders, Encoders, check, snake_name
from stepwell.errors import SerializationException
from stepwell.limits import AWS, Limits
from stepwell.payload import print_json

TARGET_PREFIX: Final = "AWSStepFunctions."
_LENGTHS: Final = {
    "Definition": "definition_bytes_max",
    "SensitiveCause": "failure_cause_characters_max",
    "SensitiveData": "payload_bytes_max",
    "SensitiveDataJobInput": "request_bytes_max",  # an input that is larger than a payload is refused in other words
    "SensitiveError": "failure_error_characters_max",
}
"""The greatest length of texts of these shapes, in characters: of AWS's limits it is what the model says."""


class Operation:
    """One of the service's requests: how its members are read and its answer is written."""

    __slots__ = ("_decode", "_encode", "action", "name", "snake")

    def __init__(self, name: str, decoders: Decoders, encoders: Encoders, input_shape: str, output_shape: str) -> None:
        self.name = name
        self.snake = snake_name(name)
        self.action = f"states:{name}"
        self._decode = decoders.of(input_shape)
        self._encode = encoders.of(output_shape)

    def decode(self, body: bytes) -> dict[str, Any]:
        """The members of a request's body in snake_case; members that the model lacks are ignored.

        Of a member that is there twice the last counts; an empty body counts as `{}`. Raises `SerializationException`
        for what is not JSON or has a wrong type and `ConstraintViolation` with all broken constraints.
        """
        try:
            document = orjson.loads(body or b"{}")
        except orjson.JSONDecodeError as error:
            raise SerializationException(f"The request body is not valid JSON: {error}") from None
        faults: list[str] = []
        members: dict[str, Any] = self._decode(document, "", faults)
        if faults:
            check(faults)
        return members

    def encode(self, members: Mapping[str, Any] | None) -> bytes:
        """The answer's body: wire spelling, dates as epoch seconds, None left out."""
        if not members:
            return b"{}"
        return write_json(self._encode(members) if self._encode else members)


def write_json(document: Any) -> bytes:
    """Compact JSON in UTF-8; lone surrogates, which a workflow's own texts may hold, are escaped."""
    try:
        return orjson.dumps(document)
    except TypeError:
        return print_json(document).encode()


@lru_cache(maxsize=4)
def load_operations(limits: Limits = AWS) -> Mapping[str, Operation]:
    """All operations of the service model by wire name, such as `StartExecution`, with these limits for the model's."""
    model = read_model()
    shapes = model["shapes"]
    for name in _LENGTHS.keys() & shapes.keys():
        shapes[name]["max"] = getattr(limits, _LENGTHS[name])
    decoders, encoders = Decoders(shapes), Encoders(shapes)
    return {
        name: Operation(name, decoders, encoders, operation["input"]["shape"], operation["output"]["shape"])
        for name, operation in model["operations"].items()
    }


def read_model() -> dict[str, Any]:
    """The service model as botocore ships it, without its texts."""
    versions = resources.files("botocore") / "data" / "stepfunctions"
    newest = max((entry for entry in versions.iterdir() if entry.name[:1].isdigit()), key=lambda entry: entry.name)
    packed = newest / "service-2.json.gz"
    text = gzip.decompress(packed.read_bytes()) if packed.is_file() else (newest / "service-2.json").read_bytes()
    model: dict[str, Any] = orjson.loads(text)
    for shape in model["shapes"].values():
        shape.pop("documentation", None)
        for member in shape.get("members", {}).values():
            member.pop("documentation", None)
    return model
