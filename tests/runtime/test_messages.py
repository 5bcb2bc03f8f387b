"""What nodes say to each other, as bytes."""

import pytest

from stepwell.engine.events import (
    ActivityTaken,
    HeartbeatReceived,
    MachineDeleted,
    Resumed,
    Started,
    StopRequested,
    TaskFailed,
    TaskSubmitted,
    TaskSucceeded,
    TimePassed,
)
from stepwell.payload import Payload
from stepwell.runtime.codec import FormatNewer, pack
from stepwell.runtime.messages import (
    Answer,
    MapRunChanged,
    RedriveRequested,
    decode_reply,
    decode_request,
    encode_request,
    reply_to,
    travels,
)
from stepwell.store.records import Message

REQUESTS = [
    StopRequested("Halt", None),
    MachineDeleted(),
    ActivityTaken(1, 2, "worker é"),
    HeartbeatReceived(3, 4),
    TaskFailed(5, 6, None, "why\x00", "start"),
    RedriveRequested(17, b"\x00\xff", 3),
    MapRunChanged({"concurrency_max": 3}),
]


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda request: type(request).__name__)
def test_a_request_survives(request_) -> None:
    assert travels(request_)
    assert decode_request(encode_request(request_)) == request_


@pytest.mark.parametrize("kind", [TaskSucceeded, TaskSubmitted])
def test_an_output_keeps_its_text(kind) -> None:
    made = decode_request(encode_request(kind(1, 2, Payload('{ "n": 1.00 }'))))
    assert isinstance(made, kind)
    assert (made.branch, made.attempt, made.output.text) == (1, 2, '{ "n": 1.00 }')


def test_a_lone_surrogate_is_spelled_as_the_codec_does() -> None:
    made = decode_request(encode_request(StopRequested("\ud800", "é")))
    assert made == StopRequested("\\ud800", "é")


@pytest.mark.parametrize("event", [Resumed(), Started(), TimePassed()])
def test_what_an_owner_finds_out_by_itself_does_not_travel(event) -> None:
    assert not travels(event)


def test_a_newer_request_is_refused() -> None:
    with pytest.raises(KeyError):
        decode_request(pack([200, 1]))
    with pytest.raises(FormatNewer):
        decode_request(b"\x7f...")


@pytest.mark.parametrize("answer", [Answer(True), Answer(False), Answer(True, '{"ä":1}')])
def test_a_reply_says_what_came_of_a_message(answer: Answer) -> None:
    reply = reply_to(Message(3, b"m" * 16, b"n" * 16, b"e" * 16, b""), *answer)
    assert (reply.shard, reply.id, reply.node) == (3, b"m" * 16, b"n" * 16)
    assert decode_reply(reply.body) == answer
