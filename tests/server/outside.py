"""A real server seen from outside: raw requests, clients, its memory, and ordinary work that goes on meanwhile."""

import http.client
import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from tests.kill.harness import Gone, Server

ROLE = "arn:aws:iam::000000000000:role/server"
PATIENCE_S = 60.0
ENDED = {"SUCCEEDED", "FAILED", "ABORTED", "TIMED_OUT"}


class Answer:
    """What came back: the status and the body, parsed."""

    def __init__(self, status: int, headers: dict[str, str], text: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body: Any = json.loads(text)

    @property
    def code(self) -> str | None:
        """The error's name, or None for a success."""
        return None if self.status == 200 else self.body["__type"].rpartition("#")[2]

    @property
    def message(self) -> str:
        return self.body.get("message") or self.body.get("Message") or ""

    def __repr__(self) -> str:
        return f"{self.status} {str(self.body)[:300]}"


class Outside:
    """Asks a server on a port of this machine."""

    def __init__(self, port: int, pid: int | None = None) -> None:
        self.port = port
        self.pid = pid

    def post(self, operation: str, body: bytes, **headers: str) -> Answer:
        """One request with a body as it stands. Raises Gone."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        sent = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"AWSStepFunctions.{operation}"}
        try:
            connection.request("POST", "/", body, sent | headers)
            response = connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read())
        except (OSError, http.client.HTTPException) as error:
            raise Gone(str(error)) from error
        finally:
            connection.close()

    def ask(self, operation: str, **members: Any) -> Answer:
        """One request of these members, whatever they are."""
        return self.post(operation, json.dumps(members).encode())

    def get(self, operation: str, **members: Any) -> Any:
        """The body of a request that must succeed."""
        answer = self.ask(operation, **members)
        assert answer.status == 200, answer
        return answer.body

    def client(self, **options: Any) -> Any:
        """boto3, as anybody uses it."""
        return boto3.client(
            "stepfunctions",
            endpoint_url=f"http://127.0.0.1:{self.port}",
            region_name=options.pop("region_name", "us-east-1"),
            aws_access_key_id=options.pop("access_key", "any"),
            aws_secret_access_key="any",
            config=Config(retries={"max_attempts": 0}, read_timeout=90, **options),
        )

    # Machines and executions

    def create(self, definition: Any, name: str | None = None) -> str:
        """A state machine of a definition, given as JSON value or as text."""
        text = definition if isinstance(definition, str) else json.dumps(definition)
        name = name or f"m-{uuid.uuid4().hex[:12]}"
        arn: str = self.get("CreateStateMachine", name=name, definition=text, roleArn=ROLE)["stateMachineArn"]
        return arn

    def start(self, machine: str, given: Any = None, **more: Any) -> str:
        """Start an execution; the input may be a value or a text."""
        text = given if isinstance(given, str) else json.dumps({} if given is None else given, separators=(",", ":"))
        arn: str = self.get("StartExecution", stateMachineArn=machine, input=text, **more)["executionArn"]
        return arn

    def describe(self, execution: str) -> Any:
        return self.get("DescribeExecution", executionArn=execution)

    def ended(self, execution: str, patience_s: float = PATIENCE_S) -> Any:
        """The execution as described once it has ended."""
        return until(lambda: self._if_ended(execution), patience_s)

    def _if_ended(self, execution: str) -> Any:
        described = self.describe(execution)
        return described if described["status"] in ENDED else None

    def run(self, definition: Any, given: Any = None, patience_s: float = PATIENCE_S) -> Any:
        """Create, start, wait: the ended execution."""
        return self.ended(self.start(self.create(definition), given), patience_s)

    def events(self, execution: str, **more: Any) -> list[Any]:
        """All history events, page by page."""
        events: list[Any] = []
        token: dict[str, str] = {}
        while True:
            page = self.get("GetExecutionHistory", executionArn=execution, maxResults=1000, **more, **token)
            events += page["events"]
            if "nextToken" not in page:
                return events
            token = {"nextToken": page["nextToken"]}

    # The process

    def memory_mb(self, what: str = "VmRSS") -> float:
        """Resident memory of the server in MiB; VmHWM is the most it ever had."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith(f"{what}:"))
        return int(line.split()[1]) / 1024

    def reset_peak(self) -> None:
        """Let VmHWM begin anew."""
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")


class OwnServer(Outside):
    """A server in a process of its own."""

    def __init__(self, folder: Path, *options: str, env: dict[str, str] | None = None) -> None:
        self.process = Server(folder, *options, env=env)
        super().__init__(self.process.port)

    def up(self) -> "OwnServer":
        self.process.start()
        assert self.process.process is not None
        self.pid = self.process.process.pid
        return self

    @property
    def log(self) -> str:
        """What it has said so far."""
        return self.process.log.read_text()


@contextmanager
def faultless_server(folder: Path) -> Iterator[OwnServer]:
    """A server that has to be alive, and to have met no fault, when all is over."""
    started = OwnServer(folder).up()
    try:
        yield started
        assert started.process.stop() == 0
        assert "Traceback" not in started.log, started.log[-5000:]
    finally:
        started.process.close()


def until(condition: Callable[[], Any], patience_s: float = PATIENCE_S) -> Any:
    """What the condition gives once that is true."""
    ends = time.monotonic() + patience_s
    pause_s = 0.005
    while not (value := condition()):
        assert time.monotonic() < ends, "it did not happen"
        time.sleep(pause_s)
        pause_s = min(0.1, pause_s * 1.5)
    return value


GREETING = {
    "StartAt": "Greet",
    "States": {
        "Greet": {
            "Type": "Pass",
            "Parameters": {"text.$": "States.Format('Hello, {}!', $.name)"},
            "Next": "Each",
        },
        "Each": {"Type": "Choice", "Choices": [{"Variable": "$.text", "IsString": True, "Next": "Done"}]},
        "Done": {"Type": "Succeed"},
    },
}


class Stream:
    """Ordinary executions, one after the other, as long as the `with` block lasts; all must succeed."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        self._machine = outside.create(GREETING)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._flow)
        self.succeeded = 0
        self.trouble: list[Any] = []
        self.slowest_s = 0.0

    def __enter__(self) -> "Stream":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _flow(self) -> None:
        while not self._over.is_set():
            begun = time.monotonic()
            try:
                execution = self._outside.start(self._machine, {"name": str(self.succeeded)})
                described = self._outside.ended(execution)
                if described.get("output") != json.dumps({"text": f"Hello, {self.succeeded}!"}, separators=(",", ":")):
                    self.trouble.append(described)
            except (AssertionError, Gone) as error:
                self.trouble.append(error)
                time.sleep(0.1)
            self.succeeded += 1
            self.slowest_s = max(self.slowest_s, time.monotonic() - begun)
            time.sleep(0.01)
