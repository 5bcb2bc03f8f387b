"""A distributed Map as its parent sees it: one wait. (Order of events and texts recorded.)"""

import json
from random import Random

import pytest

from stepwell.engine.child_ids import child_id, id_of, new_run_id, run_of, second_uuid_of, uuid_of
from stepwell.engine.events import MapRunEnded
from stepwell.payload import Payload
from tests.engine.machines import catch, each, flow, parallel, pass_, retry, task
from tests.engine.player import accepted, brief, commands, delete, failed, full, play, same, stop, time_

CONFIG = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
ONE = {**flow(I=pass_()), "ProcessorConfig": CONFIG}
GET = "arn:aws:states:::s3:getObject"


def spread(**fields):
    return each(ONE, Label="L", **fields)


def done(attempt, output, branch=0):
    return lambda p: MapRunEnded(branch, attempt, Payload.of(output))


def broken(attempt, error="States.ItemReaderFailed", cause="No.", branch=0):
    return lambda p: MapRunEnded(branch, attempt, None, error, cause)


def test_success():
    player = play(flow(M=spread(ItemsPath="$.l")), {"l": [1, 2]}, (5, done(1, [1, 2])))
    [line] = [event for event in player.events if event["type"] == "MapRunStarted"]
    arn = line["mapRunStartedEventDetails"]["mapRunArn"]
    assert ":mapRun:" in arn and "/L:" in arn
    same(
        full(player).replace(arn, "ARN"),
        """
        1<-0 ExecutionStarted input={"l":[1,2]} roleArn=arn:aws:iam::123456789012:role/stepwell
        2<-0 MapStateEntered name=M input={"l":[1,2]}
        3<-2 MapStateStarted length=2
        4<-3 MapRunStarted mapRunArn=ARN
        5<-4 MapRunSucceeded
        6<-5 MapStateSucceeded
        7<-4 MapStateExited name=M output=[1,2]
        8<-7 ExecutionSucceeded output=[1,2]
        """,
    )
    assert commands(player) == ["start map run 0.1 M max_concurrency=0 items=[1,2]"]


def test_blanks_of_the_input_go_when_the_map_is_entered():
    player = play(flow(M=spread()), '["a", 1.0]', (5, done(1, [])))
    inputs = [line.partition("input=")[2] for line in full(player).splitlines()[:2]]
    assert [line.split(" role")[0].strip() for line in inputs] == ['["a", 1.0]', '["a",1.0]']


def test_what_the_run_is_told():
    state = spread(
        ItemReader={
            "Resource": GET,
            "ReaderConfig": {"InputType": "JSON", "MaxItemsPath": "$.n"},
            "Parameters": {"Bucket.$": "$.b", "Key": "k"},
        },
        ItemSelector={"v.$": "$$.Map.Item.Value"},
        ItemBatcher={"MaxItemsPerBatchPath": "$.n", "BatchInput": {"n.$": "$.n"}},
        ResultWriter={"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket.$": "$.b"}},
        MaxConcurrencyPath="$.n",
        ToleratedFailureCountPath="$.n",
        ToleratedFailurePercentagePath="$.p",
    )
    [line] = commands(play(flow(M=state), {"n": 3, "b": "bucket", "p": 1.5}))
    context = line[line.index(" context=") : line.index(" batch_items=")]
    assert '"State":{"Name":"M"' in context
    assert line.replace(context, "") == (
        'start map run 0.1 M max_concurrency=3 reader={"Key":"k","Bucket":"bucket"} max_items=3 '
        'given={"n":3,"b":"bucket","p":1.5} batch_items=3 batch_input={"n":3} tolerated_count=3 '
        'tolerated_percentage=1.5 writer={"Bucket":"bucket"}'
    )


def test_the_length_is_0_where_items_are_read():
    place = {"Bucket": "b", "Key": "k"}
    state = spread(ItemReader={"Resource": GET, "ReaderConfig": {"InputType": "JSON"}, "Parameters": place})
    assert "MapStateStarted 0" in brief(play(flow(M=state), [1]))


