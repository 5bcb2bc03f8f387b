"""A socket between a store and its PostgreSQL that cuts connections where it is told to."""

import asyncio
import tempfile
from pathlib import Path
from types import TracebackType
from urllib.parse import parse_qs, urlsplit


class CuttingProxy:
    """Listens in a folder of its own (see `url`) and hands on to the server that an address names by its folder.

    `lose_answer`: the next request goes through, and the connection is cut before its answer. `lose_request`: the next
    request is not handed on, and the connection cut; it stays in `kept`, for `deliver` to hand on after all. `refuses`:
    no connection gets through, and those that are there are cut.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._server_folder = parse_qs(urlsplit(address).query)["host"][0]
        self._folder = tempfile.TemporaryDirectory(prefix="stepwell-proxy-")
        self._listener: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._orphans: list[asyncio.StreamWriter] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self.lose_answer = False
        self.lose_request = False
        self.lost = asyncio.Event()  # one of the two has happened
        self.kept: list[tuple[asyncio.StreamWriter, asyncio.StreamReader, bytes]] = []
        self.refuses = False
        self.connections = 0

    @property
    def url(self) -> str:
        """The same database, through this."""
        return self._address.replace(self._server_folder, self._folder.name)

    async def __aenter__(self) -> "CuttingProxy":
        place = Path(self._folder.name) / ".s.PGSQL.5432"
        self._listener = await asyncio.start_unix_server(self._serve, place)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._listener is not None
        self._listener.close()
        self.cut()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._folder.cleanup()

    def cut(self) -> None:
        """Cut all connections."""
        for writer in [*self._open, *self._orphans]:
            writer.transport.abort()

    async def deliver(self) -> None:
        """Hand on what was kept, late and once; return when the server has dealt with it."""
        kept, self.kept = self.kept, []
        for writer, reader, request in kept:
            writer.write(request)
            await reader.read(1 << 20)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._hand_on(reader, writer)
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()
            self._tasks.discard(task)

    async def _hand_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.refuses:
            return
        self.connections += 1
        there, back = await asyncio.open_unix_connection(f"{self._server_folder}/.s.PGSQL.5432")
        self._open |= {writer, back}
        answers = asyncio.create_task(self._answers(there, writer))
        try:
            while request := await reader.read(1 << 20):
                if self.lose_request or self.lose_answer:
                    answers.cancel()
                    await asyncio.wait([answers])
                    await self._lose(request, there, back)
                    return
                back.write(request)
        finally:
            answers.cancel()
            self._open -= {writer, back}
            if back not in self._orphans:
                back.close()

    async def _lose(self, request: bytes, there: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        if self.lose_request:
            self.lose_request = False
            self.kept.append((back, there, request))
            self._orphans.append(back)
        else:
            self.lose_answer = False
            back.write(request)
            await there.read(1 << 20)  # the server has done its work
        self.lost.set()

    async def _answers(self, there: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while answer := await there.read(1 << 20):
            writer.write(answer)
        writer.close()
