"""The pool with real child processes: cold, warm, time-outs, crashes, sharing, changes, names, logs, ends."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from textwrap import dedent

import pytest

from stepwell.functions.invocation import REQUEST_BYTES_MAX, RESPONSE_BYTES_MAX, RequestTooLarge
from stepwell.functions.pool import FunctionPool, PoolClosed, PoolLimits
from stepwell.functions.source import FunctionNotFound, InvalidFunctionName

SOURCES = {
    "echo": "def handler(event, context):\n    return event\n",
    "pid": "import os\ndef handler(event, context):\n    return os.getpid()\n",
    "fails": "def handler(event, context):\n    raise Exception('Some exception was raised.')\n",
    "custom": "class CustomException(Exception): pass\ndef lambda_handler(event, context):\n    raise CustomException()\n",
    "sleeps": "import time\ndef handler(event, context):\n    time.sleep(event)\n    return event\n",
    "exits": "import sys\ndef handler(event, context):\n    sys.exit(event)\n",
    "dies": "import os\ndef handler(event, context):\n    os.kill(os.getpid(), 9)\n",
    "noimport": "import no_such_module\ndef handler(event, context):\n    return event\n",
    "nosyntax": "def handler(event, context)\n    return event\n",
    "nohandler": "def other(event, context):\n    return event\n",
    "exitsearly": "import os\nos._exit(3)\n",
    "set": "def handler(event, context):\n    return {1, 2}\n",
    "big": "def handler(event, context):\n    return 'x' * event\n",
    "prints": "import sys\nprint('loaded')\ndef handler(event, context):\n    print('out', event)\n"
    "    print('err', event, file=sys.stderr)\n    return None\n",
    "email": "import http.client\nfrom shared_names import NAME\ndef handler(event, context):\n    return NAME\n",
    "shared_names": "NAME = 'shared'\n",
    "environment": "import os\ndef handler(event, context):\n    return {**os.environ, 'cwd': os.getcwd()}\n",
    "tells": """
        def handler(event, context):
            return {
                "id": context.aws_request_id, "arn": context.invoked_function_arn, "name": context.function_name,
                "version": context.function_version, "left": context.get_remaining_time_in_millis(),
                "client": getattr(context.client_context, "custom", None) or (context.client_context or {}),
            }
        """,
    "spawns": """
        import subprocess, sys, time
        def handler(event, context):
            child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
            open(event, "w").write(str(child.pid))
            time.sleep(60)
        """,
}

STAYS = """
import __main__, os, time

def handler(event, context):
    send = __main__._RuntimeApi.send
    __main__._RuntimeApi.send = lambda api, method, *rest: time.sleep(60) if method == "GET" else send(api, method, *rest)
    return os.getpid()
