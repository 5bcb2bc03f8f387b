"""One call of `stepwell run`, from the opening of its database to the report of the outcome."""

import asyncio
import json
import sys
from typing import Any, Final

import click

from stepwell.asl.compile import compile_definition
from stepwell.asl.machine import StateMachine
from stepwell.cli.drawing import Drawing
from stepwell.cli.embedded import Embedded, OtherInput, Outcome
from stepwell.cli.logs import log_to_stderr
from stepwell.cli.progress import Progress, failure_text
from stepwell.cli.signals import end_by_signals
from stepwell.cli.terminal import FAILED, GOOD, INTERRUPTED, Failed, console, duration_text
from stepwell.errors import ApiError
from stepwell.payload import print_json
from stepwell.settings import Settings
from stepwell.store.protocol import StoreError

MEMORY: Final = ":memory:"


class Session:
    """One call of the command."""

    def __init__(
        self, settings: Settings, machine: str, name: str, as_json: bool, with_events: bool, quiet: bool
    ) -> None:
        self._settings = settings
        self._machine = machine
        self._name = name
        self._as_json = as_json
        self._with_events = with_events
        self._quiet = quiet or as_json
        self._in_memory = settings.database == MEMORY

    def run(self, definition: str, given: str | None) -> int:
        """Run to the end, and answer the exit status."""
        log_to_stderr("%(levelname)s %(name)s: %(message)s", functions=not self._quiet)
        try:
            return asyncio.run(self._run(definition, given))
        except OtherInput:
            raise click.UsageError(
                f"An execution {self._name!r} was begun with another input. Leave --input out to go on with it, or "
                f"choose another --name."
            ) from None
        except ApiError as error:
            raise Failed(f"{error.code}: {error.message}") from None
        except StoreError as error:
            raise Failed(str(error)) from None

    async def _run(self, definition: str, given: str | None) -> int:
        embedded = Embedded(self._settings, self._machine, self._name)
        interrupted = asyncio.Event()
        end_by_signals(interrupted)
        await embedded.application.open()
        try:
            there = await embedded.begin(definition, given)
            ended = await self._follow(embedded, definition, there, interrupted)
            outcome = await embedded.outcome()
            events = await embedded.history() if self._with_events else None
            if not ended and embedded.application.runtime.dispatcher.in_flight and not self._quiet:
                grace_s = self._settings.grace_s
                click.echo(f"Calls in flight get {grace_s:g} s. Once more to stop at once.", err=True)
        finally:
            await embedded.application.close()
        self._report(outcome, events)
        if interrupted.is_set():
            return INTERRUPTED
        return GOOD if outcome.status == "SUCCEEDED" else FAILED

    async def _follow(self, embedded: Embedded, definition: str, there: str | None, interrupted: asyncio.Event) -> bool:
        """Show the progress; False when the execution was left open. Interrupted in memory it is aborted."""
        if self._quiet:
            ended = await embedded.follow(lambda events: None, interrupted)
        else:
            ended = await self._draw(embedded, definition, there, interrupted)
        if not ended and self._in_memory:
            await embedded.stop()
            return True
        return ended

    async def _draw(self, embedded: Embedded, definition: str, there: str | None, interrupted: asyncio.Event) -> bool:
        machine = compile_definition(definition, limits=self._settings.limits).machine
        assert machine is not None, "errors were reported before"
        if there == "RUNNING":
            click.echo(f"Execution {self._name} is there already and goes on where it was left:", err=True)
        elif there is not None:
            click.echo(
                f"Execution {self._name} has ended already, and nothing is done again. This is what was:", err=True
            )
        for warning in _warnings(machine, self._settings):
            click.echo(f"Note: {warning}", err=True)
        drawing = Drawing(console(error=True), _comments(machine))
        progress = Progress()
        with drawing:
            return await embedded.follow(lambda events: drawing.show(progress, progress.take(events)), interrupted)

    def _report(self, outcome: Outcome, events: list[dict[str, Any]] | None) -> None:
        if self._as_json:
            click.echo(_document(self._name, outcome, events))
            return
        if outcome.output is not None:
            self._say(f"{click.style('SUCCEEDED', fg='green', bold=True)} in {duration_text(outcome.elapsed_s)}")
            click.echo(shown(outcome.output))
        elif outcome.status == "RUNNING":
            click.echo(
                f"Left open. The same command with --database {self._settings.database} --name {self._name} goes on.",
                err=True,
            )
        else:
            failure = failure_text(outcome.error, outcome.cause)
            click.echo(f"{click.style(outcome.status, fg='red', bold=True)} {failure}".rstrip(), err=True)
            if outcome.cause and not failure.endswith(outcome.cause):
                click.echo(pretty_json(outcome.cause), err=True)

    def _say(self, text: str) -> None:
        if not self._quiet:
            click.echo(text, err=True)


def _comments(machine: StateMachine) -> dict[str, str]:
    """What the author says about each state."""
    return {name: state.comment for name, state in machine.states.items() if state.comment}


def _warnings(machine: StateMachine, settings: Settings) -> list[str]:
    """What this command cannot do for a definition."""
    resources = [state.resource for state in machine.states.values() if hasattr(state, "resource")]
    found = []
    if any(resource.kind == "activity" for resource in resources):
        found.append("activities need workers that poll over the API, and `run` has none: use `stepwell serve`.")
    if any(resource.pattern == "waitForTaskToken" for resource in resources):
        found.append("a task token can be answered over the API only, and `run` has none: use `stepwell serve`.")
    elsewhere = settings.functions is None and settings.lambda_endpoint is None
    if elsewhere and any(resource.service == "lambda" for resource in resources):
        found.append("Lambda functions are called at AWS; --functions DIR runs local ones instead.")
    return found


def shown(text: str) -> str:
    """JSON for whoever reads standard output: indented for people, as it came for programs."""
    return pretty_json(text) if sys.stdout.isatty() else text


def pretty_json(text: str) -> str:
    """JSON with a line for each member; a text that is no JSON as it is."""
    try:
        pretty = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
        pretty.encode()
    except (ValueError, RecursionError):
        return text
    return pretty


def _document(name: str, outcome: Outcome, events: list[dict[str, Any]] | None) -> str:
    """One JSON object. The output's text stands in it as it is, so that no number changes its form."""
    members = [("name", print_json(name)), ("status", print_json(outcome.status))]
    if outcome.output is not None:
        members.append(("output", outcome.output))
    elif outcome.status != "RUNNING":
        members += [("error", print_json(outcome.error)), ("cause", print_json(outcome.cause))]
    if events is not None:
        members.append(("events", print_json(events)))
    return "{" + ",".join(f'"{key}":{text}' for key, text in members) + "}"
