"""A shop on a server of its own: a folder with functions and database, and `stepwell serve` as a child process."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from stepwell.demo.client import Client

HOST: Final = "127.0.0.1"
ROLE: Final = "arn:aws:iam::000000000000:role/shop"
_ADDRESS: Final = re.compile(r"http://127\.0\.0\.1:([0-9]+)\s")
_START_S: Final = 20.0
_STOP_S: Final = 15.0
_LOOK_S: Final = 0.02


class ServerDidNotStart(Exception):
    """The child process ended or said nothing; the text is what it printed."""


class Shop:
    """Where the demo takes place. `folder` holds everything and may be thrown away afterwards."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = folder / "shop.db"
        self.functions = folder / "functions"
        self.log = folder / "server.log"
        self.port = 0
        self.machine_arn = ""
        self.activity_arn = ""
        self._server: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The server's process id."""
        assert self._server is not None, "the server is not started"
        return self._server.pid

    def start(self) -> None:
        """Copy the functions out and start a server on a free port. Raises ServerDidNotStart."""
        self.functions.mkdir()
        for source in files("stepwell.demo").joinpath("functions").iterdir():
            if source.name.endswith(".py") and source.name != "__init__.py":
                (self.functions / source.name).write_bytes(source.read_bytes())
        with self.log.open("wb") as log:
            self._server = subprocess.Popen(
                [sys.executable, "-m", "stepwell", *self.arguments(port=0)],
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env=_environment(),
                start_new_session=True,  # Ctrl-C is for the demo, which then stops the server itself
            )
        self.port = self._wait_for_port(self._server)

    def arguments(self, port: int | None = None) -> list[str]:
        """What to tell `stepwell` to serve this shop."""
        return [
            *("serve", "--host", HOST, "--port", str(self.port if port is None else port)),
            *("--database", str(self.database), "--functions", str(self.functions)),
        ]

    def stop(self) -> None:
        """Ask the server to stop in good order."""
        if self._server is None:
            return
        self._server.terminate()
        try:
            self._server.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._server.kill()
            self._server.wait()

    def clear(self) -> None:
        """Throw the folder away."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def stock(self, client: Client) -> None:
        """Create the activity and the state machine."""
        self.activity_arn = client.call("CreateActivity", name="pack-parcel")["activityArn"]
        created = client.call("CreateStateMachine", name="order", definition=definition(), roleArn=ROLE)
        self.machine_arn = created["stateMachineArn"]

    def _wait_for_port(self, server: "subprocess.Popen[bytes]") -> int:
        ends = time.monotonic() + _START_S
        while time.monotonic() < ends:
            said = self.log.read_text(errors="replace")
            found = _ADDRESS.search(said)
            if found is not None:
                return int(found[1])
            if server.poll() is not None:
                break
            time.sleep(_LOOK_S)
        raise ServerDidNotStart(self.log.read_text(errors="replace").strip() or "The server said nothing.")


def definition() -> str:
    """The order workflow."""
    return files("stepwell.demo").joinpath("order.asl.json").read_text()


def order(patience_s: int) -> dict[str, Any]:
    """What somebody orders; they think about it for so long."""
    return {"order": "1042", "items": ["book", "lamp", "sofa"], "gift": True, "patience_s": patience_s}


def order_text(patience_s: int) -> str:
    """The order as JSON."""
    return json.dumps(order(patience_s))


def _environment() -> dict[str, str]:
    """The user's environment without what would change the demo's server."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("STEPWELL_", "AWS_"))}