"""


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "functions"
    root.mkdir()
    for name, text in SOURCES.items():
        (root / f"{name}.py").write_text(dedent(text))
    return root


@pytest.fixture(params=["official", "own"])
async def pool(folder, request):
    made = FunctionPool(folder, client=request.param, account="111122223333", region="eu-west-1")
    yield made
    await made.close()


def error_of(invocation):
    assert invocation.status == 200
    assert invocation.function_error == "Unhandled"
    return json.loads(invocation.payload)


async def test_returns_what_the_handler_returns(pool):
    answer = await pool.invoke("echo", b'{"a": [1, null, "\xc3\xa9"]}')
    assert answer.status == 200
    assert answer.function_error is None
    assert answer.version == "$LATEST"
    assert json.loads(answer.payload) == {"a": [1, None, "é"]}


@pytest.mark.parametrize(
    "name",
    [
        "echo",
        "echo:$LATEST",
        "echo:live",
        "arn:aws:lambda:us-east-1:123456789012:function:echo",
        "arn:aws:lambda:us-east-1:123456789012:function:echo:3",
        "123456789012:function:echo",
        "123456789012:echo",
        "function:echo",
    ],
)
async def test_takes_every_form_of_name(folder, name):
    pool = FunctionPool(folder)
    try:
        assert (await pool.invoke(name, b"1")).payload == b"1"
    finally:
        await pool.close()


async def test_a_worker_is_reused_while_warm(pool):
    pids = {(await pool.invoke("pid", b"{}")).payload for _ in range(20)}  # sooner than it has come back, too
    assert len(pids) == 1
    assert sum(len(crew.workers) for crew in pool._crews.values()) == 1


async def test_a_worker_that_does_not_come_back_is_not_waited_for(folder):
    (folder / "stays.py").write_text(STAYS)
    pool = FunctionPool(folder, client="own", limits=PoolLimits(return_s=0.1))
    try:
        pids = {(await pool.invoke("stays", b"{}")).payload for _ in range(2)}
        assert len(pids) == 2
    finally:
        await pool.close()


async def test_a_raised_exception_has_lambdas_shape(pool):
    error = error_of(await pool.invoke("fails", b"{}", request_id="req-1"))
    assert list(error) == ["errorMessage", "errorType", "requestId", "stackTrace"]
    assert error["errorMessage"] == "Some exception was raised."
    assert error["errorType"] == "Exception"
    assert error["requestId"] == "req-1"
    [frame] = error["stackTrace"]
    assert frame.endswith("line 2, in handler\n    raise Exception('Some exception was raised.')\n")
    assert error_of(await pool.invoke("custom", b"{}"))["errorType"] == "CustomException"


async def test_a_call_that_takes_too_long_is_killed(pool):
    began = time.monotonic()
    answer = await pool.invoke("sleeps", b"60", timeout_s=0.3, request_id="req-2")
    assert time.monotonic() - began < 5
    assert answer.payload == (
        b'{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: req-2 Error: Task timed out after 0.30 seconds"}'
    )
    assert error_of(answer)
    assert (await pool.invoke("sleeps", b"0")).payload == b"0"


async def test_a_time_out_ends_what_the_function_started(pool, tmp_path):
    note = tmp_path / "pid"
    await pool.invoke("spawns", json.dumps(str(note)).encode(), timeout_s=1.5)
    pid = int(note.read_text())
    await until(lambda: not is_running(pid))


@pytest.mark.parametrize(
    "name, payload, text",
    [
        ("exits", b"3", "Runtime exited with error: exit status 3"),
        ("exits", b"0", "Runtime exited without providing a reason"),
        ("dies", b"{}", "Runtime exited with error: signal: killed"),
        ("exitsearly", b"{}", "Runtime exited with error: exit status 3"),
    ],
)
async def test_a_worker_that_ends_gives_exit_error(pool, name, payload, text):
    error = error_of(await pool.invoke(name, payload, request_id="req-3"))
    assert error == {"errorType": "Runtime.ExitError", "errorMessage": f"RequestId: req-3 Error: {text}"}


async def test_an_import_that_fails_has_lambdas_shape(pool):
    error = error_of(await pool.invoke("noimport", b"{}", request_id="req-4"))
    assert error == {
        "errorMessage": "Unable to import module 'noimport': No module named 'no_such_module'",
        "errorType": "Runtime.ImportModuleError",
        "requestId": "req-4",
        "stackTrace": [],
    }


@pytest.mark.parametrize(
    "name, kind",
    [
        ("nosyntax", "Runtime.UserCodeSyntaxError"),
        ("nohandler", "Runtime.HandlerNotFound"),
        ("set", "Runtime.MarshalError"),
    ],
)
async def test_other_faults_have_lambdas_names(pool, name, kind):
    assert error_of(await pool.invoke(name, b"{}"))["errorType"] == kind


async def test_an_answer_beyond_6_mb_is_an_error(pool):
    assert len((await pool.invoke("big", str(RESPONSE_BYTES_MAX - 2).encode())).payload) == RESPONSE_BYTES_MAX
    answer = await pool.invoke("big", str(RESPONSE_BYTES_MAX).encode())
    assert error_of(answer)["errorType"] == "Function.ResponseSizeTooLarge"
    with pytest.raises(RequestTooLarge):
        await pool.invoke("echo", b"1" * (REQUEST_BYTES_MAX + 1))


async def test_the_context_and_the_environment(pool):
    told = json.loads((await pool.invoke("tells", b"{}", request_id="req-5", timeout_s=20)).payload)
    left_ms = told.pop("left")
    assert 10_000 < left_ms <= 20_000
    arn = "arn:aws:lambda:eu-west-1:111122223333:function:tells"
    assert told == {"id": "req-5", "arn": arn, "name": "tells", "version": "$LATEST", "client": {}}
    seen = json.loads((await pool.invoke("environment", b"{}")).payload)
    assert seen["AWS_LAMBDA_FUNCTION_NAME"] == "environment"
    assert seen["AWS_REGION"] == "eu-west-1"
    assert seen["LAMBDA_TASK_ROOT"] == seen["cwd"]
    assert seen["_HANDLER"] == "environment.handler"


async def test_our_own_settings_are_not_shown_to_functions(folder, monkeypatch):
    monkeypatch.setenv("STEPWELL_DATABASE", "secret")
    pool = FunctionPool(folder, environment={"GREETING": "hello"})
    try:
        seen = json.loads((await pool.invoke("environment", b"{}")).payload)
    finally:
        await pool.close()
    assert seen["GREETING"] == "hello"
    assert "secret" not in seen.values()


async def test_prints_are_kept_with_their_request(folder):
    heard = []
    pool = FunctionPool(folder, on_log=heard.append, limits=PoolLimits(log_lines_max=4))
    try:
        await pool.invoke("prints", b"1", request_id="one")
        await pool.invoke("prints", b"2", request_id="two")
        await until(lambda: len(heard) == 5)
        lines = [(line.request_id, line.stream, line.text) for line in heard]
        assert lines[0] == (None, "stdout", "loaded")
        assert sorted(lines[1:]) == [
            ("one", "stderr", "err 1"),
            ("one", "stdout", "out 1"),
            ("two", "stderr", "err 2"),
            ("two", "stdout", "out 2"),
        ]
        assert pool.logs("prints") == tuple(heard[1:])
        assert pool.logs("echo") == ()
    finally:
        await pool.close()


async def test_a_function_may_bear_the_name_of_a_library_module(pool):
    assert (await pool.invoke("email", b"{}")).payload == b'"shared"'


async def test_changed_code_is_picked_up(pool, folder):
    assert (await pool.invoke("echo", b"1")).payload == b"1"
    (folder / "echo.py").write_text("def handler(event, context):\n    return 'new'  \n")
    assert (await pool.invoke("echo", b"1")).payload == b'"new"'
    (folder / "echo.py").write_text("def handler(event, context):\n    return 'neu'  \n")
    assert (await pool.invoke("echo", b"1")).payload == b'"neu"'


async def test_a_change_while_a_worker_is_busy_retires_it(pool, folder, tmp_path):
    (folder / "waits.py").write_text(
        "import os, time\ndef handler(event, context):\n    open(event + '.begun', 'w').close()\n"
        "    while not os.path.exists(event):\n        time.sleep(0.01)\n    return 'old'\n"
    )
    mark = tmp_path / "mark"
    slow = asyncio.create_task(pool.invoke("waits", json.dumps(str(mark)).encode()))
    await until((tmp_path / "mark.begun").exists)
    (folder / "waits.py").write_text("def handler(event, context):\n    return 'new'\n")
    assert (await pool.invoke("waits", b"0")).payload == b'"new"'
    mark.touch()
    assert (await slow).payload == b'"old"'
    assert {(await pool.invoke("waits", b"0")).payload for _ in range(3)} == {b'"new"'}


async def test_a_removed_function_is_not_found(pool, folder):
    await pool.invoke("echo", b"1")
    (folder / "echo.py").unlink()
    with pytest.raises(FunctionNotFound):
        await pool.invoke("echo", b"1")


async def test_concurrency_of_a_function_is_bounded_and_calls_wait_in_line(folder):
    pool = FunctionPool(folder, limits=PoolLimits(function_workers_max=2))
    try:
        answers = await asyncio.gather(*(pool.invoke("pid", b"{}") for _ in range(30)))
        assert 1 <= len({answer.payload for answer in answers}) <= 2
    finally:
        await pool.close()


async def test_concurrency_overall_is_bounded_and_no_function_starves(folder):
    pool = FunctionPool(folder, limits=PoolLimits(workers_max=2))
    try:
        busy = [asyncio.create_task(pool.invoke("sleeps", b"0.05")) for _ in range(40)]
        await asyncio.sleep(0.3)
        assert (await pool.invoke("echo", b"1")).payload == b"1"
        assert not all(task.done() for task in busy)
        answers = await asyncio.gather(*busy, pool.invoke("pid", b"{}"), pool.invoke("fails", b"{}"))
        assert len(answers) == 42
    finally:
        await pool.close()


async def test_a_cancelled_caller_leaves_the_line_but_does_not_cut_a_running_call(folder, tmp_path):
    (folder / "marks.py").write_text(
        "import time\ndef handler(event, context):\n    open(event + '.begun', 'w').close()\n"
        "    time.sleep(0.3)\n    open(event, 'w').close()\n"
    )
    pool = FunctionPool(folder, limits=PoolLimits(function_workers_max=1))
    first, second = tmp_path / "first", tmp_path / "second"
    try:
        running = asyncio.create_task(pool.invoke("marks", json.dumps(str(first)).encode()))
        waiting = asyncio.create_task(pool.invoke("marks", json.dumps(str(second)).encode()))
        await until((tmp_path / "first.begun").exists)
        running.cancel()
        waiting.cancel()
        await asyncio.gather(running, waiting, return_exceptions=True)
        await until(first.exists)
        await asyncio.sleep(0.4)
        assert not second.exists()
    finally:
        await pool.close()


async def test_an_idle_worker_is_ended(folder):
    pool = FunctionPool(folder, limits=PoolLimits(idle_s=0.2))
    try:
        pid = int((await pool.invoke("pid", b"{}")).payload)
        await until(lambda: not is_running(pid))
        assert int((await pool.invoke("pid", b"{}")).payload) != pid
    finally:
        await pool.close()


async def test_a_module_that_hangs_while_loading_times_out(folder):
    (folder / "hangs.py").write_text("import time\ntime.sleep(60)\n")
    pool = FunctionPool(folder, limits=PoolLimits(start_timeout_s=0.4))
    try:
        assert error_of(await pool.invoke("hangs", b"{}"))["errorType"] == "Sandbox.Timedout"
    finally:
        await pool.close()


async def test_a_python_that_cannot_be_started(folder, tmp_path):
    pool = FunctionPool(folder, python=str(tmp_path / "no-python"))
    try:
        assert error_of(await pool.invoke("echo", b"{}"))["errorType"] == "Runtime.InvalidEntrypoint"
    finally:
        await pool.close()


async def test_close_ends_children_and_refuses_calls(folder):
    pool = FunctionPool(folder)
    pid = int((await pool.invoke("pid", b"{}")).payload)
    running = asyncio.create_task(pool.invoke("sleeps", b"60"))
    await asyncio.sleep(0.2)
    await pool.close()
    assert not is_running(pid)
    with pytest.raises(PoolClosed):
        await running
    with pytest.raises(PoolClosed):
        await pool.invoke("echo", b"1")
    await pool.close()


# --- names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        *("", "../canary", "..", "a/b", "a\\b", "echo\x00", "echo.py", "é", "x" * 65, "function:../canary", "echo:a/b"),
        *("arn:aws:lambda:us-east-1:123456789012:function:../canary", "arn:aws:s3:::echo", "echo\n", "%2e%2e%2fcanary"),
    ],
)
async def test_names_that_are_no_names_are_refused(folder, name):
    canary = folder.parent / "canary.py"
    canary.write_text(f"open({str(folder.parent / 'sung')!r}, 'w')\ndef handler(event, context): pass\n")
    pool = FunctionPool(folder)
    try:
        with pytest.raises(InvalidFunctionName):
            await pool.invoke(name, b"{}")
    finally:
        await pool.close()
    assert not (folder.parent / "sung").exists()


async def test_links_that_leave_the_folder_are_refused(folder):
    outside = folder.parent / "outside"
    outside.mkdir()
    sung = folder.parent / "sung"
    (outside / "handler.py").write_text(f"open({str(sung)!r}, 'w')\ndef handler(event, context): pass\n")
    (folder / "linked.py").symlink_to(outside / "handler.py")
    (folder / "linkedfolder").symlink_to(outside)
    pool = FunctionPool(folder)
    try:
        for name in ("linked", "linkedfolder", "nosuch"):
            with pytest.raises(FunctionNotFound):
                await pool.invoke(name, b"{}")
        assert "linked" not in pool.names()
    finally:
        await pool.close()
    assert not sung.exists()


@pytest.mark.parametrize(
    "entry, handler",
    [
        ("handler.py", "handler"),
        ("lambda_function.py", "lambda_handler"),
        ("app.py", "lambda_handler"),
        ("app.py", "handler"),
    ],
)
async def test_a_function_in_a_folder_of_its_own(pool, folder, entry, handler):
    (folder / "big-one").mkdir()
    (folder / "big-one" / "beside.py").write_text("VALUE = 7\n")
    text = f"from beside import VALUE\ndef {handler}(event, context):\n    return VALUE\n"
    (folder / "big-one" / entry).write_text(text)
    assert (await pool.invoke("big-one", b"{}")).payload == b"7"
    assert "big-one" in pool.names()


# --- the parent dies --------------------------------------------------------------------------------------------------

PARENT = """
import asyncio, sys
from stepwell.functions.pool import FunctionPool

