"""`stepwell run`: one definition, here and now, on a Stepwell inside this process."""

import re
from pathlib import Path
from typing import Any, Final

import click

from stepwell.cli.input import read_input
from stepwell.cli.options import setting_options, settings_of
from stepwell.cli.substitutions import Filled, fill, substitution_options, substitutions_of
from stepwell.cli.terminal import FAILED, STATUSES, end
from stepwell.cli.validate import findings_of, print_findings, read_text
from stepwell.limits import Limits

_NAME_CHARACTERS_MAX: Final = 80


@click.command(
    short_help="Run a definition here and now, and show what happens.",
    epilog=f"""\b
Examples:
  stepwell run hello.asl.json --input '{{"name": "Ada"}}'
  stepwell run order.asl.json --input @order.json --functions functions
  stepwell run report.asl.json --database jobs.db --name 2026-01-31
  generate | stepwell run clean.asl.json --input - --quiet | consume

Progress goes to standard error, the output to standard output.

With --database the execution is as durable as on a server. Interrupt it, kill it, and call the same command with the
same --name again: the execution goes on where it was left, with the definition that it began with. If it has ended, its
outcome is printed again, and nothing is done twice. Other open executions in the database go on meanwhile, too.
Without --database an interrupted execution is aborted, and gone.

Activities and task tokens need somebody who answers over the API: that is what `stepwell serve` is for.

{STATUSES}""",
)
@click.argument("definition", type=click.Path(allow_dash=True))
@click.option("--input", "given", metavar="JSON|@FILE|-", help="The input.  [default: {}]")
@click.option("--name", help="Name of the execution.  [default: a random one]")
@click.option("--database", metavar="FILE", help="Keep the execution in this SQLite file.  [default: in memory]")
@substitution_options
@setting_options(("functions", "lambda_endpoint", "region", "account", "recovery", "limits"))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object: name, status, output or error and cause.")
@click.option("--events", is_flag=True, help="With --json: the history events, too.")
@click.option("--quiet", "-q", is_flag=True, help="Show no progress, only the output.")
def run(
    definition: str,
    given: str | None,
    name: str | None,
    database: str | None,
    substitute: tuple[str, ...],
    substitution_file: str | None,
    as_json: bool,
    events: bool,
    quiet: bool,
    **options: Any,
) -> None:
    """Run a definition (Amazon States Language; - is standard input), and show what happens."""
    if definition == given == "-":
        raise click.UsageError("Only one of DEFINITION and --input can be standard input.")
    if events and not as_json:
        raise click.UsageError("--events needs --json.")
    settings = settings_of({**options, "database": database or ":memory:"})
    given = read_input(given)
    filled = fill(read_text(definition), substitutions_of(substitute, substitution_file))
    _check(definition, filled, as_json, quiet, settings.limits)
    from stepwell.cli.session import Session

    session = Session(settings, _machine_name(definition), _execution_name(name), as_json, events, quiet)
    end(session.run(filled.text, given))


def _check(name: str, filled: Filled, as_json: bool, quiet: bool, limits: Limits) -> None:
    """Show what is to be said about the definition; one with errors is not run."""
    findings = findings_of(filled, "STANDARD", limits)
    errors = [finding for finding in findings if finding.severity == "ERROR"]
    if errors and as_json:
        from stepwell.payload import print_json

        cause = "; ".join(f"{finding.code}: {finding.message} at {finding.location}" for finding in errors)
        click.echo(print_json({"status": "FAILED", "error": "InvalidDefinition", "cause": cause}))
    elif errors or not quiet:
        print_findings(name, findings, err=True)
    if errors:
        end(FAILED)


def _machine_name(definition: str) -> str:
    """The state machine is called like the file."""
    stem = "run" if definition == "-" else Path(definition).name.partition(".")[0]
    return re.sub(r"[^A-Za-z0-9_-]", "-", stem)[:_NAME_CHARACTERS_MAX] or "run"


def _execution_name(name: str | None) -> str:
    from stepwell.arn import is_name

    if name is None:
        import uuid

        return str(uuid.uuid4())
    if not is_name(name):
        raise click.UsageError(
            f"{name!r} is no name for an execution: 1 to 80 characters, without blanks, brackets and most punctuation."
        )
    return name