def test_an_object_is_a_list_of_members():
    player = play(flow(M=spread()), {"a": 1, "b": 2})
    assert "MapStateStarted 2" in brief(player)


def test_failure():
    same(
        brief(play(flow(M=spread()), [], (1, broken(1)))),
        """
        1<-0 ExecutionStarted
        2<-0 MapStateEntered M
        3<-2 MapStateStarted 0
        4<-3 MapRunStarted
        5<-4 MapRunFailed States.ItemReaderFailed
        6<-5 MapStateFailed
        7<-6 ExecutionFailed States.ItemReaderFailed
        """,
    )


def test_retry_starts_a_new_run_and_catch_takes_it():
    state = spread(Retry=[retry("States.ItemReaderFailed", IntervalSeconds=1, MaxAttempts=1)], Catch=[catch("Z")])
    player = play(flow(M=state, Z=pass_()), [], (1, broken(1)), (1_001, time_()), (1_002, broken(2)))
    same(
        brief(player),
        """
        1<-0 ExecutionStarted
        2<-0 MapStateEntered M
        3<-2 MapStateStarted 0
        4<-3 MapRunStarted
        5<-4 MapRunFailed States.ItemReaderFailed
        6<-5 MapStateStarted 0
        7<-6 MapRunStarted
        8<-7 MapRunFailed States.ItemReaderFailed
        9<-8 MapStateFailed
        10<-9 MapStateExited M
        11<-10 PassStateEntered Z
        12<-11 PassStateExited Z
        13<-12 ExecutionSucceeded
        """,
    )
    runs = [event["mapRunStartedEventDetails"] for event in player.events if event["type"] == "MapRunStarted"]
    assert runs[0] != runs[1]


def test_a_late_end_meets_nobody():
    player = play(flow(M=spread(), T=pass_()), [], (1, done(2, [])), (2, done(1, [])), (3, done(1, [])))
    assert accepted(player) == [True, False, True, False]


def test_too_large_an_output_is_terminal():
    state = spread(Catch=[catch("Z")])
    text = brief(play(flow(M=state, Z=pass_()), [], (1, broken(1, "States.DataLimitExceeded"))))
    assert text.splitlines()[-1] == "6<-5 ExecutionFailed States.DataLimitExceeded"


@pytest.mark.parametrize(
    ("more", "event", "last"),
    [
        ({}, stop("E"), "6<-0 ExecutionAborted E"),
        ({"TimeoutSeconds": 1}, time_(), "6<-0 ExecutionTimedOut States.Timeout"),
    ],
)
def test_the_end_from_outside_stops_the_run(more, event, last):
    player = play({**flow(M=spread()), **more}, [1], (1_000, event))
    assert brief(player).splitlines()[-2:] == ["5<-4 MapRunAborted", last]
    assert commands(player)[-1] == "stop map run 0.1"


def test_a_failing_neighbour_stops_the_run():
    player = play(flow(P=parallel(flow(M=spread()), flow(T=task()))), [1], (1, failed(2)))
    same(
        "\n".join(brief(player).splitlines()[-6:]),
        """
        10<-9 TaskFailed Boom
        11<-10 MapRunAborted
        12<-10 MapStateAborted
        13<-10 TaskStateAborted
        14<-10 ParallelStateFailed
        15<-14 ExecutionFailed Boom
        """,
    )
    assert commands(player)[-1] == "stop map run 1.1"


def test_a_deleted_machine_ends_with_its_run():
    player = play(flow(M=spread()), [1], (1, delete()), (2, done(1, [1])))
    assert brief(player).splitlines()[-1] == "5<-4 ExecutionFailed States.Runtime"


