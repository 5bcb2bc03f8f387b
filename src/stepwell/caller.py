"""Who asks: the one thing that every request carries besides its members."""

from msgspec import Struct


class Caller(Struct, frozen=True):
    """The account and region in whose name a request is made, and who makes it.

    `principal` is the ARN of the user or role, `access_key` the key id of the signature (empty if the request was not
    signed), `request_id` the id that the answer's headers and our log lines carry.
    """

    account: str
    region: str
    principal: str = ""
    access_key: str = ""
    request_id: str = ""
