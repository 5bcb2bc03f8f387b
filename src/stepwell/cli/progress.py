"""From history events to what people want to see: states that begin and end, attempts, failures, who is inside whom.

It reads events in AWS's form and in their order, from a server or from an embedded one alike, and finds the branch of
each by `previousEventId`. Nothing here draws.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, Final

from stepwell.cli.terminal import duration_text

_FORKS: Final = ("Parallel", "Map")
_ENDS: Final = ("ExecutionSucceeded", "ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted")


class Kind(Enum):
    """What a note is about."""

    ENTERED = "entered"
    EXITED = "exited"
    PASSED = "passed"  # entered and exited in one go
    FAILED = "failed"
    RETRIED = "retried"
    CAUGHT = "caught"
    STOPPED = "stopped"
    OTHER = "other"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Note:
    """One line of progress.

    `at_s` counts from the execution's start; `path` says in which arms and iterations it happens, outermost first.
    """

    kind: Kind
    at_s: float
    path: tuple[str, ...] = ()
    state: str = ""
    state_type: str = ""
    text: str = ""


@dataclass(slots=True, eq=False)
class _Branch:
    """The whole execution, an arm or an iteration; and the state it stands in ("" between states and at the end)."""

    parent: "_Branch | None" = None
    label: str = ""
    state: str = ""
    state_type: str = ""
    entered_s: float = 0.0
    attempts: int = 0
    error: str | None = None
    failed: bool = False
    inner: "list[_Branch]" = field(default_factory=list)

    @property
    def path(self) -> tuple[str, ...]:
        return () if self.parent is None else (*self.parent.path, self.label)

    def enter(self, event_type: str, name: str, at_s: float) -> None:
        self.state, self.state_type = name, event_type.removesuffix("StateEntered")
        self.entered_s, self.attempts, self.error, self.failed = at_s, 0, None, False
        self.inner.clear()

    def walk(self) -> "Iterator[_Branch]":
        yield self
        for branch in self.inner:
            yield from branch.walk()


class Progress:
    """Follows one execution."""

    def __init__(self) -> None:
        self._root = _Branch()
        self._branches: dict[int, _Branch] = {}
        self._fork_ids: set[int] = set()
        self._started_s: float | None = None
        self.last_id = 0

    def take(self, events: list[dict[str, Any]]) -> list[Note]:
        """What further events mean. Events that were taken before are passed over."""
        notes: list[Note] = []
        for event in events:
            if event["id"] > self.last_id:
                self.last_id = event["id"]
                for note in self._notes(event):
                    _append(notes, note)
        return notes

    def waiting(self) -> list[str]:
        """The names of the states that have begun and not ended; Parallel and Map states are left out."""
        return [branch.state for branch in self._root.walk() if branch.state and branch.state_type not in _FORKS]

    def _notes(self, event: dict[str, Any]) -> list[Note]:
        if self._started_s is None:
            self._started_s = event["timestamp"]
        at_s = event["timestamp"] - self._started_s
        found = self._branches.get(event["previousEventId"], self._root)
        handle = next((handle for ending, handle in _HANDLERS if event["type"].endswith(ending)), None)
        if handle is None:
            self._branches[event["id"]] = found
            return []
        branch, notes = handle(self, found, event, at_s)
        self._branches[event["id"]] = branch
        return notes

    # States

    def entered(self, found: _Branch, event: dict[str, Any], at_s: float) -> "_Answer":
        branch = found
        if event["previousEventId"] in self._fork_ids:
            branch = _Branch(found, str(len(found.inner)))
            found.inner.append(branch)
        branch.enter(event["type"], event["stateEnteredEventDetails"]["name"], at_s)
        if branch.state_type == "Fail":
            branch.failed = True
            return branch, [self._note(Kind.FAILED, branch, at_s)]
        return branch, [self._note(Kind.ENTERED, branch, at_s)]

    def exited(self, found: _Branch, event: dict[str, Any], at_s: float) -> "_Answer":
        name = event["stateExitedEventDetails"]["name"]
        branch = _climb(found, lambda one: one.state == name)
        text = duration_text(at_s - branch.entered_s)
        if branch.failed:
            note = self._note(Kind.CAUGHT, branch, at_s, branch.error or "")
        else:
            if branch.attempts > 1:
                text += f", {branch.attempts} attempts"
            note = self._note(Kind.EXITED, branch, at_s, text)
        branch.state = ""
        branch.inner.clear()
        return branch, [note]

    # Parallel and Map

    def forked(self, found: _Branch, event: dict[str, Any], at_s: float) -> "_Answer":
        branch = _fork_of(found, event["type"].removesuffix("StateStarted"))
        notes = self._drop_inner(branch, at_s)
        branch.attempts += 1
        if branch.attempts > 1:
            notes.append(self._note(Kind.RETRIED, branch, at_s, f"attempt {branch.attempts}"))
        if branch.state_type == "Parallel":
            self._fork_ids.add(event["id"])
        else:
            length = event["mapStateStartedEventDetails"]["length"]
            notes.append(self._note(Kind.OTHER, branch, at_s, f"{length} item{'' if length == 1 else 's'}"))
        return branch, notes

    def iterated(self, found: _Branch, event: dict[str, Any], at_s: float) -> "_Answer":
        details = event["mapIterationStartedEventDetails"]
        parent = _climb(found, lambda one: one.state == details["name"])
        branch = _Branch(parent, str(details["index"]))
        parent.inner.append(branch)
        return branch, []

    def fork_failed(self, found: _Branch, event: dict[str, Any], at_s: float) -> "_Answer":
        branch = _fork_of(found, event["type"].removesuffix("StateFailed"))
        branch.error = next((one.error for one in branch.walk() if one.failed and one.error), None)
        notes = self._drop_inner(branch, at_s)
        branch.failed = True
        return branch, [*notes, self._note(Kind.FAILED, branch, at_s, branch.error or "")]

    def _drop_inner(self, branch: _Branch, at_s: float) -> list[Note]:
        """Whoever has not ended inside a fork that failed was stopped."""
        left = [one for one in branch.walk() if one is not branch and one.state and not one.failed and not one.inner]
        branch.inner.clear()
        return [self._note(Kind.STOPPED, one, at_s, "a neighbour failed") for one in left]

    # Attempts of a Task

    def scheduled(self, found: _Branch, event: dict[str, Any], at_s: float) -> "_Answer":
        found.attempts += 1
        found.failed = False
        notes = []
        if found.attempts > 1:
            notes.append(self._note(Kind.RETRIED, found, at_s, f"attempt {found.attempts}"))
        if event["type"] == "ActivityScheduled":
            notes.append(self._note(Kind.OTHER, found, at_s, "waits for a worker"))
        return found, notes

    def taken(self, found: _Branch, event: dict[str, Any], at_s: float) -> "_Answer":
        worker = event.get("activityStartedEventDetails", {}).get("workerName") or "a worker"
        return found, [self._note(Kind.OTHER, found, at_s, f"{worker} took it")]

    def submitted(self, found: _Branch, event: dict[str, Any], at_s: float) -> "_Answer":
        resource = event["taskSubmittedEventDetails"]["resource"]
        text = "waits for its task token" if resource.endswith(".waitForTaskToken") else "waits for the job's end"
        return found, [self._note(Kind.OTHER, found, at_s, text)]

    def failed(self, found: _Branch, event: dict[str, Any], at_s: float) -> "_Answer":
        details = _details(event)
        found.failed = True
        found.error = details.get("error")
        return found, [self._note(Kind.FAILED, found, at_s, failure_text(details.get("error"), details.get("cause")))]

    # The whole

    def ended(self, found: _Branch, event: dict[str, Any], at_s: float) -> "_Answer":
        details = _details(event)
        status = event["type"].removeprefix("Execution")
        root = self._root
        root.inner.clear()
        root.state = ""
        text = failure_text(details.get("error"), details.get("cause"))
        return root, [Note(Kind.ENDED, at_s, state=status, text=text)]

    @staticmethod
    def _note(kind: Kind, branch: _Branch, at_s: float, text: str = "") -> Note:
        return Note(kind, at_s, branch.path, branch.state, branch.state_type, text)


_Answer = tuple[_Branch, list[Note]]
_Handler = Callable[[Progress, _Branch, dict[str, Any], float], _Answer]
_HANDLERS: Final[tuple[tuple[str | tuple[str, ...], _Handler], ...]] = (
    (_ENDS, Progress.ended),
    ("StateEntered", Progress.entered),
    ("StateExited", Progress.exited),
    ("StateStarted", Progress.forked),
    ("MapIterationStarted", Progress.iterated),
    (("ParallelStateFailed", "MapStateFailed"), Progress.fork_failed),
    ("Scheduled", Progress.scheduled),
    ("ActivityStarted", Progress.taken),
    ("TaskSubmitted", Progress.submitted),
    (
        tuple(
            f"{what}{how}"
            for what in ("LambdaFunction", "Activity", "Task")
            for how in ("Failed", "TimedOut", "ScheduleFailed", "StartFailed", "SubmitFailed")
        ),
        Progress.failed,
    ),
)


def failure_text(error: str | None, cause: str | None) -> str:
    """A failure in one line: a function's cause is JSON, of which its message is shown."""
    message = cause or ""
    if message.startswith("{"):
        message = _message_of(message)
    first = message.strip().partition("\n")[0]
    return ": ".join(part for part in (error, first) if part)


