"""TestState: run one state by itself, with its work done or mocked, and show what became of its data.

Nothing of it is stored. (Order of checks and texts: recorded, where a text is AWS's.)
"""

import uuid
from collections.abc import Awaitable, Mapping
from dataclasses import replace
from typing import Any, Final

from stepwell.arn import state_machine_arn
from stepwell.caller import Caller
from stepwell.engine.commands import Command, StartMapRun
from stepwell.engine.events import Event
from stepwell.engine.execution import Facts
from stepwell.engine.failure import TIMEOUT, Failure
from stepwell.engine.tested import Outcome, Setup, TestedExecution
from stepwell.errors import InvalidDefinition, InvalidExecutionInput, ThrottlingException, ValidationException
from stepwell.integrations.base import HttpTrace
from stepwell.operations.arguments import argument_findings
from stepwell.operations.configurations import check_role
from stepwell.operations.encryption import Document
from stepwell.operations.inspection import inspect, inspect_http
from stepwell.operations.json_text import JsonTextError, read_json_text
from stepwell.operations.mock_context import read_context
from stepwell.operations.mock_shapes import STRICT, check_shape
from stepwell.operations.service import Service
from stepwell.operations.tested_items import Given, MapWork
from stepwell.operations.tested_state import STATE_NAME, Tested, has_state, read_tested
from stepwell.payload import JsonError, Payload, parse_json
from stepwell.runtime.ephemeral import Answer
from stepwell.runtime.identity import new_id
from stepwell.runtime.machines import Machine
from stepwell.runtime.turns import Live
from stepwell.store.records import RevisionRow, StateMachineRow

INFO: Final = "INFO"
TRACE: Final = "TRACE"
_MOCKABLE: Final = ("Task", "Map", "Parallel")
_WAITING: Final = ("sync", "sync:2", "waitForTaskToken")


async def try_state(
    service: Service,
    caller: Caller,
    *,
    definition: str,
    role_arn: str | None = None,
    input: str = "{}",
    inspection_level: str = INFO,
    reveal_secrets: bool = False,
    variables: str | None = None,
    state_name: str | None = None,
    mock: Document | None = None,
    context: str | None = None,
    state_configuration: Document | None = None,
) -> dict[str, Any]:
    """Test a state. Raises `InvalidDefinition`, `InvalidExecutionInput`, `ValidationException`, `InvalidArn`."""
    if service.runtime.ephemeral.running >= service.limits.express_executions_max:
        raise ThrottlingException("Rate exceeded")
    given = _json(input, service)
    known = _variables(variables)
    tested = read_tested(definition, state_name, frozenset(known), service.limits)
    errors = await argument_findings(service, tested.machine.definition)
    if errors:
        raise InvalidDefinition(f"Invalid State Machine Definition: '{', '.join(map(str, errors))}'")
    configuration = state_configuration or {}
    if role_arn is not None:
        check_role(role_arn)
    _check_request(tested, mock, configuration, role_arn=role_arn, reveal_secrets=reveal_secrets)
    setup = Setup(
        state_name or STATE_NAME,
        mock=None if mock is None else _read_mock(tested, mock),
        context=_context(tested, context, mock),
        variables=known,
        used=configuration.get("retrier_retry_count") or 0,
    )
    work = _map_work(tested, setup.mock, configuration, service)
    run = _execution(service, caller, tested, given, role_arn or "", setup)
    live = _live(service, caller, tested, run)
    live.trace = HttpTrace(reveal=reveal_secrets) if inspection_level == TRACE else None
    await service.runtime.ephemeral.begin(live, answer=_answering(service, run, work))
    return _answer(run, work, inspection_level, live.trace)


def _json(text: str, service: Service) -> Payload:
    try:
        return read_json_text(text, service.limits)
    except JsonTextError as error:
        raise InvalidExecutionInput(f"Invalid State Machine Execution Input: '{error}'") from None


def _variables(text: str | None) -> dict[str, Any]:
    try:
        value = {} if text is None else parse_json(text)
    except JsonError:
        value = None
    if not isinstance(value, dict):
        raise ValidationException("Variables must be a valid JSON object")
    return value


# Checks


def _check_request(
    tested: Tested,
    mock: Document | None,
    configuration: Mapping[str, Any],
    *,
    role_arn: str | None,
    reveal_secrets: bool,
) -> None:
    kind = tested.state.type
    failures = configuration.get("map_iteration_failure_count")
    if mock is None:
        if failures is not None:
            raise ValidationException(
                "TestState does not support MapIterationFailureCount when a mock is not specified."
            )
        _check_unmocked(tested, role_arn)
    elif kind not in _MOCKABLE:
        raise ValidationException(f"State type '{kind}' is not supported when a mock is specified")
    elif reveal_secrets:
        raise ValidationException("TestState does not support RevealSecrets when a mock is specified.")
    if failures is not None and kind != "Map":
        raise ValidationException("MapIterationFailureCount is only supported when testing a Map state.")
    named = configuration.get("error_caused_by_state")
    if named is not None and not has_state(tested, named):
        raise ValidationException("State not found in definition")


def _check_unmocked(tested: Tested, role_arn: str | None) -> None:
    """What can be tested by doing it."""
    state: Any = tested.state
    if state.type in ("Map", "Parallel"):
        raise InvalidDefinition(
            "TestState API does not support Map or Parallel states. Supported state types include: "
            "[Task, Wait, Pass, Succeed, Fail, Choice]"
        )
    if state.type != "Task":
        return
    if state.resource.pattern:
        raise InvalidDefinition("TestState API does not support '.sync' or '.waitForTaskToken' integration patterns.")
    if state.resource.kind == "activity":
        raise InvalidDefinition("TestState API does not support Activity ARN.")
    if role_arn is None:
        raise ValidationException("RoleArn must be specified when testing a Task state")


