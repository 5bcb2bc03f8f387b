"""Ids and task tokens: what we made is known again, whatever else is nobody's."""

import base64
from random import Random

import pytest

from stepwell.runtime.identity import TaskRef, TokenKeys, new_id
from stepwell.store.records import shard_of

KEYS = {1: b"k" * 32, 2: b"l" * 32}
REF = TaskRef(7, bytes(range(16)), 3, 2**40)


def test_ids_grow_with_time_and_name_their_shard():
    dice = Random(1)
    ids = [new_id(ms, dice, shard=63) for ms in range(1_700_000_000_000, 1_700_000_000_100)]
    assert ids == sorted(ids)
    assert {len(one) for one in ids} == {16}
    assert {shard_of(one, 64) for one in ids} == {63}
    assert shard_of(new_id(1, dice), 64) == 0
    assert len({new_id(5, dice) for _ in range(1_000)}) == 1_000


def test_a_token_names_its_attempt():
    keys = TokenKeys(KEYS)
    token = keys.make(REF, "000000000000", "us-east-1")
    assert keys.read(token, "000000000000", "us-east-1") == REF
    assert len(token) <= 200
    assert token.isascii()


def test_a_token_is_worth_nothing_elsewhere():
    keys = TokenKeys(KEYS)
    token = keys.make(REF, "000000000000", "us-east-1")
    assert keys.read(token, "000000000001", "us-east-1") is None
    assert keys.read(token, "000000000000", "us-east-2") is None
    assert keys.read(token, "000000000000us", "-east-1") is None


def test_old_keys_check_and_the_newest_makes():
    token = TokenKeys({1: KEYS[1]}).make(REF, "a", "r")
    assert TokenKeys(KEYS).read(token, "a", "r") == REF
    assert TokenKeys({2: KEYS[2]}).read(token, "a", "r") is None
    assert TokenKeys({1: KEYS[2]}).read(token, "a", "r") is None
    assert TokenKeys({1: KEYS[1]}).read(TokenKeys(KEYS).make(REF, "a", "r"), "a", "r") is None
    assert len(TokenKeys.new_key()) == 32
    assert TokenKeys.new_key() != TokenKeys.new_key()


def test_each_changed_bit_is_seen():
    keys = TokenKeys(KEYS)
    token = keys.make(REF, "a", "r")
    raw = base64.urlsafe_b64decode(token)
    for position in range(len(raw) * 8):
        changed = bytearray(raw)
        changed[position // 8] ^= 1 << position % 8
        assert keys.read(base64.urlsafe_b64encode(changed).decode(), "a", "r") is None


def test_each_changed_character_is_seen():
    keys = TokenKeys(KEYS)
    token = keys.make(REF, "a", "r")
    for position in range(len(token)):
        for bit in range(7):
            changed = token[:position] + chr(ord(token[position]) ^ 1 << bit) + token[position + 1 :]
            assert keys.read(changed, "a", "r") is None


def test_each_truncation_and_addition_is_seen():
    keys = TokenKeys(KEYS)
    token = keys.make(REF, "a", "r")
    for length in range(len(token)):
        assert keys.read(token[:length], "a", "r") is None
    for extra in ("=", "A", "AAAA", " ", "\n", "\x00", "x" * 500):
        assert keys.read(token + extra, "a", "r") is None
        assert keys.read(extra + token, "a", "r") is None


@pytest.mark.parametrize(
    "text", ["", "not-a-task-token", "=", "é" * 20, "\ud800", "A" * 72, "A" * 71 + "=", "/" * 72, "%" * 100_000]
)
def test_what_is_no_token(text):
    assert TokenKeys(KEYS).read(text, "a", "r") is None
