"""JavaScript handlers, run by a real Node.js: every way to answer, every way to fail, the ends of processes."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from textwrap import dedent

import pytest

from stepwell.functions.invocation import TooManyCalls
from stepwell.functions.pool import FunctionPool
from tests.functions.test_pool import PARENT, error_of, is_running, until

SOURCES = {
    "echo.mjs": "export const handler = async (event) => event;\n",
    "pid.cjs": "exports.handler = async () => process.pid;\n",
    "calls-back.cjs": "exports.handler = (event, context, callback) => setTimeout(() => callback(null, event + 1), 5);\n",
    "calls-back-wrong.cjs": "exports.handler = (event, context, callback) => callback(new TypeError('no'));\n",
    "says-nothing.cjs": "exports.handler = (event) => { setTimeout(() => {}, 5); };\n",
    "succeeds.js": "exports.handler = (event, context) => context.succeed('well');\n",
    "by-sam.mjs": "export const lambdaHandler = async () => 'sam';\n",
    "fails.mjs": "export async function handler() {\n  throw new RangeError('too far');\n}\n",
    "own-error.mjs": "class OrderError extends Error { name = 'OrderError' }\n"
    "export const handler = () => { throw new OrderError('sold out'); };\n",
    "throws-text.mjs": "export const handler = async () => { throw 'text'; };\n",
    "no-module.cjs": "require('no-such-module');\n",
    "no-syntax.mjs": "export const handler = async ( => 1;\n",
    "no-handler.mjs": "export const other = 1;\n",
    "cycle.mjs": "export const handler = async () => { const a = {}; a.a = a; return a; };\n",
    "undefined.mjs": "export const handler = async () => undefined;\n",
    "exits.mjs": "export const handler = async (status) => process.exit(status);\n",
    "exits-later.mjs": "export const handler = (status) => new Promise(() => { setTimeout(process.exit, 300, status); });\n",
    "sleeps.mjs": "export const handler = (ms) => new Promise((done) => setTimeout(() => done(ms), ms));\n",
    "late.mjs": "export const handler = () => new Promise(() => setImmediate(() => { throw new Error('late'); }));\n",
    "forgets.mjs": "export const handler = () => new Promise(() => { Promise.reject(new Error('lost')); });\n",
    "prints.mjs": "export const handler = async (event) => { console.log('out', event); console.error('err'); };\n",
    "environment.mjs": "export const handler = async () => ({ ...process.env, cwd: process.cwd() });\n",
    "tells.mjs": """
        export const handler = async (event, context) => ({
          id: context.awsRequestId, arn: context.invokedFunctionArn, name: context.functionName,
          version: context.functionVersion, left: context.getRemainingTimeInMillis(), client: context.clientContext,
        });
        """,
    "busy.mjs": """
        import fs from "node:fs";
        export const handler = async (file) => {
          fs.writeFileSync(file + ".new", String(process.pid));
          fs.renameSync(file + ".new", file);
          for (;;) {}
        };
        """,
}


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "functions"
    root.mkdir()
    for name, text in SOURCES.items():
        (root / name).write_text(dedent(text))
    return root


@pytest.fixture
async def pool(folder):
    made = FunctionPool(folder, account="111122223333", region="eu-west-1")
    yield made
    await made.close()


@pytest.mark.parametrize(
    "name, event, answer",
    [
        ("echo", b'{"a":[1,null,"\xc3\xa9"]}', {"a": [1, None, "é"]}),
        ("calls-back", b"1", 2),
        ("says-nothing", b"1", None),
        ("succeeds", b"1", "well"),
        ("by-sam", b"1", "sam"),
        ("undefined", b"1", None),
        ("sleeps", b"20", 20),
    ],
)
async def test_every_way_to_answer(pool, name, event, answer):
    for _ in range(2):  # cold and warm
        given = await pool.invoke(name, event)
        assert given.function_error is None
        assert json.loads(given.payload) == answer


async def test_a_worker_is_reused_while_warm(pool):
    pids = set()
    for _ in range(5):
        pids.add((await pool.invoke("pid", b"{}")).payload)
        await until(lambda: any(crew.idle for crew in pool._crews.values()))  # it has come back for the next call
    assert len(pids) == 1


@pytest.mark.parametrize(
    "name, kind, text",
    [
        ("fails", "RangeError", "too far"),
        ("own-error", "OrderError", "sold out"),
        ("throws-text", "string", "text"),
        ("calls-back-wrong", "TypeError", "no"),
        ("cycle", "Runtime.MarshalError", "Unable to stringify response body"),
        ("no-handler", "Runtime.HandlerNotFound", "no-handler.handler is undefined or not exported"),
    ],
)
async def test_every_way_to_fail(pool, name, kind, text):
    error = error_of(await pool.invoke(name, b"1"))
    assert (error["errorType"], error["errorMessage"]) == (kind, text)
    assert isinstance(error["trace"], list)


@pytest.mark.parametrize(
    "name, kind, begins",
    [
        ("no-module", "Runtime.ImportModuleError", "Error: Cannot find module 'no-such-module'"),
        ("no-syntax", "Runtime.UserCodeSyntaxError", "SyntaxError: "),
        ("late", "Error", "late"),
        ("forgets", "Runtime.UnhandledPromiseRejection", "Error: lost"),
        ("exits", "Runtime.ExitError", "RequestId: id-1 Error: Runtime exited with error: exit status 7"),
        ("exits-later", "Runtime.ExitError", "RequestId: id-1 Error: Runtime exited with error: exit status 7"),
    ],
)
async def test_every_way_to_break(pool, name, kind, begins):
    error = error_of(await pool.invoke(name, b"7", request_id="id-1"))
    assert error["errorType"] == kind
    assert error["errorMessage"].startswith(begins)


async def test_a_call_that_takes_too_long_is_killed(pool, tmp_path):
    note = tmp_path / "pid"
    answer = await pool.invoke("busy", json.dumps(str(note)).encode(), timeout_s=1.5)
    assert error_of(answer)["errorType"] == "Sandbox.Timedout"
    await until(lambda: not is_running(int(note.read_text())))


async def test_the_context_and_the_environment(pool, folder):
    told = json.loads((await pool.invoke("tells", b"{}", request_id="id-2", timeout_s=20)).payload)
    assert 10_000 < told.pop("left") <= 20_000
    arn = "arn:aws:lambda:eu-west-1:111122223333:function:tells"
    assert told == {"id": "id-2", "arn": arn, "name": "tells", "version": "$LATEST"}
    seen = json.loads((await pool.invoke("environment", b"{}")).payload)
    assert seen["AWS_EXECUTION_ENV"].startswith("AWS_Lambda_nodejs")
    assert seen["LAMBDA_TASK_ROOT"] == seen["cwd"] == str(folder)


async def test_prints_are_kept_with_their_request(pool):
    await pool.invoke("prints", b"1", request_id="one")
    await until(lambda: len(pool.logs("prints")) == 2)
    lines = {(line.request_id, line.stream, line.text) for line in pool.logs("prints")}
    assert lines == {("one", "stdout", "out 1"), ("one", "stderr", "err")}


async def test_changed_code_is_picked_up(pool, folder):
    assert (await pool.invoke("echo", b"1")).payload == b"1"
    (folder / "echo.mjs").write_text("export const handler = async () => 'new';\n")
    assert (await pool.invoke("echo", b"1")).payload == b'"new"'


async def test_a_list_with_layers_variables_and_concurrency(folder, tmp_path):
    module = tmp_path / "layer" / "nodejs" / "node_modules" / "shared"
    module.mkdir(parents=True)
    (module / "index.js").write_text("exports.value = 7;\n")
    (folder / "uses.cjs").write_text("exports.run = async () => require('shared').value + process.env.UNIT;\n")
    (folder / "functions.toml").write_text(
        '[functions.uses]\nhandler = "uses.run"\nruntime = "nodejs22.x"\nlayers = ["../layer"]\n'
        'environment = {UNIT = "kg"}\n[functions.sleeps]\nreserved_concurrency = 1\n[functions.echo]\n'
        "reserved_concurrency = 0\n"
    )
    pool = FunctionPool(folder)
    try:
        assert (await pool.invoke("uses", b"{}")).payload == b'"7kg"'
        calls = (pool.invoke("sleeps", b"200"), pool.invoke("sleeps", b"0"), pool.invoke("echo", b"0"))
        first, second, third = await asyncio.gather(*calls, return_exceptions=True)
        assert first.payload == b"200"
        assert isinstance(second, TooManyCalls)
        assert isinstance(third, TooManyCalls)
        assert (await pool.invoke("sleeps", b"0")).payload == b"0"
    finally:
        await pool.close()


@pytest.mark.skipif(os.name != "posix", reason="kill -9 is a POSIX thing")
async def test_children_end_when_the_parent_is_killed_even_in_a_busy_handler(folder, tmp_path):
    (folder / "notes.mjs").write_text((folder / "busy.mjs").read_text())
    note = tmp_path / "busy"
    command = [sys.executable, "-c", PARENT, str(folder), str(note), "own"]
    parent = await asyncio.to_thread(subprocess.Popen, command, stdout=subprocess.PIPE)
    try:
        idle = int(await asyncio.to_thread(parent.stdout.readline))
        await until(note.exists)
        busy = int(note.read_text())
        assert is_running(idle) and is_running(busy)
        os.kill(parent.pid, signal.SIGKILL)
        parent.wait()
        await until(lambda: not is_running(idle) and not is_running(busy))
    finally:
        parent.kill()
        parent.wait()
        parent.stdout.close()
