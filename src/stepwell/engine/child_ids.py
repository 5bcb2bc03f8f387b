"""The ids of Map Runs and of their children, and how they are spelled in ARNs.

A run's id is 16 bytes like an execution's (time, shard, chance) whose last four are zero; a child's is its run's with
the child's place, counted from 1, in those four. So a child's id leads to its run, a child that is started twice after
a crash is the same execution, and no table is needed to find either by its ARN. In ARNs they look like UUIDs of
version 7 (RFC 9562).
"""

import hashlib
import re
from random import Random
from typing import Final

_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PLACE_BYTES: Final = 4
_VERSION: Final = 0x70
_VARIANT: Final = 0x80


def new_run_id(at_ms: int, dice: Random, shard: int = 0) -> bytes:
    """A fresh id of a Map Run that starts now, in its parent's shard (below 4,096: a UUID's version stands there)."""
    chance = _VARIANT << 24 | dice.getrandbits(30)
    return (at_ms << 80 | shard << 64 | chance << 32).to_bytes(16, "big")


def child_id(run_id: bytes, index: int) -> bytes:
    """The id of a run's child, counted from 0."""
    return run_id[:-_PLACE_BYTES] + (index + 1).to_bytes(_PLACE_BYTES, "big")


def run_of(child: bytes) -> tuple[bytes, int]:
    """The run that a child is of, and its place; a run's own id has the place -1."""
    return child[:-_PLACE_BYTES] + bytes(_PLACE_BYTES), int.from_bytes(child[-_PLACE_BYTES:], "big") - 1


def uuid_of(id: bytes) -> str:
    """How an id is spelled in an ARN."""
    return _spelled(id[:6] + bytes((id[6] | _VERSION,)) + id[7:])


def id_of(uuid: str) -> bytes | None:
    """The id that an ARN spells, or None if we never spell one so."""
    if not _UUID.fullmatch(uuid):
        return None
    raw = bytes.fromhex(uuid.replace("-", ""))
    if raw[6] & 0xF0 != _VERSION:
        return None
    return raw[:6] + bytes((raw[6] & 0x0F,)) + raw[7:]


def second_uuid_of(id: bytes) -> str:
    """The UUID at the end of an Express execution's ARN: of version 4, says nothing, always the same for an id."""
    digest = bytearray(hashlib.blake2b(id, digest_size=16).digest())
    digest[6] = digest[6] & 0x0F | 0x40
    digest[8] = digest[8] & 0x3F | _VARIANT
    return _spelled(digest)


def _spelled(raw: bytes | bytearray) -> str:
    digits = raw.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
