"""`stepwell functions`: look at local functions, and call one without a workflow around it."""

import sys

import click

from stepwell.cli.input import read_input
from stepwell.cli.terminal import FAILED, STATUSES, end

_folder = click.option(
    "--functions",
    "folder",
    type=click.Path(exists=True),
    default="functions",
    show_default=True,
    help="A folder of functions, a functions.toml or a SAM template.",
)


@click.group()
def functions() -> None:
    """List local functions, or call one."""


@functions.command("list")
@_folder
def list_(folder: str) -> None:
    """The functions there are, and the files that they are in."""
    from pathlib import Path

    from stepwell.functions.listing import FunctionList, InvalidList

    found = FunctionList(Path(folder))
    try:
        names = found.names()
    except InvalidList as error:
        raise click.UsageError(str(error)) from None
    for name in names:
        click.echo(f"{name}  {click.style(str(found.find(name).place.entry), dim=True)}")
    if not names:
        click.echo(f"There is no function in {folder}: NAME.py with a handler(event, context) makes one.", err=True)


@functions.command(
    epilog=f"""\b
Examples:
  stepwell functions invoke price --input '{{"quantity": 2}}'
  stepwell functions invoke price --input @event.json --functions lambdas

{STATUSES}"""
)
@click.argument("name")
@click.option("--input", "given", metavar="JSON|@FILE|-", help="The event.  [default: {}]")
@_folder
def invoke(name: str, given: str | None, folder: str) -> None:
    """Call a local function as a Lambda task would, and print its answer; what it prints goes to standard error."""
    import asyncio

    from stepwell.functions.listing import InvalidList
    from stepwell.functions.source import FunctionNotFound, InvalidFunctionName

    try:
        failed, answer = asyncio.run(_invoke(folder, name, (read_input(given) or "{}").encode()))
    except (FunctionNotFound, InvalidFunctionName) as error:
        raise click.UsageError(
            f"{error}. `stepwell functions list --functions {folder}` names those there are."
        ) from None
    except InvalidList as error:
        raise click.UsageError(str(error)) from None
    click.echo(answer)
    if failed:
        end(FAILED)


async def _invoke(folder: str, name: str, event: bytes) -> tuple[bool, str]:
    from stepwell.functions.pool import FunctionPool

    pool = FunctionPool(folder, on_log=lambda line: click.echo(line.text.rstrip("\n"), file=sys.stderr))
    try:
        answer = await pool.invoke(name, event)
    finally:
        await pool.close()
    return answer.function_error is not None, answer.payload.decode(errors="replace")
