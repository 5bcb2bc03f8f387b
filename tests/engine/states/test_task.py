"""Task: the events of its four families, its data flow, its clocks, and who may answer it. (Sequences recorded.)"""

from dataclasses import replace
from typing import Any

import pytest

from stepwell.limits import AWS
from stepwell.testing.player import START_MS
from tests.engine.machines import ACTIVITY, INVOKE, LAMBDA, SYNC, TOKEN, catch, fail, flow, pass_, retry, task
from tests.engine.player import (
    accepted,
    beat,
    brief,
    commands,
    failed,
    full,
    ok,
    play,
    same,
    stop,
    submitted,
    taken,
    time_,
)

HEAD = "1<-0 ExecutionStarted\n2<-0 TaskStateEntered T\n"


@pytest.mark.parametrize("pattern, added", [(".sync", ',"StartedBy":"AWS Step Functions"'), ("", "")])
def test_what_is_added_to_parameters_is_in_the_history(pattern: str, added: str) -> None:
    resource = f"arn:aws:states:::ecs:runTask{pattern}"
    player = play(flow(T=task(resource, Parameters={"TaskDefinition": "d", "Cluster.$": "$.c"})), {"c": "x"})
    assert f'parameters={{"TaskDefinition":"d","Cluster":"x"{added}}} ' in f"{full(player)} ".replace("\n", " ")
    assert player.commands[0].parameters.text == f'{{"TaskDefinition":"d","Cluster":"x"{added}}}'


def test_lambda() -> None:
    player = play(flow(T=task(LAMBDA, TimeoutSeconds=9)), {"a": 1}, (10, ok(1, text='{ "r" : 1.50 }')))
    same(
        full(player),
        f"""
        1<-0 ExecutionStarted input={{"a":1}} roleArn=arn:aws:iam::123456789012:role/stepwell
        2<-0 TaskStateEntered name=T input={{"a":1}}
        3<-2 LambdaFunctionScheduled resource={LAMBDA} input={{"a":1}} timeoutInSeconds=9
        4<-3 LambdaFunctionStarted
        5<-4 LambdaFunctionSucceeded output={{ "r" : 1.50 }}
        6<-5 TaskStateExited name=T output={{ "r" : 1.50 }}
        7<-6 ExecutionSucceeded output={{ "r" : 1.50 }}
        """,
    )
    assert commands(player) == ['run 0.1 T {"a":1} timeout=9']


def test_service() -> None:
    made = flow(T=task(INVOKE, Parameters={"p.$": "$.a"}, HeartbeatSeconds=2, TimeoutSeconds=3))
    same(
        full(play(made, {"a": 1}, (10, ok(1, {"r": 1})))),
        """
        1<-0 ExecutionStarted input={"a":1} roleArn=arn:aws:iam::123456789012:role/stepwell
        2<-0 TaskStateEntered name=T input={"a":1}
        3<-2 TaskScheduled resourceType=lambda resource=invoke region=us-east-1 parameters={"p":1} timeoutInSeconds=3 heartbeatInSeconds=2
        4<-3 TaskStarted resourceType=lambda resource=invoke
        5<-4 TaskSucceeded resourceType=lambda resource=invoke output={"r":1}
        6<-5 TaskStateExited name=T output={"r":1}
        7<-6 ExecutionSucceeded output={"r":1}
        """,
    )


def test_sync() -> None:
    player = play(flow(T=task(SYNC)), {"a": 1}, (10, submitted(1, {"ExecutionArn": "x"})), (20, ok(1, {"r": 1})))
    same(
        full(player),
        """
        1<-0 ExecutionStarted input={"a":1} roleArn=arn:aws:iam::123456789012:role/stepwell
        2<-0 TaskStateEntered name=T input={"a":1}
        3<-2 TaskScheduled resourceType=states resource=startExecution.sync:2 region=us-east-1 parameters={"a":1}
        4<-3 TaskStarted resourceType=states resource=startExecution.sync:2
        5<-4 TaskSubmitted resourceType=states resource=startExecution.sync:2 output={"ExecutionArn":"x"}
        6<-5 TaskSucceeded resourceType=states resource=startExecution.sync:2 output={"r":1}
        7<-6 TaskStateExited name=T output={"r":1}
        8<-7 ExecutionSucceeded output={"r":1}
        """,
    )
    assert commands(player) == ['run 0.1 T {"a":1}', 'watch 0.1 T {"ExecutionArn":"x"}']