P = "An error occurred while executing the state 'M' (entered at the event id #2). "
BAD = [
    ({"ToleratedFailurePercentagePath": "$.v"}, -1, 4, "ToleratedFailurePercentage must be between 0 and 100."),
    ({"ToleratedFailureCountPath": "$.v"}, -1, 4, "ToleratedFailureCount cannot be negative."),
    (
        {"ToleratedFailurePercentagePath": "$.v"},
        {},
        4,
        'The ToleratedFailurePercentagePath field refers to value "{}" which is not a valid float: $.v',
    ),
    (
        {"ToleratedFailureCountPath": "$.v"},
        "1",
        4,
        'The ToleratedFailureCountPath field refers to value "1" which is not a valid integer: $.v',
    ),
    (
        {"MaxConcurrencyPath": "$.v"},
        "x",
        3,
        'The MaxConcurrencyPath field refers to value "x" which is not a valid integer: $.v',
    ),
    ({"MaxConcurrencyPath": "$.v"}, -1, 3, "Expected non-negative integer for MaxConcurrency, got -1 instead."),
    ({"ItemBatcher": {"MaxItemsPerBatchPath": "$.v"}}, 0, 4, "field MaxItemsPerBatch must be positive"),
]


@pytest.mark.parametrize(("fields", "value", "last", "cause"), BAD)
def test_bad_values(fields, value, last, cause):
    player = play(flow(M=spread(ItemsPath="$.l", **fields)), {"l": [1], "v": value})
    assert player.execution.failure == ("States.Runtime", P + cause)
    assert len(player.events) == last


def test_digits_from_a_variable_will_do():
    first = pass_(Assign={"n": "2", "p": "1.5"})
    state = spread(ToleratedFailureCountPath="$n", ToleratedFailurePercentagePath="$p", ItemsPath="$.l")
    [line] = commands(play(flow(A=first, M=state), {"l": [1]}))
    assert line.endswith("tolerated_count=2 tolerated_percentage=1.5")


def test_jsonata():
    state = spread(
        QueryLanguage="JSONata",
        Items="{% $states.input.l %}",
        MaxConcurrency="{% 2 %}",
        ToleratedFailureCount="{% 1 %}",
        ItemBatcher={"MaxItemsPerBatch": "{% 3 %}", "BatchInput": {"x": "{% $states.input.l[0] %}"}},
        Output={"n": "{% $count($states.result) %}"},
    )
    player = play(flow(M=state), {"l": [7, 8]}, (1, done(1, [1, 2, 3])))
    assert commands(player) == [
        'start map run 0.1 M max_concurrency=2 items=[7,8] batch_items=3 batch_input={"x":7} tolerated_count=1'
    ]
    assert player.output == {"n": 3}


@pytest.mark.parametrize(
    ("fields", "cause"),
    [
        ({"ItemBatcher": {"MaxItemsPerBatch": "{% 0 %}"}}, "field MaxItemsPerBatch must be positive"),
        ({"ItemBatcher": {"MaxInputBytesPerBatch": "{% -1 %}"}}, "field MaxInputBytesPerBatch must be positive"),
        ({"ToleratedFailureCount": "{% -1 %}"}, "ToleratedFailureCount cannot be negative."),
        ({"ToleratedFailurePercentage": "{% 101 %}"}, "ToleratedFailurePercentage must be between 0 and 100."),
    ],
)
def test_jsonata_answers_that_cannot_be_used(fields, cause):
    player = play(flow(M=spread(QueryLanguage="JSONata", Items=[1], **fields)), {})
    assert player.execution.failure == ("States.QueryEvaluationError", P + cause)


def test_ids_lead_from_a_child_to_its_run():
    run = new_run_id(1_700_000_000_123, Random(1))
    child = child_id(run, 41)
    assert run_of(child) == (run, 41) and run_of(run) == (run, -1)
    assert id_of(uuid_of(child)) == child and uuid_of(child)[14] == "7" and uuid_of(child)[19] in "89ab"
    assert id_of("x") is None and id_of(uuid_of(child).replace("-7", "-4", 1)) is None
    assert len(second_uuid_of(child)) == 36
    assert json.dumps(uuid_of(run)).endswith('00000000"')
