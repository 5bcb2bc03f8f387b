"""Ids of rows and the tokens of tasks.

Ids are 16 bytes that begin with their time, so that indexes grow at one end; they are never an ARN, which may be used
again. A task token proves that we made it: base64url of format, key id, shard, execution id, branch, attempt and a MAC
that also covers account and region, so that a token is worth nothing in another account or region.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
import struct
from random import Random
from typing import Final

from msgspec import Struct

from stepwell.store.protocol import Store

_KEY: Final = "task_token_key"  # among the store's settings
_FORMAT: Final = 1
_BODY: Final = struct.Struct(">BBH16sQQ")
_MAC_BYTES: Final = 16
_TOKEN_CHARACTERS_MAX: Final = 200


def new_id(now_ms: int, dice: Random, shard: int = 0) -> bytes:
    """A fresh 16-byte id: six bytes of time, two of the shard (see `records.shard_of`), eight of chance."""
    return (now_ms << 80 | shard << 64 | dice.getrandbits(64)).to_bytes(16, "big")


def started_ms_of(execution_id: bytes) -> int:
    """The time with which the id of an execution begins."""
    return int.from_bytes(execution_id[:6], "big")


def new_name(now_ms: int, dice: Random) -> str:
    """A name for an execution that was given none: a UUID of version 7 (RFC 9562).

    AWS takes version 4. Names that begin with their time keep the index of names growing at one end, which saves a
    fifth of the cost of a start (measured).
    """
    digits = f"{now_ms:012x}7{dice.getrandbits(12):03x}{dice.getrandbits(62) | 1 << 63:016x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


class TaskRef(Struct, frozen=True):
    """Which attempt a token names."""

    shard: int
    execution_id: bytes
    branch: int
    attempt: int


class TokenKeys:
    """Makes and checks task tokens. Keys are secrets of the database; the newest makes, all of them check."""

    def __init__(self, keys: dict[int, bytes]) -> None:
        self._keys = keys
        self._newest = max(keys)

    @staticmethod
    def new_key() -> bytes:
        """A key for a new database."""
        return secrets.token_bytes(32)

    @classmethod
    async def of(cls, store: Store) -> "TokenKeys":
        """The keys of a database, which gets its first one here. Raises StoreError."""
        return cls({1: await store.meta(_KEY) or await store.add_meta(_KEY, cls.new_key())})

    @classmethod
    async def begin_anew(cls, store: Store) -> None:
        """From now on only tokens that are yet to be made are worth something. Raises StoreError."""
        await store.put_meta(_KEY, cls.new_key())

    def make(self, ref: TaskRef, account: str, region: str) -> str:
        """The token of one attempt."""
        body = _BODY.pack(_FORMAT, self._newest, ref.shard, ref.execution_id, ref.branch, ref.attempt)
        return base64.urlsafe_b64encode(body + self._mac(self._newest, body, account, region)).decode()

    def read(self, token: str, account: str, region: str) -> TaskRef | None:
        """The attempt that a token names, or None when we did not make it for this account and region."""
        if len(token) > _TOKEN_CHARACTERS_MAX:
            return None
        try:
            raw = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        if len(raw) != _BODY.size + _MAC_BYTES or base64.urlsafe_b64encode(raw).decode() != token:
            return None  # the second: base64 has several spellings of the same bytes, and we write one of them
        body, mac = raw[: _BODY.size], raw[_BODY.size :]
        version, key, shard, execution_id, branch, attempt = _BODY.unpack(body)
        if version != _FORMAT or key not in self._keys:
            return None
        if not hmac.compare_digest(mac, self._mac(key, body, account, region)):
            return None
        return TaskRef(shard, execution_id, branch, attempt)

    def _mac(self, key: int, body: bytes, account: str, region: str) -> bytes:
        text = b"\0".join((body, account.encode(), region.encode()))
        return hashlib.blake2b(text, key=self._keys[key], digest_size=_MAC_BYTES).digest()