def test_token() -> None:
    made = flow(T=task(TOKEN, Parameters={"t.$": "$$.Task.Token"}))
    player = play(made, {}, (10, submitted(1, {"MessageId": "m"})), (20, ok(1, text='"done"')))
    same(
        full(player),
        """
        1<-0 ExecutionStarted input={} roleArn=arn:aws:iam::123456789012:role/stepwell
        2<-0 TaskStateEntered name=T input={}
        3<-2 TaskScheduled resourceType=sqs resource=sendMessage.waitForTaskToken region=us-east-1 parameters={"t":"token-0-1"}
        4<-3 TaskStarted resourceType=sqs resource=sendMessage.waitForTaskToken
        5<-4 TaskSubmitted resourceType=sqs resource=sendMessage.waitForTaskToken output={"MessageId":"m"}
        6<-5 TaskSucceeded resourceType=sqs resource=sendMessage.waitForTaskToken output="done"
        7<-6 TaskStateExited name=T output="done"
        8<-7 ExecutionSucceeded output="done"
        """,
    )
    assert commands(player) == ['run 0.1 T {"t":"token-0-1"}']


def test_a_retry_gets_a_new_token_and_new_parameters() -> None:
    made = flow(T=task(TOKEN, Parameters={"t.$": "$$.Task.Token", "n.$": "$$.State.RetryCount"}, Retry=[retry()]))
    player = play(made, {}, (0, submitted(1)), (0, failed(1)), (1_000, time_()))
    assert commands(player) == ['run 0.1 T {"t":"token-0-1","n":0}', 'run 0.2 T {"t":"token-0-2","n":1}']


def test_a_worker_may_be_faster_than_the_call_that_gave_it_the_token() -> None:
    player = play(flow(T=task(TOKEN)), {}, (10, ok(1, 1)), (20, submitted(1)))
    assert accepted(player) == [True, True, False]
    assert "5<-4 TaskSucceeded" in brief(player)


def test_activity() -> None:
    made = flow(T=task(ACTIVITY, TimeoutSeconds=9, HeartbeatSeconds=5))
    player = play(made, {"a": 1}, (10, taken(1, "w1")), (20, ok(1, {"r": 1})))
    same(
        full(player),
        f"""
        1<-0 ExecutionStarted input={{"a":1}} roleArn=arn:aws:iam::123456789012:role/stepwell
        2<-0 TaskStateEntered name=T input={{"a":1}}
        3<-2 ActivityScheduled resource={ACTIVITY} input={{"a":1}} timeoutInSeconds=9 heartbeatInSeconds=5
        4<-3 ActivityStarted workerName=w1
        5<-4 ActivitySucceeded output={{"r":1}}
        6<-5 TaskStateExited name=T output={{"r":1}}
        7<-6 ExecutionSucceeded output={{"r":1}}
        """,
    )
    assert commands(player) == ['queue 0.1 {"a":1}']


def test_activity_worker_without_a_name() -> None:
    assert "4<-3 ActivityStarted\n" in full(play(flow(T=task(ACTIVITY)), {}, (1, taken(1)), (2, ok(1))))


def test_activity_that_does_not_exist() -> None:
    player = play(flow(T=task(ACTIVITY, Catch=[catch("A")]), A=pass_()), {}, activity_exists=lambda arn: False)
    assert brief(player) == HEAD + "3<-2 ExecutionFailed States.Runtime"
    assert player.execution.failure is not None
    assert (player.execution.failure.cause or "").endswith(f"The activity {ACTIVITY} does not exist.")
    assert commands(player) == []


@pytest.mark.parametrize(
    "resource, stage, line",
    [
        (LAMBDA, "run", "5<-4 LambdaFunctionFailed error=E cause=why"),
        (LAMBDA, "schedule", "5<-4 LambdaFunctionScheduleFailed error=E cause=why"),
        (LAMBDA, "start", "5<-4 LambdaFunctionStartFailed error=E cause=why"),
        (LAMBDA, "submit", "5<-4 LambdaFunctionFailed error=E cause=why"),
        (INVOKE, "run", "5<-4 TaskFailed resourceType=lambda resource=invoke error=E cause=why"),
        (INVOKE, "schedule", "5<-4 TaskFailed resourceType=lambda resource=invoke error=E cause=why"),
        (INVOKE, "start", "5<-4 TaskStartFailed resourceType=lambda resource=invoke error=E cause=why"),
        (SYNC, "submit", "5<-4 TaskSubmitFailed resourceType=states resource=startExecution.sync:2 error=E cause=why"),
        (ACTIVITY, "schedule", "4<-3 ActivityScheduleFailed error=E cause=why"),
    ],
)
def test_stages_of_failure(resource: str, stage: str, line: str) -> None:
    *_, task_line, end = full(play(flow(T=task(resource)), {}, (1, failed(1, "E", "why", stage)))).splitlines()
    number = line.partition("<")[0]
    assert (task_line, end) == (line, f"{int(number) + 1}<-{number} ExecutionFailed error=E cause=why")


