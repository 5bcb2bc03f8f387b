"""Task: work done outside, with its timeouts, retriers and catchers."""

from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

from stepwell.asl.evaluated import Evaluated, compile_evaluated
from stepwell.asl.fields import JSONPATH, UNREADABLE, Field, Group, Number, Table
from stepwell.asl.flow import TIMEOUT_S_MAX
from stepwell.asl.machine import State
from stepwell.asl.paths import Discard, PathTo
from stepwell.asl.reading import Language, Place
from stepwell.asl.resource import SYNC, Resource, ResourceArn
from stepwell.asl.retry import CATCH, RETRY, Catcher, Retrier
from stepwell.asl.states.rows import (
    ARGUMENTS,
    BASE,
    LEAVE,
    PARAMETERS,
    PATHS,
    RESULT_ENDS,
    RESULT_PATH,
    RESULT_SELECTOR,
)
from stepwell.asl.template import SUFFIX, Template, compile_template
from stepwell.query.intrinsics import Expression
from stepwell.query.jsonata import is_jsonata
from stepwell.query.jsonpath import ReferencePath


class Task(State):
    """At most one of the three timeouts is set, and of the three heartbeats.

    `added_parameters` are those that AWS puts behind the task's own.
    """

    __slots__ = (
        "added_parameters",
        "arguments",
        "catch",
        "credentials",
        "evaluated_heartbeat",
        "evaluated_timeout",
        "heartbeat_path",
        "heartbeat_s",
        "parameters",
        "resource",
        "result_path",
        "result_selector",
        "retry",
        "timeout_path",
        "timeout_s",
    )
    type = "Task"

    resource: Resource
    added_parameters: Mapping[str, Any] | None
    parameters: Template | None
    arguments: Evaluated | None
    result_selector: Template | None
    result_path: ReferencePath | Discard | None
    timeout_s: int | None
    timeout_path: Expression | None
    evaluated_timeout: Evaluated | None
    heartbeat_s: int | None
    heartbeat_path: Expression | None
    evaluated_heartbeat: Evaluated | None
    credentials: Template | Evaluated | None
    retry: tuple[Retrier, ...]
    catch: tuple[Catcher, ...]


class Credentials(Struct, frozen=True):
    """A template that must give a RoleArn (recorded)."""

    def read(self, value: Any, place: Place) -> Any:
        is_path = place.language is Language.JSONPATH
        if isinstance(value, dict):
            if "RoleArn" not in value and not (is_path and "RoleArn" + SUFFIX in value):
                place.report("The field 'RoleArn' is required but was missing")
                return UNREADABLE
            if not isinstance(value.get("RoleArn", ""), str):
                place.at("RoleArn").report("Expected value of type String")
                return UNREADABLE
        elif is_path or not is_jsonata(value):
            place.report("Expected value of type Object")
            return UNREADABLE
        return compile_template(value, place) if is_path else compile_evaluated(value, place)

    def describe(self) -> str:
        return "payload template with RoleArn"


# Parameters that AWS refuses for some integrations (recorded for both spellings, with and without `.$`)
REFUSED_PARAMETERS: Final = {("ecs", "runTask", SYNC): ("Count", "StartedBy")}
# What AWS adds to the parameters of some, behind those of the task and to be seen in the history (recorded)
_ADDED_PARAMETERS: Final = {("ecs", "runTask", SYNC): {"StartedBy": "AWS Step Functions"}}


def _check_task(task: Task, value: Mapping[str, Any], place: Place) -> None:
    if task.timeout_s is not None and task.heartbeat_s is not None and task.heartbeat_s >= task.timeout_s:
        place.report("'HeartbeatSeconds' must be smaller than 'TimeoutSeconds'")
    resource = task.resource
    if resource is None:
        return
    task.added_parameters = _ADDED_PARAMETERS.get((resource.service, resource.action, resource.pattern))
    for field in ("Parameters", "Arguments"):
        given = value.get(field)
        for name in REFUSED_PARAMETERS.get((resource.service, resource.action, resource.pattern), ()):
            if isinstance(given, dict) and (name in given or name + SUFFIX in given):
                place.at(field).report(f"The field '{name}' is not supported by Step Functions")


TIMEOUT: Final = Group("timeout")
HEARTBEAT: Final = Group("heartbeat")
SECONDS: Final = Number(1, TIMEOUT_S_MAX, whole=True)
REFERENCE: Final = PathTo(definite=True)

TASK: Final = Table(
    Task,
    (
        *BASE,
        Field("Resource", ResourceArn(), "resource", required=True),
        *LEAVE,
        *PATHS,
        PARAMETERS,
        ARGUMENTS,
        RESULT_SELECTOR,
        RESULT_PATH,
        Field("TimeoutSeconds", SECONDS, "timeout_s", group=TIMEOUT, evaluable="evaluated_timeout"),
        Field("TimeoutSecondsPath", REFERENCE, "timeout_path", group=TIMEOUT, language=JSONPATH),
        Field("HeartbeatSeconds", SECONDS, "heartbeat_s", group=HEARTBEAT, evaluable="evaluated_heartbeat"),
        Field("HeartbeatSecondsPath", REFERENCE, "heartbeat_path", group=HEARTBEAT, language=JSONPATH),
        Field("Credentials", Credentials(), "credentials"),
        RETRY,
        CATCH,
        *RESULT_ENDS,
    ),
    _check_task,
)
Task.table = TASK
