"""One server for one database file: a locked file beside it, which the system unlocks when the process ends."""

import fcntl
import os

from stepwell.store.protocol import StoreBusy


class LockFile:
    """The file `<database>.lock`; it holds the pid of the process that has it locked, and stays when it is unlocked."""

    def __init__(self, database: str) -> None:
        self._database = database
        self._path = f"{database}.lock"
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Raises StoreBusy when another process, or this one, has the database open."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(descriptor)
            raise StoreBusy(
                f"The database {self._database} is in use by the process {holder}. One server can have it open at a "
                f"time: stop that one, or choose another path."
            ) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode("ascii"), 0)
        self._descriptor = descriptor

    def release(self) -> None:
        """Unlock. Does nothing when it is not locked."""
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None