@pytest.mark.parametrize("stage, line", [("run", "ActivityFailed"), ("start", "ActivityFailed")])
def test_failure_of_a_taken_activity(stage: str, line: str) -> None:
    player = play(flow(T=task(ACTIVITY)), {}, (1, taken(1)), (2, failed(1, None, None, stage)))
    assert full(player).splitlines()[-2:] == [f"5<-4 {line}", "6<-5 ExecutionFailed"]


# Data flow


@pytest.mark.parametrize(
    "fields, asked, output",
    [
        ({}, {"i": {"x": 1}}, {"r": [1]}),
        ({"InputPath": "$.i"}, {"x": 1}, {"r": [1]}),
        ({"InputPath": None}, {}, {"r": [1]}),
        ({"InputPath": "$.i", "Parameters": {"p.$": "$.x"}}, {"p": 1}, {"r": [1]}),
        ({"ResultPath": None}, {"i": {"x": 1}}, {"i": {"x": 1}}),
        ({"InputPath": "$.i", "ResultPath": "$.o"}, {"x": 1}, {"i": {"x": 1}, "o": {"r": [1]}}),
        ({"ResultPath": "$.i.deep.er"}, {"i": {"x": 1}}, {"i": {"x": 1, "deep": {"er": {"r": [1]}}}}),
        ({"ResultSelector": {"n.$": "$.r[0]"}}, {"i": {"x": 1}}, {"n": 1}),
        ({"ResultSelector": {"n.$": "$.r"}, "ResultPath": "$.o"}, {"i": {"x": 1}}, {"i": {"x": 1}, "o": {"n": [1]}}),
        ({"ResultPath": "$.o", "OutputPath": "$.o.r"}, {"i": {"x": 1}}, [1]),
        ({"OutputPath": None}, {"i": {"x": 1}}, {}),
        ({"ResultSelector": {"s.$": "$$.State.Name"}}, {"i": {"x": 1}}, {"s": "T"}),
    ],
)
@pytest.mark.parametrize("resource", [LAMBDA, INVOKE])
def test_data_flow(resource: str, fields: dict[str, Any], asked: Any, output: Any) -> None:
    player = play(flow(T=task(resource, **fields)), {"i": {"x": 1}}, (1, ok(1, {"r": [1]})))
    command = player.commands[0]
    assert (command.parameters.value, player.output) == (asked, output)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "fields",
    [{"ResultSelector": {"x.$": "$.no"}}, {"OutputPath": "$.no"}],
)
def test_runtime_trouble_after_success_is_final(fields: dict[str, Any]) -> None:
    made = flow(T=task(LAMBDA, Retry=[retry()], Catch=[catch("A")], **fields), A=pass_())
    player = play(made, {}, (1, ok(1)))
    assert brief(player) == HEAD + (
        "3<-2 LambdaFunctionScheduled\n4<-3 LambdaFunctionStarted\n"
        "5<-4 LambdaFunctionSucceeded\n6<-5 ExecutionFailed States.Runtime"
    )


@pytest.mark.parametrize("fields", [{"InputPath": "$.no"}, {"Parameters": {"x.$": "$.no"}}])
def test_runtime_trouble_before_the_attempt(fields: dict[str, Any]) -> None:
    player = play(flow(T=task(Catch=[catch("A")], **fields), A=pass_()), {})
    assert brief(player) == HEAD + "3<-2 ExecutionFailed States.Runtime"
    assert commands(player) == []


def test_conflict_of_result_path_may_be_caught() -> None:
    made = flow(T=task(LAMBDA, ResultPath="$.n.x", Catch=[catch("A", ResultPath="$.e")]), A=pass_())
    player = play(made, {"n": 4}, (1, ok(1)))
    assert brief(player).splitlines()[4:7] == [
        "5<-4 LambdaFunctionSucceeded",
        "6<-5 TaskStateExited T",
        "7<-6 PassStateEntered A",
    ]
    assert player.output["e"]["Error"] == "States.ReferencePathConflict"


