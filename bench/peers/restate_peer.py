"""Restate: its server in front of a Python service that runs ten steps in each invocation, 64 at once."""

import asyncio
import json
import os
import tempfile
import urllib.request
from pathlib import Path
from typing import Any

import restate
from figures import STEPS, Figures, Meter, measure
from hypercorn.asyncio import serve
from hypercorn.config import Config
from processes import free_port, running

AT_ONCE = 64
steps_service = restate.Service("Steps")


@steps_service.handler()
async def run_steps(ctx: restate.Context, number: int) -> int:
    """Ten steps, one after another."""
    for place in range(STEPS):
        number = await ctx.run_typed(f"s{place}", _step, number=number)
    return number


def _step(number: int) -> int:
    return number + 1


async def _invoke(port: int, count: int) -> None:
    """One kept connection, so many invocations."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    request = (
        b"POST /Steps/run_steps HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1\r\n\r\n0"
    )
    for _ in range(count):
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        assert json.loads(await reader.readexactly(length)) == STEPS
    writer.close()


def _register(admin: int, port: int) -> None:
    body = json.dumps({"uri": f"http://127.0.0.1:{port}"}).encode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{admin}/deployments", body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request) as answer:
        answer.read()


async def _work(ingress: int, admin: int, pid: int, workflows: int) -> Figures:
    config = Config()
    port = free_port()
    config.bind = [f"127.0.0.1:{port}"]
    stop = asyncio.Event()
    app: Any = restate.app([steps_service])
    serving = asyncio.ensure_future(serve(app, config, shutdown_trigger=stop.wait))
    await asyncio.sleep(1)
    await asyncio.to_thread(_register, admin, port)
    await _invoke(ingress, 5)
    meter = Meter(pid)
    each = workflows // AT_ONCE
    await asyncio.gather(*(_invoke(ingress, each) for _ in range(AT_ONCE)))
    figures = meter.read(each * AT_ONCE)
    stop.set()
    await serving
    return figures


def run(workflows: int) -> Figures:
    """RESTATE_SERVER names the program (npm: @restatedev/restate-server)."""
    with tempfile.TemporaryDirectory() as folder:
        ingress, admin, node = free_port(), free_port(), free_port()
        environment = {
            "RESTATE_INGRESS__BIND_ADDRESS": f"127.0.0.1:{ingress}",
            "RESTATE_ADMIN__BIND_ADDRESS": f"127.0.0.1:{admin}",
            "RESTATE_BIND_ADDRESS": f"127.0.0.1:{node}",
            "RESTATE_BASE_DIR": folder,
            "RESTATE_LOG_FILTER": "error",
            "DO_NOT_TRACK": "1",
        }
        with running([os.environ["RESTATE_SERVER"]], admin, Path(folder), **environment) as pid:
            return asyncio.run(_work(ingress, admin, pid, workflows))


if __name__ == "__main__":
    measure(run, 640)
