"""The smallest client that can speak to Stepwell: AWS JSON 1.0 by the standard library, without signatures.

It shows what the wire looks like. A program of your own would rather use boto3 or another SDK.
"""

import json
from http.client import HTTPConnection
from typing import Any, Final

_POLL_S: Final = 70
"""How long an answer may take: GetActivityTask is held open for a minute."""


class Refused(Exception):
    """The server answered with an error; `code` is its name, such as `ExecutionDoesNotExist`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


class Client:
    """One connection to one server. Not for several threads at once."""

    def __init__(self, host: str, port: int) -> None:
        self._connection = HTTPConnection(host, port, timeout=_POLL_S)

    def call(self, operation: str, **members: Any) -> dict[str, Any]:
        """Make one request, members and answer spelled as on the wire. Raises Refused, and OSError without a server."""
        headers = {
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Target": f"AWSStepFunctions.{operation}",
        }
        self._connection.request("POST", "/", json.dumps(members).encode(), headers)
        response = self._connection.getresponse()
        answer: dict[str, Any] = json.loads(response.read())
        if response.status != 200:
            kind = str(answer.get("__type", response.reason)).rpartition("#")[2]
            raise Refused(kind, str(answer.get("message") or answer.get("Message") or ""))
        return answer

    def close(self) -> None:
        """Hang up."""
        self._connection.close()
