"""`stepwell serve`: a server in the foreground, from its first line to its orderly end."""

import errno
import ipaddress
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import click

from stepwell import __version__
from stepwell.cli.logs import log_to_stderr
from stepwell.cli.options import setting_options, settings_of
from stepwell.cli.processes import ONE_OF_MANY, end_with_parent, supervise
from stepwell.cli.sandbox import lead_functions_here, sandbox_of
from stepwell.cli.terminal import STATUSES, Failed
from stepwell.limits import AWS
from stepwell.sandbox.process import Sandbox
from stepwell.settings import SettingError, Settings

if TYPE_CHECKING:
    import asyncio

OPEN_FILES: Final = 65_536
SWITCH_INTERVAL_S: Final = 0.0005
"""The commit thread asks for the interpreter's lock once a group. A busy event loop gives it away only when this time
is over, and with the usual 5 ms that thread starves, and everybody waits for its commits."""


@click.command(
    epilog=f"""\b
Examples:
  stepwell serve
  stepwell serve --port 0 --database /var/lib/stepwell/orders.db
  stepwell serve --functions functions --recovery rerun
  stepwell serve --database postgresql://stepwell@db.internal/stepwell --processes 8
  stepwell serve --functions template.yaml --sandbox
  STEPWELL_PORT=9000 stepwell serve

Each option can be given as an environment variable too: --grace-s is STEPWELL_GRACE_S. The region and the address
of Lambda also come from AWS_REGION, AWS_DEFAULT_REGION, AWS_ENDPOINT_URL_LAMBDA and AWS_ENDPOINT_URL.

SIGTERM or Ctrl-C: no new requests; those that are open and calls in flight get --grace-s seconds; then the end. A
second one: the end at once. Nothing that was acknowledged is lost in either case.

{STATUSES}"""
)
@setting_options()
@click.option(ONE_OF_MANY, is_flag=True, hidden=True)
def serve(one_of_many: bool, **options: Any) -> None:
    """Serve the API, and run executions, until you stop it."""
    settings = settings_of(options)
    check_host(settings.host)
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    allow_open_files()
    log_to_stderr("%(asctime)s %(levelname)s %(name)s: %(message)s", functions=True)
    if settings.processes > 1 and not one_of_many:
        sys.exit(_run_many(settings))
    with sandbox_of(settings) as sandbox:
        _run(settings_of(options), sandbox, one_of_many=one_of_many)  # read again: a sandbox changes where calls go


def _run_many(settings: Settings) -> int:
    """Several processes: each a node of one database, all on one port, which is held here meanwhile."""
    from stepwell.api.server import listen
    from stepwell.store.postgres import is_address

    if not is_address(settings.database):
        raise click.UsageError("A SQLite database is for one process. Several need a postgresql:// --database.")
    if settings.sandbox:
        raise click.UsageError("A sandbox goes with one process. Start it beside several, and lead them there.")
    try:
        held = listen(settings.host, settings.port, share_port=True)
    except OSError as error:
        raise Failed(_refusal(error, settings)) from None
    port = held[0].getsockname()[1]
    click.echo(welcome(settings, address_of(settings, port)))
    return supervise(settings, port)


def allow_open_files() -> None:
    """Ask for as many open files as this user may have: a thousand calls in flight are a thousand connections."""
    try:
        import resource
    except ImportError:  # Windows knows no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def check_host(host: str) -> None:
    """Refuse an address that others can reach: a usage error."""
    if host == "localhost":
        return
    try:
        loopback = ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise click.UsageError(
            f"Stepwell does not check signatures yet, so whoever reaches its port may do everything. It listens on "
            f"loopback only, and {host!r} is not that. Use 127.0.0.1, ::1 or localhost; if others are to reach it, "
            f"put a proxy that may refuse in front of it."
        )