def _message_of(cause: str) -> str:
    import json

    try:
        value = json.loads(cause)
    except ValueError:
        return cause
    message = value.get("errorMessage") if isinstance(value, dict) else None
    return message if isinstance(message, str) else cause


def _append(notes: list[Note], note: Note) -> None:
    """What is said of a state that was entered just now is said with it; one that is left at once is one note."""
    last = notes[-1] if notes else None
    if last is not None and last.kind is Kind.ENTERED and (last.path, last.state) == (note.path, note.state):
        if note.kind is Kind.EXITED and note.at_s == last.at_s:
            notes[-1] = replace(note, kind=Kind.PASSED)
            return
        if note.kind is Kind.OTHER and not last.text:
            notes[-1] = replace(last, text=note.text)
            return
    notes.append(note)


def _climb(branch: _Branch, wanted: Callable[[_Branch], bool]) -> _Branch:
    """The nearest branch, this one or around it, that is wanted."""
    at: _Branch | None = branch
    while at is not None:
        if wanted(at):
            return at
        at = at.parent
    return branch


def _fork_of(branch: _Branch, state_type: str) -> _Branch:
    """The fork that an event without a name belongs to: its cause lies in or below it, and it has not failed yet."""
    return _climb(branch, lambda one: one.state_type == state_type and bool(one.state) and not one.failed)


def _details(event: dict[str, Any]) -> dict[str, Any]:
    """The one member of an event that holds its details."""
    for name, value in event.items():
        if name.endswith("EventDetails") and isinstance(value, dict):
            return value
    return {}
