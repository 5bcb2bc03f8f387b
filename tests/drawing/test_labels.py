"""The words on nodes and edges."""

import pytest

from stepwell.drawing.labels import LABEL_CHARACTERS_MAX, catch_label, detail_of, rule_label, shortened
from tests.drawing.definitions import definition


def test_every_comparison():
    rules = definition("every-comparison")["States"]["Sort"]["Choices"]
    assert [rule_label(index, rule) for index, rule in enumerate(rules)] == [
        "#1 $.x is present",
        "#2 $.x > 10",
        '#3 $.x ≈ "a*"',
        "#4 $.x is not present",
        '#5 $.x ≤ "2026-01-31T00:00:00Z"',
        "#6 $.x = true",
        "#7 $.x = $.limit",
        "#8 $.x is null",
        "#9 not ($.y is a string)",
        "#10 $.a < 1 and ($.b is a number or $.c…",
    ]


def test_conditions_lose_their_marks():
    assert rule_label(0, {"Condition": "{%  $x > 1 %}"}) == "#1 $x > 1"
    assert rule_label(1, {"Condition": True}) == "#2 true"


def test_half_written_rules():
    assert rule_label(0, {}) == "#1"
    assert rule_label(0, {"And": [None, {"Variable": "$.a"}]}) == "#1 … and $.a"
    nested = {"Variable": "$.a", "IsNull": True}
    for _ in range(9):
        nested = {"Not": nested}
    assert rule_label(0, nested) == "#1 not (not (not (not (not (…)))))"


def test_catchers_name_their_errors():
    assert catch_label({"ErrorEquals": ["Card.Declined", "States.Timeout"]}) == "Card.Declined, States.Timeout"
    assert catch_label({"ErrorEquals": "States.ALL"}) == ""


def test_long_labels_are_shortened_to_one_line():
    assert len(shortened("word \n " * 40)) <= LABEL_CHARACTERS_MAX
    assert shortened("a\n  b") == "a b"


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:000000000000:function:price"}, "lambda: price"),
        ({"Type": "Task", "Resource": "arn:aws:states:us-east-1:000000000000:activity:by-hand"}, "activity: by-hand"),
        ({"Type": "Task", "Resource": "arn:aws:states:::dynamodb:putItem"}, "dynamodb: putItem"),
        ({"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:listObjectsV2"}, "s3: listObjectsV2"),
        (
            {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2"},
            "states: startExecution (sync)",
        ),
        ({"Type": "Task", "Resource": "arn:aws:states:::ecs:runTask.sync"}, "ecs: runTask (sync)"),
        ({"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken"}, "sqs: sendMessage (token)"),
        ({"Type": "Task", "Resource": "${Function}"}, "${Function}"),
        ({"Type": "Task", "Resource": "arn:aws"}, "Task"),
        ({"Type": "Task"}, "Task"),
        ({"Type": "Wait", "Seconds": 5}, "Wait 5 s"),
        ({"Type": "Wait", "SecondsPath": "$.pause"}, "Wait $.pause s"),
        ({"Type": "Wait", "Timestamp": "{% $then %}"}, "Wait until $then"),
        ({"Type": "Wait"}, "Wait"),
        ({"Type": "Fail", "Error": "Broken"}, "Fail: Broken"),
        ({"Type": "Map", "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED"}}}, "Map, distributed"),
        ({"Type": "Map", "ItemProcessor": 7}, "Map"),
        ({"Type": 7}, ""),
    ],
)
def test_details(state, words):
    assert detail_of(state) == words
