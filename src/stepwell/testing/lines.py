"""History events as lines of text, for tables of tests and for cases.

A line is `5<-4 MapStateStarted length=3`: the event's id, the id of the one before it on its thread, the type, and the
details in the order of AWS's model. Time stamps and the `{"truncated": false}` beside payloads are left out.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from stepwell.engine.commands import (
    CancelTask,
    Command,
    EvaluateExpressions,
    MapPlan,
    RedriveMapRun,
    RunTask,
    ScheduleActivity,
    StartMapRun,
    StopMapRun,
    WatchTask,
)
from stepwell.payload import Payload

_PAYLOADS: Final = frozenset(("input", "output", "parameters"))
_BRIEF: Final = ("name", "index", "length", "error")
_HEAD: Final = frozenset(("timestamp", "type", "id", "previousEventId"))


def history_lines(events: Iterable[Mapping[str, Any]]) -> list[str]:
    """All details of each event. Payloads stand as they are, other texts are quoted when they hold blanks."""
    return [_line(event, _full) for event in events]


def brief_lines(events: Iterable[Mapping[str, Any]]) -> list[str]:
    """Only name, index, length and error of each event, without their labels."""
    return [_line(event, _short) for event in events]


def command_lines(commands: Iterable[Command]) -> list[str]:
    """Commands in short: what to do, branch.attempt, and with what."""
    return [_command(command) for command in commands]


def _command(command: Command) -> str:
    if isinstance(command, EvaluateExpressions):
        places = " ".join(f"{question.place}={question.document}" for question in command.questions)
        return f"evaluate {command.branch}.{command.number} {places}"
    task = f"{command.branch}.{command.attempt}"
    match command:
        case StartMapRun():
            return f"start map run {task} {command.state_name} {_plan(command.plan)}"
        case RedriveMapRun():
            return f"redrive map run {task} {command.redrives}"
        case StopMapRun():
            return f"stop map run {task}"
        case RunTask():
            timeout = "" if command.timeout_s is None else f" timeout={command.timeout_s}"
            role = "" if command.credentials_role_arn is None else f" role={command.credentials_role_arn}"
            return f"run {task} {command.state_name} {command.parameters.text}{timeout}{role}"
        case WatchTask():
            return f"watch {task} {command.state_name} {command.submitted.text}"
        case ScheduleActivity():
            return f"queue {task} {command.input.text}"
        case CancelTask():
            return f"cancel {task}" if command.taken else f"unqueue {task}"


def _plan(plan: MapPlan) -> str:
    """What is not as it is without being said."""
    values = {name: getattr(plan, name) for name in plan.__struct_fields__}
    shown = {name: value.text if isinstance(value, Payload) else value for name, value in values.items()}
    return " ".join(f"{name}={value}" for name, value in shown.items() if value or name == "max_concurrency")


def _line(event: Mapping[str, Any], words: Any) -> str:
    head = f"{event['id']}<-{event['previousEventId']} {event['type']}"
    details: dict[str, Any] = {}
    for key, value in event.items():
        if key not in _HEAD:
            details.update(value)
    return " ".join([head, *words(details)])


def _full(details: Mapping[str, Any]) -> list[str]:
    return [f"{key}={_value(key, value)}" for key, value in details.items() if value != {"truncated": False}]


def _short(details: Mapping[str, Any]) -> list[str]:
    return [str(details[key]) for key in _BRIEF if key in details]


def _value(key: str, value: Any) -> str:
    if not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if key in _PAYLOADS or (value and not any(character.isspace() for character in value)):
        return value
    return json.dumps(value, ensure_ascii=False)
