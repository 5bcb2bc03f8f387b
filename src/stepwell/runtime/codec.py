"""Executions as bytes: snapshots, history batches, details and results. Every form begins with a format byte.

A payload is written as its text, or as the number of the blob that holds it. Texts at or above `Limits.blob_bytes_min`
are always blobs, so that a snapshot stays small whatever an execution carries.
"""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final

import msgspec
import zstandard
from msgspec import Struct

from stepwell.engine.branch import Attempt, Branch, Evaluation, Fork, LastRun, Stage, Wait
from stepwell.engine.execution import Execution
from stepwell.engine.failure import Failure
from stepwell.engine.history import Recorder, Turn
from stepwell.engine.variables import Variables, is_inherited
from stepwell.payload import Payload

FORMAT: Final = 1
PAGE_BRANCHES: Final = 64
_PLAIN: Final = b"\x01"
_PACKED: Final = b"\x02"
_PACK_BYTES_MIN: Final = 2_048  # below, compressing costs more CPU than writing (measured)
_APART_BYTES_MIN: Final = 1_024  # a smaller variable is written with the others: a row of its own costs more
_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder().decode
_pack: Final = zstandard.ZstdCompressor(level=1).compress
_unpack: Final = zstandard.ZstdDecompressor().decompress

Reference = str | int
INPUT: Final = -1  # in place of a blob's number: the execution's input
LoadBlob = Callable[[int], Awaitable[str]]


class FormatNewer(Exception):
    """Bytes written by a newer release."""


def pack(value: Any) -> bytes:
    """Any of our forms as bytes, compressed where that pays."""
    try:
        plain = _encode(value)
    except UnicodeEncodeError:
        plain = _encode(_without_surrogates(value))
    return _PLAIN + plain if len(plain) < _PACK_BYTES_MIN else _PACKED + _pack(plain)


def unpack(raw: bytes) -> Any:
    """The other way. Raises FormatNewer."""
    kind = raw[:1]
    if kind == _PLAIN:
        return _decode(raw[1:])
    if kind == _PACKED:
        return _decode(_unpack(raw[1:]))
    raise FormatNewer(f"format {kind.hex()} is newer than this release: upgrade Stepwell to read it")


def encode_text(text: str) -> bytes:
    """A text as bytes; a lone surrogate, legal in JSON and in a worker's failure, is spelled as JSON escapes it."""
    return text.encode("utf-8", "backslashreplace")


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return encode_text(value).decode()
    if isinstance(value, list | tuple):
        return [_without_surrogates(one) for one in value]
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(one) for key, one in value.items()}
    return value


# What is fixed at start, and what stands at the end


class Detail(Struct, frozen=True):
    """The fixed part of an execution that is not a column."""

    input: Reference
    trace_header: str | None


class Result(Struct, frozen=True):
    """How an execution ended."""

    output: Reference | None
    error: str | None
    cause: str | None
    remains: bytes | None = None  # of one that may be redriven


def encode_detail(recorder: Recorder, given: Payload, trace_header: str | None) -> bytes:
    """Input and trace header of a new execution."""
    return pack((refer(recorder, given), trace_header))


def decode_detail(raw: bytes) -> Detail:
    return Detail(*unpack(raw))


def encode_result(
    recorder: Recorder,
    output: Payload | None,
    failure: Failure | None,
    *,
    given: Payload | None = None,
    remains: bytes | None = None,
) -> bytes:
    """Output, or error and cause, of a closed execution; an output that is the input untouched is not written again."""
    reference = None if output is None else INPUT if output is given else refer(recorder, output)
    error, cause = (None, None) if failure is None else failure
    return pack((reference, error, cause) if remains is None else (reference, error, cause, remains))


def encode_remains(execution: Execution) -> bytes | None:
    """The tree of an execution that ended badly, from which a redrive goes on; None when it is not to go on."""
    if execution.remains is None or execution.status == "SUCCEEDED":
        return None
    below: list[Branch] = []
    _gather(execution.root, below)
    rows = [_branch(execution.recorder, branch) for branch in below]  # before the counters: blobs may be made
    return pack((encode_snapshot(execution), pack(rows)))


def _gather(branch: Branch, below: list[Branch]) -> None:
    for child in branch.fork.children.values() if branch.fork is not None else ():
        below.append(child)
        _gather(child, below)


async def restore_remains(execution: Execution, remains: bytes, blob: LoadBlob) -> None:
    """Put a new `Execution` into the state in which another one ended."""
    snapshot, below = unpack(remains)
    await restore(execution, snapshot, [below], blob)


