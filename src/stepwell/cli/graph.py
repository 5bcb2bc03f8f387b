"""`stepwell graph`: a picture of a definition, or of an execution, without a browser."""

import sys
from pathlib import Path
from typing import Any, Final

import click

from stepwell.cli.substitutions import fill, substitution_options, substitutions_of
from stepwell.cli.terminal import STATUSES, Failed
from stepwell.cli.validate import read_text

_STDOUT: Final = "-"


@click.command(
    short_help="Draw a definition, or an execution, as SVG.",
    epilog=f"""\b
Examples:
  stepwell graph order.asl.json -o order.svg
  stepwell graph --theme dark order.asl.json > order.svg
  stepwell graph --execution arn:aws:states:us-east-1:000000000000:execution:order:1042 -o order-1042.svg

A definition is drawn as it stands, finished or not: a target that does not exist becomes a dotted box, and a state to
which no way leads says so. The picture of an execution is coloured by what its states did, at this moment.

{STATUSES}""",
)
@click.argument("definition", required=False, type=click.Path(allow_dash=True))
@click.option("--output", "-o", metavar="FILE", default=_STDOUT, help="Where to write.  [default: standard output]")
@click.option("--execution", metavar="ARN", help="Draw this execution of a running server.")
@click.option(
    "--endpoint",
    metavar="URL",
    envvar=["AWS_ENDPOINT_URL_SFN", "AWS_ENDPOINT_URL"],
    default="http://127.0.0.1:8083",
    show_default=True,
    help="The server that --execution asks.",
)
@click.option(
    "--theme",
    type=click.Choice(["auto", "light", "dark"]),
    default="auto",
    show_default=True,
    help="Colours; auto follows whoever looks at the picture.",
)
@substitution_options
@click.option("--title", help="Title of the picture.  [default: the name of the file or of the execution]")
def graph(
    definition: str | None,
    output: str,
    execution: str | None,
    endpoint: str,
    theme: Any,
    substitute: tuple[str, ...],
    substitution_file: str | None,
    title: str | None,
) -> None:
    """Draw a definition (Amazon States Language; - is standard input) or an execution as an SVG picture."""
    from stepwell.drawing import Outcome, TooLarge, draw, lay_out, outcome_of, read_graph

    if (definition is None) == (execution is None):
        raise click.UsageError("Give either a DEFINITION or --execution.")
    outcome = Outcome()
    if execution is not None:
        from stepwell.cli.remote import fetch_execution

        text, model = fetch_execution(endpoint, execution)
        outcome, name = outcome_of(model), execution.rpartition(":")[2]
    else:
        name = definition or ""
        text = fill(read_text(name), substitutions_of(substitute, substitution_file), stand_in=True).text
    try:
        frame = lay_out(read_graph(_value_of(text, name)))
    except TooLarge as error:
        raise Failed(f"{name}: {error}.") from None
    _write(output, draw(frame, title or _title_of(name), outcome=outcome, theme=theme))


def _value_of(text: str, name: str) -> Any:
    """The JSON value of a definition; what is no JSON is told with its place, as `stepwell validate` does."""
    from stepwell.asl.definition_json import DefinitionJsonError, read_definition_json
    from stepwell.cli.locate import find_position
    from stepwell.limits import Limits

    try:
        return read_definition_json(text, Limits().json_depth_max)
    except DefinitionJsonError as error:
        line, column = find_position(text, error.location) or (1, 1)
        problem = str(error).partition("\n at [Source")[0]
        raise Failed(f"{name}:{line}:{column}: {problem}") from None


def _title_of(name: str) -> str:
    return "State machine" if name == "-" else Path(name).name.partition(".")[0] or name


def _write(output: str, picture: str) -> None:
    if output == _STDOUT:
        sys.stdout.buffer.write(picture.encode())
        return
    try:
        Path(output).write_text(picture, encoding="utf-8")
    except OSError as error:
        raise Failed(f"{output} cannot be written: {error.strerror or error}.") from None
