"""The sandbox as the server sees it: a child process, its address, and the variables that lead every client there."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Final

EMULATOR: Final = Path(__file__).with_name("emulator.py")
_END_S: Final = 5.0
_CREDENTIALS: Final = ("AWS_ACCESS_KEY_ID", "AWS_PROFILE")


class SandboxError(RuntimeError):
    """The sandbox cannot be started; the message says what would help."""


class Sandbox:
    """A running sandbox. It ends by `close`, or with this process, however that ends."""

    def __init__(self, account: str, region: str, port: int) -> None:
        """Start it, and return once it answers. `port` 0 takes a free one. Raises `SandboxError`."""
        if find_spec("moto") is None or find_spec("flask") is None:
            raise SandboxError("The sandbox needs the package moto: install stepwell[sandbox].")
        self._account = account
        self._region = region
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(EMULATOR), str(port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # a Ctrl-C at the terminal is for the server, which drains first
            env={**os.environ, "MOTO_ACCOUNT_ID": account},
        )
        assert self._process.stdout is not None
        first = self._process.stdout.readline()
        if not first:
            self.close()
            raise SandboxError(f"The sandbox did not start on port {port}: what it says stands above.")
        said = json.loads(first)
        self.address: str = said["address"]
        self.services: list[str] = said["services"]

    def environment(self, given: Mapping[str, str]) -> dict[str, str]:
        """The variables that lead AWS's clients here, where `given` does not already say otherwise.

        The account stands in as the access key unless there are credentials; the instance's metadata service, which may
        take seconds to not answer, is left alone.
        """
        said = {
            "AWS_ENDPOINT_URL": self.address,
            "AWS_DEFAULT_REGION": self._region,
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        if not any(name in given for name in _CREDENTIALS):
            said |= {"AWS_ACCESS_KEY_ID": self._account, "AWS_SECRET_ACCESS_KEY": "sandbox"}
        return {name: value for name, value in said.items() if name not in given}

    def close(self) -> None:
        """End it. Idempotent."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
