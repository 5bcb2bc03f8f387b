"""Executions as bytes. That going on from bytes is going on from the live tree is shown by all tables of tests/engine,
which are played with a reload after every event, and tests/engine/test_snapshots.py tells what rows hold; here are the
forms themselves."""

from typing import Any

import pytest

from stepwell.engine.failure import Failure
from stepwell.engine.history import Recorder
from stepwell.payload import Payload
from stepwell.runtime import codec
from stepwell.runtime.codec import FormatNewer, decode_detail, decode_result, encode_detail, encode_result, pack, unpack
from stepwell.testing.player import Player
from tests.engine.machines import flow, wait


@pytest.mark.parametrize("value", [None, 0, "é", [1, 2.5, [None]], {"a": 1}, {3: 4}, ["x" * 5_000], list(range(3_000))])
def test_pack(value: Any) -> None:
    raw = pack(value)
    assert unpack(raw) == value
    assert raw[:1] == (b"\x02" if len(codec._encode(value)) >= codec._PACK_BYTES_MIN else b"\x01")
    assert len(raw) < 6_000


def test_newer_form() -> None:
    with pytest.raises(FormatNewer):
        unpack(b"\x09abc")


def test_newer_snapshot() -> None:
    player = Player(flow(W=wait(1)), {})
    player.start()
    row = unpack(player.rows.snapshot)
    player.rows.snapshot = pack([codec.FORMAT + 1, *row[1:]])
    with pytest.raises(FormatNewer):
        player.reload()


@pytest.mark.parametrize("text", ["{}", "x" * 50, '"é😀"'])
def test_detail(text: str) -> None:
    recorder = Recorder(9, 40)
    detail = decode_detail(encode_detail(recorder, Payload(text), "Root=1"))
    stored = detail.input if isinstance(detail.input, str) else dict(recorder.blobs)[detail.input]
    assert (stored, detail.trace_header) == (text, "Root=1")
    assert isinstance(detail.input, int) == (len(text) >= 40)


@pytest.mark.parametrize(
    "output, failure, expected",
    [
        (Payload("1"), None, ("1", None, None)),
        (None, Failure("E", "why"), (None, "E", "why")),
        (None, Failure(None, None), (None, None, None)),
        (None, None, (None, None, None)),
        (Payload("x" * 50), None, (0, None, None)),
    ],
)
def test_result(output: Payload | None, failure: Failure | None, expected: Any) -> None:
    result = decode_result(encode_result(Recorder(9, 40), output, failure))
    assert (result.output, result.error, result.cause) == expected
