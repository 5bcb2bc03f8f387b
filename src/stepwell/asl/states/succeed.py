"""Succeed: ends its flow with success, whose output is its effective input."""

from typing import Final

from stepwell.asl.fields import Table
from stepwell.asl.machine import State
from stepwell.asl.states.rows import BASE, OUTPUT, PATHS


class Succeed(State):
    """Ends the execution, or only its branch when it stands in one."""

    __slots__ = ()
    type = "Succeed"
    ends = True


SUCCEED: Final = Table(Succeed, (*BASE, *PATHS, OUTPUT))
Succeed.table = SUCCEED