# Credentials


def test_credentials_see_the_input_not_the_parameters() -> None:
    made = flow(T=task(Credentials={"RoleArn.$": "$.role"}, Parameters={"p": 1}))
    player = play(made, {"role": "arn:r"})
    assert commands(player) == ['run 0.1 T {"p":1} role=arn:r']
    assert full(player).splitlines()[2].endswith('parameters={"p":1} taskCredentials={"roleArn": "arn:r"}')


def test_literal_credentials_of_a_lambda() -> None:
    made = flow(T=task(LAMBDA, Credentials={"RoleArn": "arn:aws:iam::123456789012:role/x"}))
    assert (
        full(play(made, {}))
        .splitlines()[2]
        .endswith('input={} taskCredentials={"roleArn": "arn:aws:iam::123456789012:role/x"}')
    )


def test_credentials_without_a_role() -> None:
    player = play(flow(T=task(Credentials={"RoleArn.$": "$.role"})), {"role": 5})
    assert brief(player) == HEAD + "3<-2 ExecutionFailed States.Runtime"


# Clocks


@pytest.mark.parametrize(
    "fields, given, due_ms",
    [
        ({"TimeoutSeconds": 5}, {}, 5_000),
        ({"HeartbeatSeconds": 2, "TimeoutSeconds": 5}, {}, 2_000),
        ({"HeartbeatSeconds": 2}, {}, 2_000),
        ({"TimeoutSecondsPath": "$.t"}, {"t": 7}, 7_000),
        ({"TimeoutSecondsPath": "$.t"}, {"t": "7"}, 7_000),
        ({"TimeoutSecondsPath": "$.t", "HeartbeatSecondsPath": "$.h"}, {"t": 7, "h": 3}, 3_000),
        ({"TimeoutSecondsPath": "$.t", "InputPath": "$.i", "Parameters": {}}, {"i": {"t": 4}}, 4_000),
        ({"TimeoutSecondsPath": "$.t"}, {"t": 10**12}, 99_999_999_000),
        ({}, {}, None),
    ],
)
@pytest.mark.parametrize("resource", [LAMBDA, INVOKE, SYNC, TOKEN])
def test_due_time(resource: str, fields: dict[str, Any], given: Any, due_ms: int | None) -> None:
    made = flow(T=task(resource, **fields))
    assert play(made, given).due_ms == due_ms
    if due_ms is not None:
        patient = replace(AWS, execution_s_max=200_000_000)
        player = play(made, given, (due_ms - 1, time_()), (due_ms, time_()), (due_ms + 1, ok(1)), limits=patient)
        assert accepted(player) == [True, False, True, False]
        assert player.execution.failure == ("States.Timeout", None)
        assert player.execution.stopped_ms == START_MS + due_ms
        assert commands(player)[1:] == ["cancel 0.1"]


@pytest.mark.parametrize(
    "given, cause",
    [
        ({"t": 0}, "The TimeoutSecondsPath parameter references a negative value: $.t == 0"),
        ({"t": -3}, "The TimeoutSecondsPath parameter references a negative value: $.t == -3"),
        ({"t": 1.5}, "The TimeoutSecondsPath parameter cannot be parsed as a long value: $.t == 1.5"),
        ({"t": "x"}, "The TimeoutSecondsPath parameter cannot be parsed as a long value: $.t == x"),
        ({}, "Invalid path '$.t' : No results for path: $['t']"),
    ],
)
def test_no_time(given: Any, cause: str) -> None:
    player = play(flow(T=task(TimeoutSecondsPath="$.t")), given)
    assert brief(player) == HEAD + "3<-2 ExecutionFailed States.Runtime"
    assert player.execution.failure is not None
    assert (player.execution.failure.cause or "").endswith(cause)


def test_timeout_of_a_submitted_job_gives_the_job_up() -> None:
    player = play(flow(T=task(SYNC, TimeoutSeconds=5)), {}, (1, submitted(1, {"j": 1})), (5_000, time_()))
    assert brief(player).splitlines()[-2:] == [
        "6<-5 TaskTimedOut States.Timeout",
        "7<-6 ExecutionFailed States.Timeout",
    ]
    assert commands(player) == ["run 0.1 T {} timeout=5", 'watch 0.1 T {"j":1}', "cancel 0.1"]


