"""Which events are logged at which level. (AWS's table of log levels.)"""

import json

import pytest

from stepwell.engine.history import CODES
from stepwell.runtime.logged import CODES_OF, logged_of

GROUP = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/vendedlogs/states/g:*"


def settings(level, *, data=True, group=GROUP):
    destinations = [{"cloud_watch_logs_log_group": {"log_group_arn": group}}]
    logging = {"level": level, "include_execution_data": data, "destinations": destinations}
    return json.dumps({"logging": logging}).encode()


@pytest.mark.parametrize(
    "name, levels",
    [
        ("ExecutionStarted", "ALL"),
        ("PassStateEntered", "ALL"),
        ("TaskSubmitted", "ALL"),
        ("MapRunStarted", "ALL"),
        ("FailStateEntered", "ALL ERROR"),
        ("TaskFailed", "ALL ERROR"),
        ("TaskTimedOut", "ALL ERROR"),
        ("TaskStartFailed", "ALL ERROR"),
        ("TaskSubmitFailed", "ALL ERROR"),
        ("LambdaFunctionScheduleFailed", "ALL ERROR"),
        ("LambdaFunctionTimedOut", "ALL ERROR"),
        ("ActivityFailed", "ALL ERROR"),
        ("MapIterationAborted", "ALL ERROR"),
        ("MapRunFailed", "ALL ERROR"),
        ("WaitStateAborted", "ALL ERROR"),
        ("ExecutionFailed", "ALL ERROR FATAL"),
        ("ExecutionTimedOut", "ALL ERROR FATAL"),
        ("ExecutionAborted", "ALL ERROR FATAL"),
        ("ExecutionSucceeded", "ALL"),
    ],
)
def test_levels(name, levels):
    assert [level for level, codes in CODES_OF.items() if CODES[name] in codes] == levels.split()


def test_settings_that_ask_for_logs():
    logged = logged_of(settings("FATAL", data=False))
    assert (logged.include_data, logged.group) == (False, GROUP)
    assert logged.wants([(CODES["ExecutionStarted"], 0), (CODES["ExecutionFailed"], 1)])
    assert not logged.wants([(CODES["ExecutionStarted"], 0), (CODES["ExecutionSucceeded"], 1)])


@pytest.mark.parametrize("given", [b"{}", settings("OFF"), b'{"logging":{"level":"OFF"}}'])
def test_settings_that_do_not(given):
    assert logged_of(given) is None
