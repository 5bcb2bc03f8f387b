"""After which ends a job is tried again."""

import pytest

from stepwell.integrations.containers.attempts import TIMED_OUT, read_strategy
from stepwell.integrations.containers.runner import Exit

OUT_OF_MEMORY = Exit(137, "OutOfMemoryError: Container killed due to memory usage")


def strategy(*rules, attempts=3):
    named = [dict(zip(("OnExitCode", "OnReason", "OnStatusReason", "Action"), rule, strict=True)) for rule in rules]
    given = [{name: value for name, value in rule.items() if value is not None} for rule in named]
    return read_strategy({"Attempts": attempts, "EvaluateOnExit": given})


@pytest.mark.parametrize(
    "rules, end, again",
    [
        ([], Exit(1), True),
        ([], Exit(0), False),
        ([], Exit(0, TIMED_OUT), True),
        ([], None, False),
        ([("7", None, None, "EXIT")], Exit(7), False),
        ([("7", None, None, "EXIT")], Exit(77), True),  # what no rule is for is tried again
        ([("1*", None, None, "RETRY"), ("*", None, None, "EXIT")], Exit(137), True),
        ([("1*", None, None, "RETRY"), ("*", None, None, "exit")], Exit(2), False),
        ([(None, "OutOfMemoryError:*", None, "RETRY"), (None, "*", None, "EXIT")], OUT_OF_MEMORY, True),
        ([("1", "OutOfMemoryError:*", None, "RETRY"), ("*", None, None, "EXIT")], OUT_OF_MEMORY, False),
        ([(None, None, "Essential*", "EXIT")], Exit(1), False),
        ([(None, None, "Host EC2*", "RETRY"), (None, "*", None, "EXIT")], Exit(None, "CannotStart"), False),
    ],
)
def test_rules(rules, end, again):
    assert strategy(*rules).tries_again(1, end) is again


def test_attempts_end():
    assert strategy(attempts=2).tries_again(1, Exit(1))
    assert not strategy(attempts=2).tries_again(2, Exit(1))
    assert not read_strategy(None).tries_again(1, Exit(1))