async def main():
    pool = FunctionPool(sys.argv[1], client=sys.argv[3])
    idle = int((await pool.invoke("pid", b"{}")).payload)
    busy = asyncio.create_task(pool.invoke("notes", b'"' + sys.argv[2].encode() + b'"'))
    print(idle, flush=True)
    await busy

asyncio.run(main())
"""


@pytest.mark.skipif(os.name != "posix", reason="kill -9 is a POSIX thing")
@pytest.mark.parametrize("client", ["official", "own"])
async def test_children_end_when_the_parent_is_killed(folder, tmp_path, client):
    (folder / "notes.py").write_text(
        "import os, time\ndef handler(event, context):\n"
        "    open(event + '.new', 'w').write(str(os.getpid()))\n    os.rename(event + '.new', event)\n    time.sleep(600)\n"
    )
    note = tmp_path / "busy"
    command = [sys.executable, "-c", PARENT, str(folder), str(note), client]
    parent = await asyncio.to_thread(subprocess.Popen, command, stdout=subprocess.PIPE)
    try:
        assert parent.stdout is not None
        idle = int(await asyncio.to_thread(parent.stdout.readline))
        await until(note.exists)
        busy = int(note.read_text())
        assert is_running(idle)
        assert is_running(busy)
        os.kill(parent.pid, signal.SIGKILL)
        parent.wait()
        await until(lambda: not is_running(idle) and not is_running(busy))
    finally:
        parent.kill()
        parent.wait()
        assert parent.stdout is not None
        parent.stdout.close()


def is_running(pid: int) -> bool:
    """Whether the process exists and is more than an entry that nobody has collected."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    try:
        return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


async def until(condition, timeout_s: float = 10.0) -> None:
    """Wait for a condition that must come true soon."""
    ends = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < ends, "it did not happen"
        await asyncio.sleep(0.02)
