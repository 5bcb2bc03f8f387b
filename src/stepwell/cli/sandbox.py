"""The sandbox of `stepwell serve --sandbox`: started before the server, ended after it, told of in the first lines."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import click

from stepwell.cli.terminal import Failed
from stepwell.sandbox.process import Sandbox, SandboxError
from stepwell.settings import Settings

_ENDPOINT: Final = "AWS_ENDPOINT_URL"


@contextmanager
def sandbox_of(settings: Settings) -> Iterator[Sandbox | None]:
    """The sandbox that the settings ask for, for as long as the body runs.

    This process's environment leads there meanwhile: the server's own calls, and those of local functions.
    """
    if not settings.sandbox:
        yield None
        return
    if os.environ.get(_ENDPOINT):
        raise click.UsageError(
            f"{_ENDPOINT} names {os.environ[_ENDPOINT]!r} already, and the sandbox wants to be there. Leave one of the "
            f"two out; an endpoint for a single service (AWS_ENDPOINT_URL_S3) goes well with a sandbox."
        )
    try:
        sandbox = Sandbox(settings.account, settings.region, settings.sandbox_port)
    except SandboxError as error:
        raise Failed(str(error)) from None
    added = sandbox.environment(os.environ)
    os.environ.update(added)
    try:
        yield sandbox
    finally:
        for name in added:
            os.environ.pop(name, None)
        sandbox.close()


def lead_functions_here(address: str) -> None:
    """Local functions that speak to Step Functions reach this server, and not the sandbox's own imitation of it."""
    os.environ.setdefault("AWS_ENDPOINT_URL_SFN", address)