def given_up_in(remains: bytes, branch: int, attempt: int) -> int | None:
    """The number of the state in which an execution that ended badly gave this attempt up; None if it did not."""
    snapshot, below = unpack(remains)
    rows = (unpack(snapshot)[8], *unpack(below))
    return next((row[3] for row in rows if row[0] == branch and row[10] is not None and row[10][0] == attempt), None)


def decode_result(raw: bytes) -> Result:
    return Result(*unpack(raw))


# History


def encode_turns(turns: list[Turn]) -> bytes:
    """A batch of history."""
    return pack(turns)


def decode_turns(raw: bytes) -> list[Turn]:
    turns: list[Turn] = unpack(raw)
    return turns


# Snapshots


def own(payload: Payload, blob_bytes_min: int) -> Payload:
    """A payload that no other execution shares, if it may become a blob: which one is noted in the object."""
    return payload if len(payload.text) < blob_bytes_min else Payload(payload.text)


def refer(recorder: Recorder, payload: Payload) -> Reference:
    """How a payload stands in a snapshot."""
    if payload.blob is not None:
        return payload.blob
    text = payload.text
    return text if len(text) < recorder.blob_bytes_min else recorder.keep_apart(payload)


def encode_snapshot(execution: Execution) -> bytes:
    """The open row's snapshot: counters, and the root branch."""
    recorder = execution.recorder
    root = _branch(recorder, execution.root)  # first: it may take a blob's number, which the counter has to show
    return pack(
        (
            FORMAT,
            recorder.next_id,
            recorder.next_blob,
            execution.next_branch,
            execution.next_attempt,
            execution.at_ms,
            execution.doomed,
            [branch.id for branch in execution.ready],
            root,
        )
    )