def test_heartbeats_move_the_clock_up_to_the_deadline() -> None:
    made = flow(T=task(TOKEN, TimeoutSeconds=10, HeartbeatSeconds=4))
    steps = [
        (1, submitted(1)),
        (3_999, beat(1)),
        (4_000, time_()),
        (7_998, beat(1)),
        (9_999, time_()),
        (10_000, time_()),
    ]
    player = play(made, {}, *steps)
    assert accepted(player) == [True, True, True, False, True, False, True]
    assert player.execution.failure == ("States.Timeout", None)


@pytest.mark.parametrize("late_ms, alive", [(-1, True), (0, False), (1, False)])
def test_missed_heartbeat(late_ms: int, alive: bool) -> None:
    made = flow(T=task(TOKEN, HeartbeatSeconds=4))
    player = play(made, {}, (1, submitted(1)), (1_000, beat(1)), (5_000 + late_ms, time_()))
    assert (player.status == "RUNNING") is alive
    if not alive:
        assert full(player).splitlines()[-2:] == [
            "6<-5 TaskTimedOut resourceType=sqs resource=sendMessage.waitForTaskToken error=States.Timeout",
            "7<-6 ExecutionFailed error=States.Timeout",
        ]


def test_a_heartbeat_is_written_when_a_quarter_of_its_period_has_passed() -> None:
    made = flow(T=task(TOKEN, HeartbeatSeconds=4))
    player = play(made, {}, (0, submitted(1)), (999, beat(1)), (1_000, beat(1)), (1_999, beat(1)), (2_000, beat(1)))
    assert [d.worth_a_commit for d in player.decisions] == [True, True, False, True, False, True]
    assert [sorted(d.touched) for d in player.decisions][2:] == [[], [0], [], [0]]
    assert player.due_ms == 6_000


def test_heartbeat_of_a_task_without_heartbeats() -> None:
    player = play(flow(T=task(TOKEN)), {}, (1, submitted(1)), (2, beat(1)))
    assert (accepted(player)[-1], player.decisions[-1].worth_a_commit, player.due_ms) == (True, False, None)


@pytest.mark.parametrize(
    "fields, at_ms, names",
    [
        ({"TimeoutSeconds": 10, "HeartbeatSeconds": 4}, 4_000, "heartbeat"),
        ({"TimeoutSeconds": 10, "HeartbeatSeconds": 4}, 60_000, "heartbeat"),  # noticed after the deadline
        ({"HeartbeatSeconds": 4}, 4_000, "heartbeat"),
        ({"TimeoutSeconds": 10}, 10_000, "timeout"),
    ],
)
def test_which_name_matches(fields: dict[str, Any], at_ms: int, names: str) -> None:
    catchers = [catch("H", "States.HeartbeatTimeout"), catch("X", "States.Timeout")]
    made = flow(T=task(TOKEN, Catch=catchers, **fields), N=pass_(End=True), H=pass_(End=True), X=pass_(End=True))
    player = play(made, {}, (at_ms, time_()))
    assert brief(player).splitlines()[-2].endswith("H" if names == "heartbeat" else "X")
    assert player.output == {"Error": "States.Timeout", "Cause": ""}


# Activities: the queue, the worker, their clocks


def test_untaken_activity_times_out_after_a_grace() -> None:
    made = flow(
        T=task(ACTIVITY, TimeoutSeconds=3, HeartbeatSeconds=1, Catch=[catch("H", "States.HeartbeatTimeout")]), H=pass_()
    )
    limits = replace(AWS, activity_start_grace_ms=5_000)
    player = play(made, {}, (7_999, time_()), (8_000, time_()), (8_001, taken(1)), limits=limits)
    assert accepted(player) == [True, False, True, False]
    same(
        brief(player),
        """
        1<-0 ExecutionStarted
        2<-0 TaskStateEntered T
        3<-2 ActivityScheduled
        4<-3 ActivityTimedOut States.Timeout
        5<-4 ExecutionFailed States.Timeout
        """,
    )
    assert commands(player) == ["queue 0.1 {}", "unqueue 0.1"]


def test_the_clock_of_an_activity_begins_when_it_is_taken() -> None:
    made = flow(T=task(ACTIVITY, TimeoutSeconds=3))
    player = play(made, {}, (4_000, taken(1)), (6_999, time_()), (6_999, ok(1)))
    assert player.status == "SUCCEEDED"
    assert play(made, {}, (4_000, taken(1)), (7_000, time_())).execution.failure == ("States.Timeout", None)


