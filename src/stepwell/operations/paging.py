"""Pages of lists: their size, and the tokens that continue them.

A token is a position in the list's order (the last name, the last line's time and id), never an offset, so that it
survives inserts. It is opaque to clients and carries a MAC over the operation, the caller's account and region and the
arguments that choose what is listed; with others it is worth nothing. (AWS: tokens last 24 hours, "keep all other
arguments unchanged"; the size of a page is only an upper bound and may change.)
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from typing import Any, Final

import msgspec

from stepwell.caller import Caller
from stepwell.errors import InvalidToken
from stepwell.limits import Limits
from stepwell.runtime.clock import Clock
from stepwell.store.protocol import Store

_KEY_NAME: Final = "page_token_key"
_FORMAT: Final = 1
_MAC_BYTES: Final = 16
_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder().decode

Position = Any
"""Whatever names a place in one list: numbers, texts, bytes, or a list of them."""


def invalid_token() -> InvalidToken:
    """Recorded: "Invalid Token: 'Invalid token'", for page tokens and task tokens alike."""
    return InvalidToken("Invalid Token: 'Invalid token'")


def page_size(max_results: int | None, limits: Limits) -> int:
    """How many items a page may have: 100 for none or 0 (AWS), at most 1,000."""
    return min(max_results or limits.page_items_default, limits.page_items_max)


class PageTokens:
    """Makes and reads page tokens, with a key that the database keeps."""

    def __init__(self, store: Store, clock: Clock, limits: Limits) -> None:
        self._store = store
        self._clock = clock
        self._age_max_ms = limits.page_token_age_s * 1000
        self._key: bytes | None = None

    async def make(self, operation: str, caller: Caller, arguments: tuple[Any, ...], position: Position) -> str:
        """The token with which the same list goes on after `position`."""
        body = _encode((_FORMAT, self._clock.now_ms(), position))
        mac = self._mac(await self._load_key(), body, operation, caller, arguments)
        return base64.urlsafe_b64encode(mac + body).decode().rstrip("=")

    async def read(self, operation: str, caller: Caller, arguments: tuple[Any, ...], token: str | None) -> Position:
        """The position that a token names; None for no token. Raises `InvalidToken`."""
        if token is None:
            return None
        raw = _unpack(token)
        mac, body = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(await self._load_key(), body, operation, caller, arguments)):
            raise invalid_token()
        version, made_ms, position = _decode(body)
        if version != _FORMAT or self._clock.now_ms() - made_ms > self._age_max_ms:
            raise invalid_token()
        return position

    async def _load_key(self) -> bytes:
        if self._key is None:
            key = await self._store.meta(_KEY_NAME)
            self._key = key or await self._store.add_meta(_KEY_NAME, secrets.token_bytes(32))
        return self._key

    def _mac(self, key: bytes, body: bytes, operation: str, caller: Caller, arguments: tuple[Any, ...]) -> bytes:
        text = _encode((operation, caller.account, caller.region, arguments, body))
        return hashlib.blake2b(text, key=key, digest_size=_MAC_BYTES).digest()


def _unpack(token: str) -> bytes:
    try:
        raw = base64.b64decode(token.encode("ascii") + b"=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise invalid_token() from None
    if len(raw) <= _MAC_BYTES:
        raise invalid_token()
    return raw
