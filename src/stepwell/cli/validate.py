"""`stepwell validate`: what is to be said about definitions, with the place in the file."""

import re
import sys
from pathlib import Path
from typing import Any, Final, NamedTuple

import click

from stepwell.cli.substitutions import Filled, fill, substitution_options, substitutions_of, without_value
from stepwell.cli.terminal import FAILED, STATUSES, end
from stepwell.limits import AWS, Limits

_STDIN = "-"
_NAME: Final = re.compile(r"(?<=')[^']+(?=')|(?<=\")[^\"]+(?=\")|\b[A-Z]\w+")
_WHATEVER_THE_VALUE: Final = ("is not supported", "Only one of these fields is allowed")


class Finding(NamedTuple):
    """A diagnostic, where it is in the file, and what may help."""

    severity: str
    code: str
    message: str
    location: str | None
    line: int | None
    column: int | None
    hint: str | None


@click.command(
    short_help="Say what is wrong or doubtful in definitions.",
    epilog=f"""\b
Examples:
  stepwell validate order.asl.json
  stepwell validate --json workflows/*.asl.json
  stepwell validate --substitute Table=orders --substitute Workers=5 order.asl.json
  cat order.asl.json | stepwell validate -

The rules, codes and words are those of AWS's ValidateStateMachineDefinition. A ${{NAME}} without a value is a warning,
and what depends on it is not judged.

{STATUSES}""",
)
@click.argument("definitions", metavar="DEFINITION...", nargs=-1, required=True, type=click.Path(allow_dash=True))
@click.option(
    "--type",
    "kind",
    type=click.Choice(["STANDARD", "EXPRESS"]),
    default="STANDARD",
    show_default=True,
    help="Which kind of state machine the definitions are for.",
)
@substitution_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def validate(
    definitions: tuple[str, ...],
    kind: str,
    substitute: tuple[str, ...],
    substitution_file: str | None,
    as_json: bool,
) -> None:
    """Say what is wrong or doubtful in definitions (Amazon States Language; - is standard input)."""
    values = substitutions_of(substitute, substitution_file)
    reports = []
    for name in definitions:
        filled = fill(read_text(name), values, stand_in=True)
        reports.append((name, _judged(filled, findings_of(filled, kind))))
    if as_json:
        _print_json(reports)
    else:
        _print_lines(reports)
    if any(finding.severity == "ERROR" for _, findings in reports for finding in findings):
        end(FAILED)


def read_text(name: str) -> str:
    """The text of a definition file. One that cannot be read is a usage error."""
    try:
        raw = sys.stdin.buffer.read() if name == _STDIN else Path(name).read_bytes()
    except OSError as error:
        raise click.UsageError(f"{name} cannot be read: {error.strerror or error}.") from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise click.UsageError(f"{name} is not UTF-8 (byte {error.start}). Save it as UTF-8.") from None


def findings_of(filled: Filled, kind: str, limits: Limits = AWS) -> list[Finding]:
    """All remarks on a definition, with their places in its source; what services would not take is asked where nothing
    else is wrong. Substitutions without a value come last.
    """
    from stepwell.asl.compile import compile_definition
    from stepwell.asl.hints import hints_on
    from stepwell.cli.locate import find_position
    from stepwell.operations.arguments import argument_findings_without_server

    text = filled.text
    compiled = compile_definition(text, type=kind, limits=limits)
    diagnostics = compiled.diagnostics
    if not compiled.errors:
        diagnostics = (*argument_findings_without_server(text), *diagnostics)
    found = []
    for finding, hint in zip(diagnostics, hints_on(diagnostics, text), strict=True):
        position = find_position(text, finding.location)
        line, column = (None, None) if position is None else filled.in_source(position)
        found.append(Finding(*finding, line, column, hint))
    for name, place in filled.first_gaps():
        found.append(Finding("WARNING", "MISSING_SUBSTITUTION", without_value(name), None, *place, None))
    return found


def _judged(filled: Filled, findings: list[Finding]) -> list[Finding]:
    """The findings without those on a value that nobody knows yet. A state may be reached by way of such a value."""
    if not filled.gaps:
        return findings
    judged, unknown = [], set()
    for finding in findings:
        if _depends_on_gap(filled, finding):
            unknown.add(finding.code)
        else:
            judged.append(finding)
    ways = ("MISSING_TRANSITION_TARGET", "MISSING_END_STATE")
    return [finding for finding in judged if finding.code not in ways] if unknown.intersection(ways) else judged


def _depends_on_gap(filled: Filled, finding: Finding) -> bool:
    """Whether a value that nobody knows yet may take this finding away.

    It is about that value, or it names a member of an object whose value or name that is.
    """
    from stepwell.cli.locate import find_scalar, members_within

    if finding.location is None or finding.location.startswith("[Source"):
        return False
    value = find_scalar(filled.text, finding.location)
    if value is not None:
        return filled.touches_gap(*value)
    message = finding.message
    if any(f"${{{gap.name}}}" in message for gap in filled.gaps):
        return True
    if any(words in message for words in _WHATEVER_THE_VALUE):
        return False
    named = {name.removesuffix(".$") for name in _NAME.findall(message)}
    members = members_within(filled.text, finding.location)
    unknown = {name.removesuffix(".$") for name, start, end in members if filled.touches_gap(start, end)}
    return not named.isdisjoint(unknown) or ("required" in message and any("${" in name for name in unknown))


def _print_json(reports: list[tuple[str, list[Finding]]]) -> None:
    from stepwell.payload import print_json

    files: list[dict[str, Any]] = []
    for name, findings in reports:
        diagnostics = [
            {key: value for key, value in finding._asdict().items() if value is not None} for finding in findings
        ]
        files.append({"file": name, "result": _result([(name, findings)]), "diagnostics": diagnostics})
    click.echo(print_json({"result": _result(reports), "files": files}))


def _result(reports: list[tuple[str, list[Finding]]]) -> str:
    return "FAIL" if any(finding.severity == "ERROR" for _, findings in reports for finding in findings) else "OK"


def _print_lines(reports: list[tuple[str, list[Finding]]]) -> None:
    counts = {"ERROR": 0, "WARNING": 0}
    for name, findings in reports:
        for finding in findings:
            counts[finding.severity] += 1
        print_findings(name, findings)
        if not findings:
            click.echo(f"{name}: {click.style('ok', fg='green')}")
    summary = ", ".join(f"{number} {word.lower()}{'' if number == 1 else 's'}" for word, number in counts.items())
    files = f"{len(reports)} definition{'' if len(reports) == 1 else 's'}"
    if len(reports) > 1 or any(counts.values()):
        click.echo(f"{files}: {summary}")


def print_findings(name: str, findings: list[Finding], *, err: bool = False) -> None:
    """A line for each remark, in the form that editors jump to, and its hint below it."""
    for finding in findings:
        place = ":".join(str(part) for part in (name, finding.line, finding.column) if part is not None)
        severity = click.style(
            finding.severity.lower(), fg="red" if finding.severity == "ERROR" else "yellow", bold=True
        )
        message = finding.message.partition("\n at [Source")[0].replace("\n", " ")
        where = "" if finding.location is None or finding.location.startswith("[Source") else f" at {finding.location}"
        code = click.style(f"[{finding.code}]", dim=True)
        click.echo(f"{place}: {severity}: {message}{where} {code}", err=err)
        if finding.hint is not None:
            click.echo(f"    {click.style('hint:', fg='cyan')} {finding.hint}", err=err)