def encode_pages(execution: Execution) -> dict[int, bytes | None]:
    """The pages of inner branches that this turn touched; None for one that is empty now."""
    pages: dict[int, bytes | None] = {}
    if execution.next_branch == 1:
        return pages  # there never was one
    for number in {branch // PAGE_BRANCHES for branch in execution.touched if branch}:
        first = number * PAGE_BRANCHES
        branches = execution.branches
        held = [branches[i] for i in range(max(first, 1), first + PAGE_BRANCHES) if i in branches]
        pages[number] = pack([_branch(execution.recorder, branch) for branch in held]) if held else None
    return pages


def _branch(recorder: Recorder, branch: Branch) -> tuple[Any, ...]:
    return (
        branch.id,
        None if branch.parent is None else branch.parent.id,
        branch.index,
        branch.state.number,
        refer(recorder, branch.input),
        branch.previous,
        branch.entered_id,
        branch.entered_ms,
        int(branch.wait),
        branch.due_ms,
        None if branch.attempt is None else _attempt(recorder, branch.attempt),
        branch.retries,
        None if branch.fork is None else _fork(recorder, branch.fork),
        None if branch.output is None else refer(recorder, branch.output),
        branch.arrived_from,
        None if is_inherited(branch) or not branch.variables.own else _variables(recorder, branch.variables),
        None if branch.evaluation is None else _evaluation(recorder, branch.evaluation),
        branch.last_run,
    )


def _attempt(recorder: Recorder, attempt: Attempt) -> tuple[Any, ...]:
    return (
        attempt.number,
        refer(recorder, attempt.parameters),
        attempt.deadline_ms,
        attempt.heartbeat_ms,
        attempt.timeout_ms,
        None if attempt.submitted is None else refer(recorder, attempt.submitted),
        attempt.beat_ms,
        attempt.saved_beat_ms,
        attempt.credentials_role_arn,
    )


def _fork(recorder: Recorder, fork: Fork) -> tuple[Any, ...]:
    kept = None if fork.kept is None else refer(recorder, fork.kept)
    return (fork.width, fork.concurrency, fork.next_index, fork.finished, kept)


def _evaluation(recorder: Recorder, evaluation: Evaluation) -> tuple[Any, ...]:
    given = None if evaluation.given is None else refer(recorder, evaluation.given)
    return (evaluation.number, int(evaluation.stage), evaluation.place, evaluation.seed, evaluation.at_ms, given)


def _variables(recorder: Recorder, variables: Variables) -> tuple[Reference, dict[str, int]]:
    """A scope's own variables: small ones as one object, the others as blobs of their own.

    What has not changed is a number here and was written before: a commit pays for what an Assign has set.
    """
    apart: dict[str, int] = {}
    if variables.bytes >= recorder.blob_bytes_min:
        large = ((name, payload) for name, payload in variables.own.items() if payload.size_bytes >= _APART_BYTES_MIN)
        apart = {name: recorder.keep_apart(payload) for name, payload in large}
    if variables.packed is None:
        small = {name: payload.value for name, payload in variables.own.items() if name not in apart}
        variables.packed = Payload.of(small)
    return (refer(recorder, variables.packed), apart)


def decode_waits(snapshot: bytes, pages: Iterable[bytes]) -> list[tuple[int, Wait, int | None]]:
    """What each branch of a snapshot waits for: its Entered event, the wait, and when that ends by itself."""
    rows = [unpack(snapshot)[8]]
    for page in pages:
        rows.extend(unpack(page))
    return [(row[6], Wait(row[8]), row[9]) for row in rows if row[8] != Wait.END]


async def restore(execution: Execution, snapshot: bytes, pages: Iterable[bytes], blob: LoadBlob) -> None:
    """Put a new `Execution` into the state that its rows describe."""
    version, next_id, next_blob, next_branch, next_attempt, at_ms, doomed, ready, root = unpack(snapshot)
    if version > FORMAT:
        raise FormatNewer(f"snapshot format {version} is newer than this release: upgrade Stepwell to read it")
    execution.recorder.next_id = next_id
    execution.recorder.next_blob = next_blob
    execution.next_branch = next_branch
    execution.next_attempt = next_attempt
    execution.at_ms = at_ms
    execution.doomed = doomed
    rows = [root]
    for page in pages:
        rows.extend(unpack(page))
    rows.sort(key=lambda row: int(row[0]))  # as they were made: what goes through all branches has one order
    states = {state.number: state for state in execution.machine.states.values()}
    made = {row[0]: await _restored_branch(row, states, blob) for row in rows}
    for row in rows:
        _connect(execution, made, row)
        own, packed = (None, None) if row[15] is None else await _restored_variables(row[15], blob)
        _connect_variables(execution, made[row[0]], own, packed)
    execution.root = made[0]
    execution.branches = made
    execution.ready.extend(made[branch] for branch in ready)


async def _restored_branch(row: list[Any], states: dict[int, Any], blob: LoadBlob) -> Branch:
    branch = Branch(row[0], None, row[2], states[row[3]], await _payload(row[4], blob))
    branch.previous, branch.entered_id, branch.entered_ms = row[5:8]
    if row[10] is not None:
        number, parameters, deadline_ms, heartbeat_ms, timeout_ms, submitted, beat_ms, saved_beat_ms, role = row[10]
        branch.attempt = Attempt(number, await _payload(parameters, blob), deadline_ms, heartbeat_ms, timeout_ms)
        branch.attempt.submitted = None if submitted is None else await _payload(submitted, blob)
        branch.attempt.beat_ms, branch.attempt.saved_beat_ms = beat_ms, saved_beat_ms
        branch.attempt.credentials_role_arn = role
    branch.retries = row[11]
    if row[12] is not None:
        width, concurrency, next_index, finished, kept = row[12]
        branch.fork = Fork(width, concurrency, next_index, finished)
        branch.fork.kept = None if kept is None else await _payload(kept, blob)
    branch.output = None if row[13] is None else await _payload(row[13], blob)
    branch.arrived_from = row[14]
    if row[16] is not None:
        number, stage, place, seed, evaluated_ms, given = row[16]
        given = None if given is None else await _payload(given, blob)
        branch.evaluation = Evaluation(number, Stage(stage), place, seed, evaluated_ms, given)
    branch.last_run = None if row[17] is None else LastRun(*row[17])
    return branch


async def _restored_variables(row: list[Any], blob: LoadBlob) -> tuple[dict[str, Payload], Payload]:
    """A scope's own variables (their order shows nowhere), and the small ones together, as they were written."""
    reference, apart = row
    own = {name: await _payload(number, blob) for name, number in apart.items()}
    packed = await _payload(reference, blob)
    own.update((name, Payload.of(value)) for name, value in packed.value.items())
    return own, packed


def _connect_variables(
    execution: Execution, branch: Branch, own: dict[str, Payload] | None, packed: Payload | None
) -> None:
    """Parents come before their children: what is around a scope stands already."""
    outer = None if branch.parent is None else branch.parent.variables
    if own is not None:
        branch.variables = Variables(own, outer)
        branch.variables.packed = packed
        execution.variable_bytes += branch.variables.bytes
    elif outer is not None:
        branch.variables = outer


def _connect(execution: Execution, made: dict[int, Branch], row: list[Any]) -> None:
    branch = made[row[0]]
    if row[1] is not None:
        parent = made[row[1]]
        branch.parent = parent
        assert parent.fork is not None
        parent.fork.children[branch.index] = branch
    execution.wait_for(branch, Wait(row[8]), row[9])


async def _payload(reference: Reference, blob: LoadBlob) -> Payload:
    if isinstance(reference, str):
        return Payload(reference)
    payload = Payload(await blob(reference))
    payload.blob = reference
    return payload
