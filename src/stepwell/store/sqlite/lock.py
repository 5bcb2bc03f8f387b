"""One server for one database file: a locked file beside it, which the system unlocks when the process ends."""

import asyncio
import fcntl
import os
from typing import Final

from stepwell.store.protocol import StoreBusy

_PATIENCE_S: Final = 2.0
"""With a server that was killed just now: it has the file until the system has put it away."""

_LOOK_S: Final = 0.05


class LockFile:
    """The file `<database>.lock`; it holds the pid of the process that has it locked, and stays when it is unlocked."""

    def __init__(self, database: str) -> None:
        self._database = database
        self._path = f"{database}.lock"
        self._descriptor: int | None = None

    async def acquire(self) -> None:
        """Raises StoreBusy when another process, which does not end, or this one has the database open."""
        loop = asyncio.get_running_loop()
        ends_s = loop.time() + _PATIENCE_S
        while (holder := self._try()) is not None:
            if holder == str(os.getpid()) or loop.time() >= ends_s:
                raise StoreBusy(
                    f"The database {self._database} is in use by the process {holder}. One server can have it open at "
                    f"a time: stop that one, or choose another path."
                )
            await asyncio.sleep(_LOOK_S)

    def _try(self) -> str | None:
        """Lock the file; answers who has it if that cannot be."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
            os.close(descriptor)
            return holder or "unknown"
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode("ascii"), 0)
        self._descriptor = descriptor
        return None

    def release(self) -> None:
        """Unlock. Does nothing when it is not locked."""
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None
