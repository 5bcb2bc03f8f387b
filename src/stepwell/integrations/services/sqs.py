"""SQS: one message to a queue, at the host that the queue's URL names.

That host comes out of a workflow's data, so it is believed only where it can be a queue's: hosts of AWS, and with a
configured endpoint that endpoint, whatever its queues call themselves. Any other host is answered as one that nobody
knows, without a connection or a look-up.
"""

import re
from typing import Any, Final
from urllib.parse import urlsplit

from stepwell.engine.failure import Failure
from stepwell.integrations.catalog import Action, Service

_HOST: Final = re.compile(r"(?:[a-z0-9-]+\.)+amazonaws\.com(?:\.cn)?", re.ASCII)
_QUEUE: Final = re.compile(r"(?:/[^/?#]+)+/[\w-]{1,80}(?:\.fifo)?", re.ASCII)


def queue_endpoint(given: dict[str, Any], configured: str | None) -> str | Failure | None:
    """The address to send to, or None for the service's own (recorded: an unknown host's failure)."""
    url = given.get("QueueUrl")
    try:
        parts = urlsplit(url) if isinstance(url, str) else urlsplit("")
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if not host:
        return None  # no URL: the service says so
    if configured is not None and _QUEUE.fullmatch(parts.path):
        return None
    if parts.scheme != "https" or port not in (None, 443) or not _HOST.fullmatch(host):
        text = f"Unable to execute HTTP request: {host}: Name or service not known"
        return Failure("SQS.SdkClientException", text)
    return f"https://{host}"


SERVICE = Service(
    name="sqs",
    model="sqs",
    prefix="SQS",
    label="AmazonSQS",
    actions=(Action("sendMessage", texts=frozenset({"MessageBody"})),),
    endpoint=queue_endpoint,
)