def _context(tested: Tested, text: str | None, mock: Document | None) -> dict[str, Any] | None:
    if text is None:
        return None
    if mock is None:
        raise ValidationException("TestState does not support Context when a mock is not specified.")
    state: Any = tested.state
    return read_context(text, waits=state.type == "Task" and state.resource.pattern in _WAITING)


# Mocks


def _read_mock(tested: Tested, mock: Document) -> Outcome:
    """A mock's result or error. Raises `ValidationException` (texts recorded)."""
    result, error = mock.get("result"), mock.get("error_output")
    if result is not None and error is not None:
        raise ValidationException("A test mock should have only one of the following fields: [result, errorOutput].")
    if error is not None:
        if error.get("error") is None:
            raise ValidationException("An error was not specified in the mocked error output.")
        return Failure(error["error"], error.get("cause"))
    if result is None:
        raise ValidationException("One of the following fields is required for a test mock: [result, errorOutput].")
    try:
        payload = Payload(result, parse_json(result))
    except JsonError:
        raise ValidationException("Mocked result must be valid JSON") from None
    _check_result(tested, payload.value, mock.get("field_validation_mode") or STRICT)
    return payload


def _check_result(tested: Tested, value: Any, mode: str) -> None:
    state: Any = tested.state
    if state.type == "Task":
        if state.resource.kind == "service" and state.resource.pattern != "waitForTaskToken":
            if not isinstance(value, dict):
                raise ValidationException("Mocked result must be a valid JSON object.")
        if mode != "NONE":
            check_shape(state.resource, value, mode)
    elif state.type == "Map" and "ResultWriter" in tested.given:
        if not isinstance(value, dict):
            raise ValidationException("Mocked result must be a JSON object.")
    elif not isinstance(value, list):
        raise ValidationException("Mocked result must be an array.")
    elif state.type == "Parallel" and len(value) != len(state.branches):
        raise ValidationException("Mocked result must contain the same number of items as number of Parallel branches.")


def _map_work(
    tested: Tested, mock: Outcome | None, configuration: Mapping[str, Any], service: Service
) -> MapWork | None:
    """The work of a Map, which is always mocked. Raises `ValidationException` (text recorded)."""
    state: Any = tested.state
    if state.type != "Map" or mock is None:
        return None
    data = configuration.get("map_item_reader_data")
    if state.item_reader is not None and data is None:
        raise ValidationException(
            "ItemReader data must be specified when testing a Map state with ItemReader specified."
        )
    return MapWork(state, Given(data, mock, configuration.get("map_iteration_failure_count")), service.limits)


# Running and answering


def _execution(
    service: Service, caller: Caller, tested: Tested, given: Payload, role_arn: str, setup: Setup
) -> TestedExecution:
    """An execution with made-up names, as on AWS: of an Express kind, of a machine that is nowhere (recorded)."""
    machine, name = str(uuid.uuid4()), str(uuid.uuid4())
    facts = Facts(
        arn=f"arn:aws:states:{caller.region}:{caller.account}:express:{machine}:{name}",
        name=name,
        machine_arn=state_machine_arn(caller.region, caller.account, machine),
        machine_name=machine,
        role_arn=role_arn,
        region=caller.region,
        input=given,
        started_ms=service.clock.now_ms(),
        token_of=lambda branch, attempt: uuid.uuid4().hex,
        activity_exists=lambda arn: True,
        time_s_max=service.limits.express_s_max,
    )
    limits = replace(service.limits, blob_bytes_min=1 << 62)
    return TestedExecution(tested.machine, tested.state, facts, limits, setup)


def _live(service: Service, caller: Caller, tested: Tested, run: TestedExecution) -> Live:
    facts, at_ms = run.facts, run.facts.started_ms
    key = new_id(at_ms, service.runtime.dice)
    row = StateMachineRow(key, caller.account, caller.region, facts.machine_name, "EXPRESS", "ACTIVE", at_ms)
    revision = RevisionRow(key, 1, None, b"", facts.role_arn, b"{}", at_ms)
    return Live(key, Machine(row, revision, tested.machine, facts.machine_arn), run)


def _answering(service: Service, run: TestedExecution, work: MapWork | None) -> Answer:
    """Who answers the commands of a tested state: its mock, or else the world."""

    def answer(command: Command) -> list[Event] | Awaitable[list[Event]] | None:
        if work is None or not isinstance(command, StartMapRun):
            return run.answer(command)
        work_out = service.runtime.dispatcher.evaluator.work_out
        return work.end(command, service.runtime.dice, run.at_ms, work_out)

    return answer


def _answer(run: TestedExecution, work: MapWork | None, level: str, trace: HttpTrace | None) -> dict[str, Any]:
    answer: dict[str, Any] = {"status": "SUCCEEDED"}
    failure = run.problem or run.failure
    if run.status == "TIMED_OUT":
        failure = Failure(TIMEOUT, None)
    if run.back_off_s is not None:
        answer["status"] = "RETRIABLE"
    elif run.status != "SUCCEEDED":
        answer["status"] = "FAILED"
    elif run.caught is not None:
        answer["status"] = "CAUGHT_ERROR"
    if failure is not None:
        answer.update(error=failure.error, cause=failure.cause)
    if run.status == "SUCCEEDED" and run.output is not None:
        answer["output"] = run.output.text
        answer["next_state"] = None if run.next_state is None else run.next_state.name
    if level != INFO:
        answer["inspection_data"] = {**inspect(run, work), **(inspect_http(trace) if trace else {})}
    return answer