def _run(settings: Settings, sandbox: Sandbox | None, *, one_of_many: bool) -> None:
    import asyncio

    from stepwell.store.protocol import StoreError

    try:
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(_serve(settings, sandbox, one_of_many=one_of_many))
    except (StoreError, SettingError) as error:
        raise Failed(str(error)) from None
    except OSError as error:
        raise Failed(_refusal(error, settings)) from None


def loop_factory() -> "Callable[[], asyncio.AbstractEventLoop] | None":
    """uvloop's event loop where that is installed, else Python's own."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


async def _serve(settings: Settings, sandbox: Sandbox | None, *, one_of_many: bool) -> None:
    import asyncio

    from stepwell import app
    from stepwell.cli.signals import end_by_signals

    stop = asyncio.Event()
    ready: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    grace = f"{settings.grace_s:g} s"
    end_by_signals(stop, f"Stopping: what is under way gets {grace}. Once more to stop at once.")
    if one_of_many:
        end_with_parent(stop)
    serving = asyncio.create_task(app.serve(app.Application(settings), stop, ready, share_port=one_of_many))
    await asyncio.wait((serving, ready), return_when=asyncio.FIRST_COMPLETED)
    if ready.done() and not one_of_many:
        address = address_of(settings, ready.result())
        if sandbox is not None:
            lead_functions_here(address)
        click.echo(welcome(settings, address, sandbox))
    await serving


def address_of(settings: Settings, port: int) -> str:
    """The server's address, as clients write it."""
    host = settings.host.strip("[]")
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def welcome(settings: Settings, address: str, sandbox: Sandbox | None = None) -> str:
    """The first lines: where it listens, where its data are, how to reach it, what to know."""
    functions = "none; --functions DIR runs local ones"
    if settings.functions is not None:
        functions = f"{os.path.abspath(settings.functions)}"
    elif settings.lambda_endpoint is not None and sandbox is None:
        functions = f"at {settings.lambda_endpoint}"
    reach = f"aws stepfunctions list-state-machines --endpoint-url {address} --region {settings.region}"
    lines = (
        ("data", _data(settings)),
        ("functions", functions),
        *_sandbox_lines(settings, sandbox),
        *([] if settings.limits == AWS else [("limits", f"AWS's, but for {settings.limits}")]),
        ("reach it", reach),
        ("beware", "signatures are not checked yet, so it answers on loopback only"),
        ("stop it", "Ctrl-C"),
    )
    title = click.style(f"Stepwell {__version__}", bold=True)
    text = "\n".join(f"  {click.style(f'{name:<11}', dim=True)}{value}" for name, value in lines)
    return f"{title} listens on {click.style(address, fg='cyan', bold=True)}\n{text}"


def _data(settings: Settings) -> str:
    """Where the data are, and what they survive."""
    from stepwell.store.postgres import Address, is_address

    survives = "loss of power" if settings.durability == "full" else "the end of the process, not loss of power"
    if settings.database == ":memory:":
        return "in memory: gone when this server stops"
    if is_address(settings.database):
        return f"{Address.of(settings.database).place} (survives {survives})"
    return f"{os.path.abspath(settings.database)} (survives {survives})"


def _sandbox_lines(settings: Settings, sandbox: Sandbox | None) -> list[tuple[str, str]]:
    if sandbox is None:
        return []
    reach = f"aws sqs create-queue --queue-name q --endpoint-url {sandbox.address} --region {settings.region}"
    return [
        ("sandbox", f"{sandbox.address} stands for {len(sandbox.services)} AWS services, in memory: SQS, SNS, S3, ..."),
        ("", reach),
    ]


def _refusal(error: OSError, settings: Settings) -> str:
    place = f"port {settings.port} of {settings.host}"
    if error.errno == errno.EADDRINUSE:
        return f"Another program listens on {place}. Stop it, or choose another with --port (0 takes a free one)."
    if error.errno == errno.EACCES:
        return f"This user may not listen on {place}. Choose a port above 1023 with --port."
    return f"The server cannot listen on {place}: {error.strerror or error}."
