"""The packing bench: an activity worker that asks for work over HTTP, as any program anywhere could."""

import json
import threading
import time
from http.client import HTTPException
from typing import Any, Final

from stepwell.demo.client import Client, Refused

NAME: Final = "packing-bench"
_PATIENCE_S: Final = 0.2


class PackingBench:
    """Packs parcels in a thread of its own until it is told to stop. `effort_s` is how long one item takes."""

    def __init__(self, host: str, port: int, activity_arn: str, effort_s: float) -> None:
        self._client = Client(host, port)
        self._activity_arn = activity_arn
        self._effort_s = effort_s
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work, name=NAME, daemon=True)

    def start(self) -> None:
        """Begin to ask for work."""
        self._thread.start()

    def stop(self) -> None:
        """Ask for no more. A poll that is under way ends with its server or with this process."""
        self._stopped.set()

    def _work(self) -> None:
        while not self._stopped.is_set():
            try:
                task = self._client.call("GetActivityTask", activityArn=self._activity_arn, workerName=NAME)
                if task.get("taskToken"):
                    self._pack(task["taskToken"], json.loads(task["input"]))
            except (Refused, OSError, HTTPException):
                self._client.close()  # too late for this parcel, or the server is away: it may come back
                time.sleep(_PATIENCE_S)

    def _pack(self, token: str, order: dict[str, Any]) -> None:
        for _ in order["items"]:
            time.sleep(self._effort_s)
            self._client.call("SendTaskHeartbeat", taskToken=token)
        parcel = {"parcel": f"P-{order['order']}", "items": len(order["items"]), "packed_by": NAME}
        self._client.call("SendTaskSuccess", taskToken=token, output=json.dumps(parcel))
