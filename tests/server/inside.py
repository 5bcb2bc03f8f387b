"""A server inside the test's process, for what no option of the program sets: other limits, other patience."""

import asyncio
import threading
from dataclasses import replace
from typing import Any

from stepwell.app import Application, serve
from stepwell.limits import AWS
from stepwell.settings import Settings
from tests.server.outside import Outside


class Inside(Outside):
    """An application with its HTTP server, in a thread with a loop of its own."""

    def __init__(self, **limits: Any) -> None:
        super().__init__(0)
        settings = Settings(port=0, database=":memory:", grace_s=2.0, limits=replace(AWS, **limits))
        self._settings = settings
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        port: asyncio.Future[int] = self._loop.create_future()
        self.application = Application(self._settings)
        serving = asyncio.create_task(serve(self.application, self._stop, port))
        self.port = await port
        self._ready.set()
        await serving

    def __enter__(self) -> "Inside":
        self._thread.start()
        assert self._ready.wait(20)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(30)
        assert not self._thread.is_alive()
