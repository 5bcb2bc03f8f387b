"""What comes of a call to AWS: an answer, or why there is none."""

from typing import Any, Literal

from msgspec import Struct


class Answer(Struct, frozen=True):
    """What a service answered: members named as its model names them, and the headers as they came."""

    members: dict[str, Any]
    status: int
    headers: dict[str, str]
    request_id: str


class Refusal(Struct, frozen=True):
    """Why there is no answer.

    `refused`: by the service, with its `code`; `shape` is the name of the modelled error that the code stands for.
    `unreachable`: nothing answered. `unusable`: no request can be made of these members. `oversize`: the answer is
    larger than any payload may be. `forbidden`: a role in whose name the call should go could not be assumed.
    """

    kind: Literal["refused", "unreachable", "unusable", "oversize", "forbidden"]
    message: str
    code: str = ""
    shape: str | None = None
    status: int = 0
    request_id: str = ""
    extended_id: str = ""
