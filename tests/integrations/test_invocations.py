"""Which calls of functions a visit made, and what each of them printed."""

from stepwell.functions.pool import FunctionPool, PoolLimits
from stepwell.integrations.aws_lambda import LambdaIntegration
from stepwell.integrations.invocations import Invocations
from stepwell.integrations.lambda_local import LocalInvoker
from tests.integrations.fakes import a_call

EXECUTION = a_call("lambda", "invoke", {}).execution_arn
TALKS = "def handler(event, context):\n    for number in range(event):\n        print(context.aws_request_id, number)\n"


def a_visit(entered_id, parameters=None):
    return a_call("lambda", "invoke", parameters or {}, entered_id=entered_id)


def test_calls_are_found_by_their_visit():
    invocations = Invocations()
    for request_id, entered_id, name in (
        ("one", 2, "charge"),
        ("two", 2, "arn:aws:lambda:us-east-1:000000000000:function:charge:live"),
        ("three", 9, "charge"),
        ("four", 2, "no/name"),
    ):
        invocations.put(a_visit(entered_id), name, request_id)
    assert [(one.request_id, one.function) for one in invocations.of(EXECUTION, 2)] == [
        ("one", "charge"),
        ("two", "charge"),
    ]
    assert [one.request_id for one in invocations.of(EXECUTION, 9)] == ["three"]
    assert invocations.of(EXECUTION, 3) == invocations.of("another", 2) == ()


def test_the_oldest_calls_are_forgotten():
    invocations = Invocations(kept_max=2)
    for request_id, entered_id in (("one", 2), ("two", 9), ("three", 2), ("four", 2)):
        invocations.put(a_visit(entered_id), "charge", request_id)
    assert invocations.of(EXECUTION, 9) == ()
    assert [one.request_id for one in invocations.of(EXECUTION, 2)] == ["three", "four"]


def test_functions_elsewhere_print_elsewhere():
    invocations = Invocations()
    invocations.put(a_visit(2), "charge", "one")
    [call] = invocations.of(EXECUTION, 2)
    assert invocations.printout(call) is None


async def test_what_a_call_printed_is_told_apart_and_a_lost_line_is_known(tmp_path):
    (tmp_path / "talks.py").write_text(TALKS)
    pool = FunctionPool(tmp_path, limits=PoolLimits(log_lines_max=5))
    invocations = Invocations(pool)
    integration = LambdaIntegration(LocalInvoker(pool, invocations))

    async def told(entered_id, lines):
        await integration.perform(a_visit(entered_id, {"FunctionName": "talks", "Payload": lines}))
        [call] = invocations.of(EXECUTION, entered_id)
        return call, invocations.printout(call)

    try:
        call, printed = await told(2, 3)
        assert [line.text for line in printed.lines] == [f"{call.request_id} {number}" for number in range(3)]
        assert printed.is_complete
        _, printed = await told(7, 9)
        assert len(printed.lines) == 5 and not printed.is_complete
        assert invocations.printout(call) == ((), False)
    finally:
        await pool.close()
