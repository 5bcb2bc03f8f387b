"""Expression processes that outlive the servers of a simulation: to start one costs more than all else in a life.

A virtual server asks them in no time and hears the answer before anything else happens, so nobody can tell.
"""

import atexit
from collections import deque

from stepwell.runtime.evaluator import PROCESSES, Evaluator
from stepwell.runtime.expression_process import ExpressionProcess

_LASTING: deque[ExpressionProcess] = deque()


def lend_processes(evaluator: Evaluator) -> None:
    """Let an evaluator ask the processes that are there already; they do not end with it."""
    if not _LASTING:
        for _ in range(PROCESSES):
            _LASTING.append(ExpressionProcess())
            atexit.register(_LASTING[-1].close)
    evaluator._processes, evaluator._idle = [], _LASTING
