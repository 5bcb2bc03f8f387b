"""Page tokens: worth something only for the list they came from, and for a day."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from stepwell.caller import Caller
from stepwell.errors import InvalidToken
from stepwell.limits import AWS
from stepwell.operations.paging import PageTokens, page_size
from stepwell.runtime.clock import ManualClock
from stepwell.store.sqlite import SqliteStore
from tests.operations.conftest import Server

CALLER = Caller("123456789012", "us-east-1")
DAY_MS = 86_400_000


@pytest.mark.parametrize("wanted, size", [(None, 100), (0, 100), (1, 1), (1000, 1000), (5000, 1000)])
def test_sizes(wanted, size):
    assert page_size(wanted, AWS) == size


@pytest.fixture
async def store():
    made = SqliteStore(":memory:")
    await made.open()
    yield made
    await made.close()


@pytest.mark.parametrize("position", ["näme\x00", 7, [1, b"\xff" * 16], "x" * 80])
async def test_a_position_comes_back(store, position):
    pages = PageTokens(store, ManualClock(), AWS)
    token = await pages.make("List", CALLER, ("a", None), position)
    assert len(token) <= 1024
    assert await PageTokens(store, ManualClock(), AWS).read("List", CALLER, ("a", None), token) == position
    assert await pages.read("List", CALLER, (), None) is None


OTHERS = [
    ("Other", CALLER, ("a",)),
    ("List", replace(CALLER, account="999999999999"), ("a",)),
    ("List", replace(CALLER, region="eu-west-1"), ("a",)),
    ("List", CALLER, ("b",)),
    ("List", CALLER, ()),
]


@pytest.mark.parametrize("operation, caller, arguments", OTHERS)
async def test_another_list_refuses_it(store, operation, caller, arguments):
    pages = PageTokens(store, ManualClock(), AWS)
    token = await pages.make("List", CALLER, ("a",), "p")
    with pytest.raises(InvalidToken):
        await pages.read(operation, caller, arguments, token)


async def test_a_day_is_its_life(store):
    clock = ManualClock()
    pages = PageTokens(store, clock, AWS)
    token = await pages.make("List", CALLER, (), "p")
    clock.advance(DAY_MS)
    assert await pages.read("List", CALLER, (), token) == "p"
    clock.advance(1)
    with pytest.raises(InvalidToken):
        await pages.read("List", CALLER, (), token)


async def test_no_bit_can_be_changed(store):
    pages = PageTokens(store, ManualClock(), AWS)
    token = await pages.make("List", CALLER, (), "p")
    raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    for place in range(len(raw)):
        changed = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
        with pytest.raises(InvalidToken):
            await pages.read("List", CALLER, (), base64.urlsafe_b64encode(changed).decode())


@given(st.text(max_size=200))
async def test_any_text_is_refused(text):
    store = SqliteStore(":memory:")
    await store.open()
    try:
        with pytest.raises(InvalidToken):
            await PageTokens(store, ManualClock(), AWS).read("List", CALLER, (), text)
    finally:
        await store.close()


async def test_the_wire_knows_one_text(server: Server):
    for token in ("x", "é", "AAAA" * 40):
        expected = ("InvalidToken", "Invalid Token: 'Invalid token'")
        assert await server.refusal("ListStateMachines", nextToken=token) == expected
