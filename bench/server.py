"""Servers to be measured, each in a process of its own: Stepwell, an application that does nothing, a Lambda API.

Prints its port once it answers, and its counters when it is told to stop.
"""

import argparse
import asyncio
import gc
import json
import signal
import sys
from typing import Any

BARE_ANSWER = b'{"executionArn":"arn:aws:states:us-east-1:000000000000:execution:bench:0","startDate":1.7e9}'


async def bare(scope: Any, receive: Any, send: Any) -> None:
    """An application that reads a request and answers the same always."""
    more = True
    while more:
        more = (await receive()).get("more_body", False)
    headers = [(b"content-type", b"application/x-amz-json-1.0"), (b"content-length", str(len(BARE_ANSWER)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": BARE_ANSWER})


async def _serve_bare(stop: asyncio.Event) -> dict[str, int]:
    from stepwell.api.server import HttpServer

    server = HttpServer(bare)
    _say(await server.start("127.0.0.1", 0))
    await stop.wait()
    await server.drain(1)
    return {}


async def _serve_stepwell(stop: asyncio.Event, given: argparse.Namespace) -> dict[str, int]:
    from stepwell.app import Application, serve
    from stepwell.settings import Settings

    settings = Settings(
        port=0,
        database=given.database,
        commit_delay_ms=given.delay_ms,
        grace_s=1,
        lambda_endpoint=given.functions,
        buckets=given.buckets,
    )
    application = Application(settings)
    ready: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(serve(application, stop, ready))
    done, _ = await asyncio.wait({serving, ready}, return_when=asyncio.FIRST_COMPLETED)
    if serving in done:
        serving.result()
    _say(ready.result())
    await serving
    return application.runtime.shard.counters


def _say(port: int) -> None:
    gc.collect()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()


async def _serve_functions(stop: asyncio.Event, seconds: float) -> dict[str, int]:
    """A Lambda API whose functions take so long, however many are called."""
    from aiohttp import web

    async def invoke(request: web.BaseRequest) -> web.StreamResponse:
        await request.read()
        await asyncio.sleep(seconds)
        return web.Response(body=b"{}", headers={"X-Amz-Executed-Version": "$LATEST"})

    runner = web.ServerRunner(web.Server(invoke, access_log=None))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=4_096).start()
    _say(runner.addresses[0][1])
    await stop.wait()
    await runner.cleanup()
    return {}


async def _main(given: argparse.Namespace) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    if given.function_s is not None:
        counters = await _serve_functions(stop, given.function_s)
    elif given.bare:
        counters = await _serve_bare(stop)
    else:
        counters = await _serve_stepwell(stop, given)
    sys.stdout.write(json.dumps(counters) + "\n")


def main() -> None:
    """Serve until SIGTERM."""
    options = argparse.ArgumentParser()
    options.add_argument("--bare", action="store_true")
    options.add_argument("--database", default=":memory:")
    options.add_argument("--delay-ms", type=float, default=0)
    options.add_argument("--functions", help="address of a Lambda API")
    options.add_argument("--buckets", help="folder of local buckets")
    options.add_argument("--function-s", type=float, help="be a Lambda API whose functions take so long")
    given = options.parse_args()
    sys.setswitchinterval(0.0005)
    try:
        import uvloop

        uvloop.run(_main(given))
    except ImportError:
        asyncio.run(_main(given))


if __name__ == "__main__":
    main()
