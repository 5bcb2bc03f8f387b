"""A real server in a process of its own that can be killed at any moment, and a client that survives that."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

START_S = 60.0
UNAVAILABLE = "ServiceUnavailableException"
"""A server that does not reach its database at the moment."""


class ApiFailure(Exception):
    """The server answered with an error."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


class Gone(Exception):
    """The server did not answer: it is not there, or went away in the middle."""


def call(port: int, operation: str, timeout_s: float = 10.0, **members: Any) -> Any:
    """One operation over a connection of its own. Raises ApiFailure, Gone."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout_s)
    headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"AWSStepFunctions.{operation}"}
    try:
        connection.request("POST", "/", json.dumps(members), headers)
        answer = connection.getresponse()
        body = json.loads(answer.read() or b"{}")
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Gone(str(error)) from error
    finally:
        connection.close()
    if answer.status != 200:
        raise ApiFailure(body["__type"].rpartition("#")[2], body.get("message", ""))
    return body


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Server:
    """`stepwell serve` on one port and one database, started again and again."""

    def __init__(self, folder: Path, *options: str, env: dict[str, str] | None = None) -> None:
        self.port = free_port()
        self.address = str(folder / "kill.db")
        self.log = folder / "server.log"
        self.options = options
        self.env = {**os.environ, **(env or {})}
        self.process: subprocess.Popen[bytes] | None = None
        self.starts = 0

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [sys.executable, "-m", "stepwell", "serve", "--port", str(self.port)]
        command += ["--database", self.address, *self.options]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env=self.env)
        self.starts += 1
        ends = time.monotonic() + START_S
        while time.monotonic() < ends:
            try:
                call(self.port, "ListActivities", 2.0, maxResults=1)
                return
            except ApiFailure as failure:
                if failure.code != UNAVAILABLE:
                    raise
            except Gone:
                if self.process.poll() is not None:
                    break
            time.sleep(0.02)
        raise AssertionError(f"the server did not start: {self.log.read_text()[-3000:]}")

    def kill(self) -> None:
        """kill -9."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        """SIGTERM; its exit status."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)

    def close(self) -> None:
        """End it somehow."""
        if self.process is not None and self.process.poll() is None:
            self.kill()


class CountingLambda:
    """A Lambda endpoint that outlives the server and counts what it was asked to do."""

    def __init__(self, delay_s: float = 0.02) -> None:
        self.calls: Counter[str] = Counter()
        lock = threading.Lock()
        counts = self.calls

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with lock:
                    counts[json.loads(body)["call"]] += 1
                time.sleep(delay_s)
                answer = b'{"done":true}'
                try:
                    self.send_response(200)
                    self.send_header("Content-Length", str(len(answer)))
                    self.send_header("X-Amz-Executed-Version", "$LATEST")
                    self.end_headers()
                    self.wfile.write(answer)
                except OSError:
                    pass  # the server was killed meanwhile

            def log_message(self, format: str, *args: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self.server.shutdown()
        self.server.server_close()


class CountingFolder:
    """A folder with a local function that writes down what it was asked to do."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "functions"
        self.folder.mkdir()
        self.ledger = folder / "calls.txt"
        (self.folder / "count.py").write_text(
            "import os, time\n\n\n"
            "def handler(event, context):\n"
            f"    ledger = os.open({str(self.ledger)!r}, os.O_WRONLY | os.O_CREAT | os.O_APPEND)\n"
            "    os.write(ledger, (event['call'] + '\\n').encode())\n"
            "    os.close(ledger)\n"
            "    time.sleep(0.02)\n"
            "    return {'done': True}\n"
        )

    @property
    def calls(self) -> Counter[str]:
        """How often each call was made."""
        return Counter(self.ledger.read_text().splitlines())

    def close(self) -> None:
        """Nothing is open."""


def check_history(events: list[dict[str, Any]]) -> None:
    """What must be true of every closed history, whatever happened to the server."""
    assert [event["id"] for event in events] == list(range(1, len(events) + 1)), "event ids have gaps"
    for event in events:
        assert 0 <= event["previousEventId"] < event["id"], f"event {event['id']} points forward"
    ends = [event for event in events if event["type"] in TERMINAL]
    assert len(ends) == 1 and events[-1] is ends[0], "not exactly one terminal event, and last"
    stamps = [event["timestamp"] for event in events]
    assert stamps == sorted(stamps), "time went back"


TERMINAL = {"ExecutionSucceeded", "ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut"}
