"""Hostile bodies: each gets a named error, quickly, and the server lives on."""

import time

import orjson
import pytest

LIMIT = 1_048_576
SERIALIZATION = "com.amazon.coral.service#SerializationException"
CONSTRAINT = "com.amazon.coral.validate#ValidationException"
TOO_LARGE = "com.amazon.coral.service#RequestEntityTooLargeException"


def padded(size):
    return b'{"stateMachineArn":"a","input":"' + b"x" * (size - 34) + b'"}'


@pytest.mark.parametrize(
    "body, code",
    [
        (b"not json", SERIALIZATION),
        (b"{", SERIALIZATION),
        (b"{}{}", SERIALIZATION),
        (b"[]", SERIALIZATION),
        (b"null", SERIALIZATION),
        (b"\x00", SERIALIZATION),
        (b'\xef\xbb\xbf{"stateMachineArn":"a"}', SERIALIZATION),
        (b'{"stateMachineArn":"\xff\xfe"}', SERIALIZATION),
        (b'{"stateMachineArn":"\xed\xa0\x80"}', SERIALIZATION),
        (b'{"stateMachineArn":"\\ud800"}', SERIALIZATION),
        (b'{"stateMachineArn":NaN}', SERIALIZATION),
        (b'{"stateMachineArn":"a","extra":NaN}', SERIALIZATION),
        (b'{"stateMachineArn":"a","extra":Infinity}', SERIALIZATION),
        (b'{"stateMachineArn":1e999}', SERIALIZATION),
        (b'{"stateMachineArn":' + b"9" * 100_000 + b"}", SERIALIZATION),
        (b'{"stateMachineArn":' + b"[" * 100_000 + b"]" * 100_000 + b"}", SERIALIZATION),
        (b'{"extra":' + b"[" * 100_000 + b"]" * 100_000 + b"}", SERIALIZATION),
        (b'{"extra":' * 100_000 + b"1" + b"}" * 100_000, SERIALIZATION),
        (b"[" * LIMIT, SERIALIZATION),
        (b'{"a":' * (LIMIT // 5), SERIALIZATION),
        (b"", CONSTRAINT),
        (b"{}", CONSTRAINT),
        (b'{"stateMachineArn":null}', CONSTRAINT),
        (b'{"stateMachineArn":"a","stateMachineArn":""}', CONSTRAINT),
        (padded(LIMIT), CONSTRAINT),
        (b'{"stateMachineArn":"' + b"a" * (LIMIT - 30) + b'"}', CONSTRAINT),
        (padded(LIMIT + 1), TOO_LARGE),
        (b" " * (LIMIT + 1), TOO_LARGE),
        (b"x" * (8 * LIMIT), TOO_LARGE),
    ],
    ids=lambda value: value[:24].decode("latin-1") if isinstance(value, bytes) else "",
)
def test_hostile_body(running, body, code):
    begun = time.monotonic()
    status, headers, text = running.post("StartExecution", body)
    assert time.monotonic() - begun < 2
    assert status == (413 if code == TOO_LARGE else 400)
    assert orjson.loads(text)["__type"] == code
    assert headers["x-amzn-errortype"] == code.partition("#")[2]
    assert headers["x-amzn-requestid"]
    assert not running.calls


def test_of_a_member_given_twice_the_last_counts(running):
    assert running.post("StartExecution", b'{"stateMachineArn":"a","stateMachineArn":"b"}')[0] == 200
    assert running.calls[0][2] == {"state_machine_arn": "b"}


def test_a_hundred_thousand_strangers(running):
    body = orjson.dumps({"stateMachineArn": "a", **{f"x{index}": 1 for index in range(80_000)}})
    assert len(body) < LIMIT
    begun = time.monotonic()
    assert running.post("StartExecution", body)[0] == 200
    assert time.monotonic() - begun < 2


def test_a_hundred_thousand_wrong_tags(running):
    body = orjson.dumps({"resourceArn": "a", "tags": [{"key": ""}] * 90_000})
    begun = time.monotonic()
    status, _, text = running.post("TagResource", body)
    assert (status, len(text) < 50_000) == (400, True)
    assert time.monotonic() - begun < 2


@pytest.mark.parametrize(
    "name, value",
    [
        ("x-amz-target", "x" * 30_000),
        ("x-amz-target", "AWSStepFunctions.\xff\xfe"),
        ("content-type", "x" * 30_000),
        ("authorization", "AWS4-HMAC-SHA256 Credential=" + "/" * 30_000),
        ("authorization", "\xff" * 100),
        ("host", "\xff" * 100),
        ("host", "sync-states.us-east-1.amazonaws.com"),
    ],
)
def test_hostile_header(running, name, value):
    status, _, text = running.post("DeleteActivity", b'{"activityArn":"a"}', **{name: value})
    assert status in (200, 400)
    assert len(text) < 1_000


@pytest.mark.parametrize("path", ["/%00", "/%ff%fe", "/../../etc/passwd", "//", "/?x=1", "/%2e%2e/", "/health/"])
def test_odd_path(running, path):
    status, _, text = running.request("GET", path)
    assert status == (200 if path == "/?x=1" else 404)
    assert text
