"""The program `stepwell`: its commands, and how it ends. Nothing heavy is imported before a command needs it."""

import os
import signal
import sys
from typing import Any, Final

import click

from stepwell import __version__
from stepwell.cli.backup import backup, restore
from stepwell.cli.demo import demo
from stepwell.cli.functions import functions
from stepwell.cli.graph import graph
from stepwell.cli.migrate import migrate
from stepwell.cli.nodes import nodes
from stepwell.cli.run import run
from stepwell.cli.serve import serve
from stepwell.cli.terminal import INTERRUPTED, STATUSES
from stepwell.cli.validate import validate

_EPILOG: Final = f"""\b
Start here:
  stepwell demo                        see a workflow run, from end to end
  stepwell serve                       serve the API on http://127.0.0.1:8083
  stepwell run order.asl.json          run a definition here and now
  stepwell validate *.asl.json         say what is wrong with definitions
  stepwell graph order.asl.json -o x.svg   draw a definition

{STATUSES}

\b
Shell completion (bash; zsh and fish alike):
  eval "$(_STEPWELL_COMPLETE=bash_source stepwell)"
"""


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=_EPILOG,
)
@click.version_option(__version__, prog_name="stepwell", message="%(prog)s %(version)s")
@click.pass_context
def program(context: click.Context) -> None:
    """Durable workflows that you own: an open service that speaks the AWS Step Functions API."""
    if os.environ.get("NO_COLOR"):
        context.color = False


@program.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def version(as_json: bool) -> None:
    """Print the versions that a bug report needs."""
    import json
    import platform

    import apsw

    versions = {
        "stepwell": __version__,
        "python": platform.python_version(),
        "sqlite": apsw.sqlite_lib_version(),
        "system": platform.platform(terse=True),
    }
    if as_json:
        click.echo(json.dumps(versions))
    else:
        click.echo("\n".join(f"{name:<9}{text}" for name, text in versions.items()))


@program.command()
def schema() -> None:
    """Print the JSON schema of the Amazon States Language, for editors.

    It is made of the tables that `stepwell validate` reads definitions by.
    """
    import json

    from stepwell.asl.schema import language_schema

    click.echo(json.dumps(language_schema(), indent=1))


for _command in (serve, run, validate, graph, demo, functions, migrate, nodes, backup, restore):
    program.add_command(_command)


def main(arguments: list[str] | None = None) -> None:
    """Run the command that the arguments name, and end the process with its exit status."""
    try:
        status: Any = program.main(arguments, prog_name="stepwell", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        status = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # a second one while we leave ends at once
        click.echo("Interrupted.", err=True)
        status = INTERRUPTED
    sys.exit(status if isinstance(status, int) else 0)