def test_heartbeats_of_an_activity() -> None:
    made = flow(T=task(ACTIVITY, HeartbeatSeconds=2))
    assert play(made, {}).due_ms is None
    player = play(made, {}, (1, beat(1)), (9_000, taken(1)), (10_000, beat(1)), (11_999, time_()), (12_000, time_()))
    assert accepted(player) == [True, False, True, True, False, True]
    assert commands(player) == ["queue 0.1 {}", "cancel 0.1"]


def test_nobody_answers_a_task_that_nobody_took() -> None:
    player = play(flow(T=task(ACTIVITY)), {}, (1, ok(1)), (2, failed(1)), (3, beat(1)), (4, submitted(1)))
    assert accepted(player) == [True, False, False, False, False]


def test_taken_twice() -> None:
    player = play(flow(T=task(ACTIVITY)), {}, (1, taken(1, "a")), (2, taken(1, "b")), (3, submitted(1)))
    assert accepted(player) == [True, True, False, False]


# Who may answer


@pytest.mark.parametrize("resource", [LAMBDA, INVOKE, SYNC, TOKEN])
def test_late_and_repeated_answers_change_nothing(resource: str) -> None:
    made = flow(T=task(resource, Retry=[retry(IntervalSeconds=5)]), B=task(TOKEN))
    steps = [
        (1, ok(99)),
        (1, failed(0)),
        (2, failed(1)),
        (3, ok(1)),
        (3, failed(1)),
        (3, submitted(1)),
        (3, beat(1)),
        (5_002, time_()),
        (5_003, ok(1)),
        (5_004, ok(2)),
        (5_005, ok(2)),
        (5_006, failed(2)),
        (5_007, ok(3)),
        (5_008, stop()),
    ]
    player = play(made, {}, *steps)
    taken_in = [True, False, False, True, False, False, False, False, True, False, True, False, False, True, False]
    assert accepted(player) == taken_in
    assert player.status == "SUCCEEDED"


def test_submitted_twice() -> None:
    player = play(flow(T=task(SYNC)), {}, (1, submitted(1, 1)), (2, submitted(1, 2)))
    assert accepted(player) == [True, True, False]


@pytest.mark.parametrize("resource", [LAMBDA, INVOKE])
def test_only_jobs_and_token_tasks_are_submitted(resource: str) -> None:
    assert accepted(play(flow(T=task(resource)), {}, (1, submitted(1)), (2, ok(1)))) == [True, False, True]


def test_refused_events_leave_time_alone() -> None:
    player = play(flow(T=task(ACTIVITY)), {}, (5_000, ok(9)), (7, taken(1)))
    assert player.events[-1]["timestamp"] == (START_MS + 7) / 1_000


# Size


@pytest.mark.parametrize("resource, source", [(LAMBDA, LAMBDA), (INVOKE, "lambda")])
@pytest.mark.parametrize("more, fits", [(0, True), (1, False)])
def test_size_of_a_result(resource: str, source: str, more: int, fits: bool) -> None:
    made = flow(T=task(resource, Catch=[catch("E")]), S=pass_(End=True), E=pass_(End=True))
    text = '"' + "é" * 131_071 + "x" * more + '"'
    assert len(text.encode()) == 262_144 + more
    player = play(made, {}, (1, ok(1, text=text)))
    assert brief(player).splitlines()[-2].endswith(" S" if fits else " E")
    if not fits:
        assert player.output == {
            "Error": "States.DataLimitExceeded",
            "Cause": f"The state/task '{source}' returned a result with a size exceeding the maximum number of bytes service limit.",
        }


def test_size_of_an_activitys_result() -> None:
    made = flow(T=task(ACTIVITY))
    player = play(made, {}, (1, taken(1)), (2, ok(1, text='"' + "x" * 262_143 + '"')))
    assert brief(player).splitlines()[-2:] == [
        "5<-4 ActivityFailed States.DataLimitExceeded",
        "6<-5 ExecutionFailed States.DataLimitExceeded",
    ]


def test_size_of_the_output_is_final() -> None:
    made = flow(T=task(LAMBDA, ResultPath="$.r", Catch=[catch("E")]), E=fail())
    player = play(made, {"x": "y" * 200_000}, (1, ok(1, "z" * 100_000)))
    assert player.execution.failure == (
        "States.DataLimitExceeded",
        "The state/task 'T' returned a result with a size exceeding the maximum number of bytes service limit.",
    )
    assert brief(player).splitlines()[-2:] == [
        "5<-4 LambdaFunctionSucceeded",
        "6<-5 ExecutionFailed States.DataLimitExceeded",
    ]
