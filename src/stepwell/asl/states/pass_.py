"""Pass: hands its input on, shaped by Parameters or replaced by Result."""

from typing import Final

from stepwell.asl.fields import JSONPATH, Field, Literal, Table
from stepwell.asl.machine import State
from stepwell.asl.paths import Discard
from stepwell.asl.states.rows import BASE, ENDS, LEAVE, PARAMETERS, PATHS, RESULT_PATH
from stepwell.asl.template import Template
from stepwell.payload import Payload
from stepwell.query.jsonpath import ReferencePath


class Pass(State):
    """`result` is literal and wins over `parameters`; `"Result": null` counts as absent (recorded)."""

    __slots__ = ("parameters", "result", "result_path")
    type = "Pass"

    result: Payload | None
    parameters: Template | None
    result_path: ReferencePath | Discard | None


PASS: Final = Table(
    Pass,
    (
        *BASE,
        *LEAVE,
        *PATHS,
        Field("Result", Literal(), "result", language=JSONPATH),
        PARAMETERS,
        RESULT_PATH,
        *ENDS,
    ),
)
Pass.table = PASS
