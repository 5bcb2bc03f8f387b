"""Expressions in a real process with real bounds: hostile ones, its death, its end with the server."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import pytest

from stepwell.engine.commands import Question
from stepwell.query.jsonata import JsonataScope, compile_jsonata
from stepwell.query.jsonata_failures import MEMORY_TEXT, TIMEOUT_TEXT
from stepwell.runtime import expression_process
from stepwell.runtime.expression_process import ExpressionProcess
from tests.functions.test_pool import is_running, until
from tests.query.test_jsonata_hostile import ALLOWED, LIMITED

MEMORY_MB_MAX = 256
GREEDY = [
    "($s := $pad('',262144,'x'); [1..9999].($s & $))",
    "[1..99999].[1..1000]",
    "($f := function($x) { $f($append($x, $x)) }; $f([1..1000]))",
    "$map([1..9999], function($x) { $pad('', 100000, 'y') & $x })",
    "$reduce([1..9999], function($a, $x) { $append($a, [$pad('', 100000, 'y') & $x]) }, [])",
]


def a_question(source):
    expression = compile_jsonata(source)
    document = expression.input_text(JsonataScope({"l": list(range(60_000))}, dict, {}, Random(1), 0))
    return Question("Output", expression, document, 0, 1, frozenset())


@pytest.fixture(scope="module")
def process():
    made = ExpressionProcess()
    yield made
    made.close()


@pytest.mark.parametrize("source, text", LIMITED)
def test_limited(process, source, text):
    answer = process.answer(a_question(source))
    assert answer.text is None
    assert answer.cause.endswith(f"threw an error during evaluation: {text}")


@pytest.mark.parametrize("source, value", ALLOWED)
def test_allowed(process, source, value):
    answer = process.answer(a_question(source))
    assert (answer.text, answer.cause) == (f'"{value}"' if isinstance(value, str) else str(value), None)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere time is the only bound of memory")
@pytest.mark.parametrize("source", GREEDY)
def test_memory_is_bounded_by_the_system(source):
    process = ExpressionProcess()
    process.answer(a_question("1 + 1"))
    pid = process._process.pid
    try:
        with subprocess.Popen([sys.executable, "-c", WATCH, str(pid)], stdout=subprocess.PIPE, text=True) as watch:
            assert watch.stdout.readline() == "watching\n"
            answer = process.answer(a_question(source))
            watch.send_signal(signal.SIGTERM)
            peak_kb = int(watch.stdout.read())
    finally:
        process.close()
    assert answer.text is None
    assert answer.cause.endswith((MEMORY_TEXT, TIMEOUT_TEXT))
    assert 0 < peak_kb < MEMORY_MB_MAX * 1024


WATCH = """
import signal, sys, time
most = 0
def end(*_):
    print(most)
    sys.exit()
signal.signal(signal.SIGTERM, end)
print("watching", flush=True)
while True:
    try:
        with open(f"/proc/{sys.argv[1]}/status") as status:
            most = max([most, *(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))])
    except OSError:
        pass
    time.sleep(0.001)
"""


def test_after_a_process_was_ended_there_is_another(process):
    process.answer(a_question("1 + 1"))
    os.kill(process._process.pid, signal.SIGKILL)
    process._process.wait()
    assert process.answer(a_question("1 + 1")).text == "2"


def stop(pid):
    """Stop a process, and wait until it has stopped: on a busy machine it may answer a question before that."""
    os.kill(pid, signal.SIGSTOP)
    while Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "T":
        time.sleep(0.001)


def test_one_that_is_killed_over_a_question_answers_for_it(process):
    process.answer(a_question("1 + 1"))
    stop(process._process.pid)
    killer = subprocess.Popen(["sh", "-c", f"sleep 1; kill -9 {process._process.pid}"])
    assert process.answer(a_question("1 + 1")).cause.endswith(MEMORY_TEXT)
    killer.wait()
    assert process.answer(a_question("1 + 1")).text == "2"


def test_a_machine_that_is_busy_elsewhere_takes_no_answer_away(process):
    process.answer(a_question("1 + 1"))
    command = [sys.executable, "-c", ELSEWHERE, str(process._process.pid)]
    elsewhere = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        assert elsewhere.stdout.readline() == b"busy\n"
        assert process.answer(a_question("$count([1..3500].$pad('', 20000, 'y'))")).text == "3500"
    finally:
        elsewhere.terminate()
        elsewhere.communicate()


ELSEWHERE = """
import os, signal, sys, time
def end(*_):
    os.kill(int(sys.argv[1]), signal.SIGCONT)
    sys.exit()
signal.signal(signal.SIGTERM, end)
print("busy", flush=True)
while True:
    os.kill(int(sys.argv[1]), signal.SIGSTOP)
    time.sleep(0.4)
    os.kill(int(sys.argv[1]), signal.SIGCONT)
    time.sleep(0.05)
"""


def test_patience_ends(process, monkeypatch):
    process.answer(a_question("1 + 1"))
    monkeypatch.setattr(expression_process, "PATIENCE_S", 0.2)
    stop(process._process.pid)
    assert process.answer(a_question("1 + 1")).cause.endswith(TIMEOUT_TEXT)
    monkeypatch.undo()
    assert process.answer(a_question("1 + 1")).text == "2"


async def test_closing_ends_it_in_the_middle_of_a_question():
    process = ExpressionProcess()
    process.answer(a_question("1 + 1"))
    pid = process._process.pid
    stop(pid)
    asking = asyncio.create_task(asyncio.to_thread(process.answer, a_question("2 + 2")))
    await asyncio.sleep(0.1)
    process.close()
    assert (await asking).cause.endswith("threw an internal error during evaluation")
    assert not is_running(pid)
    assert process.answer(a_question("1 + 1")).text is None


def test_a_document_of_many_megabytes_goes_through(process):
    expression = compile_jsonata("$length($states.input)")
    document = expression.input_text(JsonataScope("x" * 8_000_000, dict, {}, Random(1), 0))
    answer = process.answer(Question("Output", expression, document, 0, 1, frozenset()))
    assert answer.text == "8000000" or answer.cause.endswith(MEMORY_TEXT)


PARENT = """
import time
from stepwell.engine.commands import Question
from stepwell.query.jsonata import compile_jsonata
from stepwell.runtime.expression_process import ExpressionProcess
process = ExpressionProcess()
process.answer(Question("Output", compile_jsonata("1 + 1"), "{}", 0, 1, frozenset()))
print(process._process.pid, flush=True)
time.sleep(600)
"""


async def test_it_ends_with_the_server():
    parent = await asyncio.to_thread(subprocess.Popen, [sys.executable, "-c", PARENT], stdout=subprocess.PIPE)
    try:
        pid = int(await asyncio.to_thread(parent.stdout.readline))
        assert is_running(pid)
        parent.kill()
        await until(lambda: not is_running(pid))
    finally:
        parent.kill()
        parent.wait()
        parent.stdout.close()
