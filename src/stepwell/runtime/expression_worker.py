"""The program of a process that evaluates expressions: questions come on standard input, answers go to standard output.

The kernel bounds its memory: what an expression makes is got hold of at some GB a second, faster than any clock looks.
Within that bound an expression has all of AWS's second, and more where the machine lets it have little of the
processor. The process ends when its input closes, with the server.
"""

import os
import threading
import time
from functools import lru_cache
from typing import Final

import msgspec

from stepwell.engine.commands import Question
from stepwell.engine.evaluation import answer, unanswered
from stepwell.engine.events import Answer
from stepwell.query.jsonata import Jsonata, JsonataError, compile_jsonata
from stepwell.query.jsonata_failures import LIMIT, MEMORY_TEXT

MEMORY_BYTES: Final = 192 * 1024 * 1024
"""What expressions may have beyond what the process has when it begins: together less than 256 MB."""
SECONDS_MAX: Final = 0.6
"""AWS's limit is a second; trying again with larger values, which may follow, takes the rest."""
BUSY_SECONDS_MAX: Final = 4.0
"""On a machine that is busy elsewhere: half of what the server waits for an answer."""
_STACK_BYTES: Final = 16 * 1024 * 1024
"""The evaluator walks nested values by recursion, also when it lets go of them: 2 MB have been seen not to do."""
_COMPILED_MAX: Final = 1_000
_HEAD_BYTES: Final = 4
_READ_BYTES_MAX: Final = 1_048_576


class Asked(msgspec.Struct, frozen=True, array_like=True):
    """A question as it is sent: all that its answer depends on."""

    place: str
    source: str
    document: str
    now_ms: int
    seed: int
    shadows: list[str]


def main() -> None:
    """Answer until the input closes, on a stack of our own size."""
    threading.stack_size(_STACK_BYTES)
    thread = threading.Thread(target=_serve)
    thread.start()
    thread.join()


def _serve() -> None:
    _compiled("1 + 1").evaluate_json("{}", 0, 0)  # what is loaded once is not counted as an expression's
    bound_memory(MEMORY_BYTES)
    questions = msgspec.msgpack.Decoder(Asked)
    while (sent := receive(0)) is not None:
        send(1, msgspec.msgpack.encode(_answer(questions.decode(sent))))


def _answer(asked: Asked) -> Answer:
    expression = _compiled(asked.source)
    shadows = frozenset(asked.shadows)
    question = Question(asked.place, expression, asked.document, asked.now_ms, asked.seed, shadows)
    try:
        return _answer_in_time(question)
    except MemoryError:
        cause = JsonataError(LIMIT, MEMORY_TEXT).cause(asked.source, asked.place)
        return Answer(asked.place, None, cause)
    except Exception:
        return unanswered(question)


def _answer_in_time(question: Question) -> Answer:
    """The answer. An expression that failed over its time while the processor was elsewhere has another go, with the
    time that it takes at this pace to get as much of the processor as a quiet machine would have given it.
    """
    began_s, had_s = time.monotonic(), time.thread_time()
    answered = answer(question)
    took_s, had_s = time.monotonic() - began_s, time.thread_time() - had_s
    if answered.text is not None or took_s < SECONDS_MAX or had_s > took_s / 2:
        return answered
    question.expression.allow_seconds(min(SECONDS_MAX * took_s / had_s, BUSY_SECONDS_MAX))
    try:
        return answer(question)
    finally:
        question.expression.allow_seconds(SECONDS_MAX)


@lru_cache(_COMPILED_MAX)
def _compiled(source: str) -> Jsonata:
    expression = compile_jsonata(source)
    expression.allow_seconds(SECONDS_MAX)
    return expression


def bound_memory(more_bytes: int) -> None:
    """Let this process have so much more memory than it has now, where the system can see to that (Linux)."""
    try:
        import resource

        with open("/proc/self/status", encoding="ascii") as status:
            has_kb = next(int(line.split()[1]) for line in status if line.startswith("VmData:"))
    except (ImportError, OSError, StopIteration):
        return
    bytes_max = has_kb * 1024 + more_bytes
    resource.setrlimit(resource.RLIMIT_DATA, (bytes_max, bytes_max))


# --- frames -----------------------------------------------------------------------------------------------------------


def send(stream: int, content: bytes) -> None:
    """Write a frame: its length, then itself. Raises `OSError`."""
    rest = memoryview(len(content).to_bytes(_HEAD_BYTES) + content)
    while rest:
        rest = rest[os.write(stream, rest) :]


def receive(stream: int) -> bytes | None:
    """Read a frame; None at the end. Raises `OSError`."""
    head = _exactly(stream, _HEAD_BYTES)
    return None if head is None else _exactly(stream, int.from_bytes(head))


def _exactly(stream: int, size: int) -> bytes | None:
    content = bytearray()
    while len(content) < size:
        part = os.read(stream, min(size - len(content), _READ_BYTES_MAX))
        if not part:
            return None
        content += part
    return bytes(content)
