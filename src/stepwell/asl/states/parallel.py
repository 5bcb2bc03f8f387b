"""Parallel: several branches at once, their outputs joined in branch order."""

from typing import Final

from stepwell.asl.evaluated import Evaluated
from stepwell.asl.fields import Field, ListOf, Table
from stepwell.asl.flow import FlowOf, flow_fields
from stepwell.asl.machine import Flow, State
from stepwell.asl.paths import Discard
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
from stepwell.asl.template import Template
from stepwell.query.jsonpath import ReferencePath


class Parallel(State):
    """Every branch gets the effective input."""

    __slots__ = ("arguments", "branches", "catch", "parameters", "result_path", "result_selector", "retry")
    type = "Parallel"

    branches: tuple[Flow, ...]
    parameters: Template | None
    arguments: Evaluated | None
    result_selector: Template | None
    result_path: ReferencePath | Discard | None
    retry: tuple[Retrier, ...]
    catch: tuple[Catcher, ...]


BRANCH: Final = Table(Flow, flow_fields())

PARALLEL: Final = Table(
    Parallel,
    (
        *BASE,
        Field("Branches", ListOf(FlowOf(BRANCH), items_min=1), "branches", required=True, default=()),
        *LEAVE,
        *PATHS,
        PARAMETERS,
        ARGUMENTS,
        RESULT_SELECTOR,
        RESULT_PATH,
        RETRY,
        CATCH,
        *RESULT_ENDS,
    ),
)
Parallel.table = PARALLEL
