"""Tokens by client credentials (RFC 6749, 4.4), kept until shortly before they expire."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from stepwell.engine.failure import Failure
from stepwell.integrations.http.connection import INVALID_STATE, OAuth
from stepwell.integrations.http.egress import Egress, NoAnswer, Oversize, Response, Unreadable
from stepwell.payload import JsonError, parse_json

_MARGIN_S: Final = 30.0
_LIFE_S: Final = 300.0  # of a token that does not say how long it lives
_KEPT_MAX: Final = 256
_METHODS: Final = ("GET", "POST", "PUT")


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    expires_s: float


class Tokens:
    """The tokens of all OAuth connections. Concurrent tasks of one connection wait for the same request."""

    def __init__(self, egress: Egress) -> None:
        self._egress = egress
        self._kept: OrderedDict[str, asyncio.Task[_Token | Failure]] = OrderedDict()

    async def get(self, key: str, oauth: OAuth) -> str | Failure:
        """A token that is still good, or why there is none. `key` names the connection and all that it depends on."""
        asking = self._kept.get(key)
        if asking is not None and asking.done() and not self._is_good(asking):
            asking = None
        if asking is None:
            asking = self._kept[key] = asyncio.create_task(self._ask(oauth))
            if len(self._kept) > _KEPT_MAX:
                self._kept.popitem(last=False)
        token = await asyncio.shield(asking)
        return token if isinstance(token, Failure) else token.text

    def drop(self, key: str) -> None:
        """The API refused a token: the next request gets another."""
        self._kept.pop(key, None)

    def _is_good(self, asked: "asyncio.Task[_Token | Failure]") -> bool:
        if asked.cancelled() or asked.exception() is not None:
            return False
        token = asked.result()
        return isinstance(token, _Token) and _now_s() < token.expires_s

    async def _ask(self, oauth: OAuth) -> _Token | Failure:
        if oauth.method not in _METHODS:
            return Failure(INVALID_STATE, f"A token cannot be asked for by {oauth.method}.")
        url, headers, body = _request(oauth)
        try:
            response = await self._egress.request(oauth.method, url, headers, body)
        except (NoAnswer, Oversize, Unreadable) as error:
            return Failure(INVALID_STATE, f"The authorization endpoint of the connection did not answer: {error}")
        return _token(response, _now_s())


def _now_s() -> float:
    return asyncio.get_running_loop().time()


def _request(oauth: OAuth) -> tuple[str, dict[str, str], bytes | None]:
    """URL, headers and body (order of the form recorded: grant_type, what the connection adds, the client)."""
    client = {"client_secret": oauth.client_secret, "client_id": oauth.client_id}
    form = urlencode({"grant_type": "client_credentials", **oauth.additions.body, **client})
    query = urlencode(oauth.additions.query)
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    headers.update(oauth.additions.headers)
    if oauth.method == "GET":
        query = "&".join(part for part in (query, form) if part)
    mark = "&" if "?" in oauth.endpoint else "?"
    url = f"{oauth.endpoint}{mark}{query}" if query else oauth.endpoint
    return url, headers, None if oauth.method == "GET" else form.encode()


def _token(response: Response, now_s: float) -> _Token | Failure:
    """The token of an answer. What the endpoint said is not repeated: it may repeat secrets."""
    try:
        members: Any = parse_json(response.body) if 200 <= response.status < 300 else {}
        token = members["access_token"]
        if not isinstance(token, str) or not token.isprintable():
            raise ValueError
        life_s = float(members.get("expires_in") or _LIFE_S)
    except (JsonError, KeyError, TypeError, ValueError, AttributeError):
        return Failure(INVALID_STATE, f"The authorization endpoint gave no token (status {response.status}).")
    return _Token(token, now_s + max(life_s - _MARGIN_S, 1.0))
