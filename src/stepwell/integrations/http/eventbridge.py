"""Connections of EventBridge: what is public of them comes from there, their secrets from Secrets Manager.

A connection that was found is kept for a minute, so that a busy API does not cost two more calls a request. Accounts
never share one.
"""

import asyncio
from collections import OrderedDict
from typing import Any, Final

from stepwell.engine.failure import Failure
from stepwell.integrations.aws_answer import Refusal
from stepwell.integrations.aws_call import AwsCaller
from stepwell.integrations.aws_roles import principal_of
from stepwell.integrations.base import Call
from stepwell.integrations.http.connection import (
    INVALID_SECRET,
    INVALID_STATE,
    NO_ACCESS,
    NOT_FOUND,
    Additions,
    Connection,
    OAuth,
    name_of,
)
from stepwell.integrations.http.credentials import api_key, basic
from stepwell.payload import JsonError, parse_json

_KEPT_S: Final = 60.0
_KEPT_MAX: Final = 256
_DENIED: Final = ("AccessDenied", "NotAuthorized", "Unauthorized")
_NO_CONNECTION_ACCESS: Final = "No permissions to call RetrieveConnectionCredentials on the connection resource."
_NO_SECRET_ACCESS: Final = (
    "No permissions to call DescribeSecret and/or GetSecretValue on the secret associated with the connection resource."
)


class EventBridgeConnections:
    """Connections that EventBridge, or what stands for it, keeps."""

    def __init__(self, caller: AwsCaller) -> None:
        self._caller = caller
        self._kept: OrderedDict[tuple[Any, ...], tuple[float, Connection]] = OrderedDict()

    async def find(self, arn: str, call: Call) -> Connection | Failure | None:
        """The connection of an ARN, or why it cannot be used (texts recorded)."""
        named = name_of(arn)
        if named is None:
            return None
        key = (arn, call.account, call.region, call.role_arn, call.credentials_role_arn)
        now_s = asyncio.get_running_loop().time()
        kept = self._kept.get(key)
        if kept is not None and now_s - kept[0] < _KEPT_S:
            return kept[1]
        found = await self._read(named[1], arn, call)
        if isinstance(found, Connection):
            self._kept[key] = (now_s, found)
            if len(self._kept) > _KEPT_MAX:
                self._kept.popitem(last=False)
        return found

    async def _read(self, name: str, arn: str, call: Call) -> Connection | Failure | None:
        described = await self._caller.call(
            "events", "DescribeConnection", {"Name": name}, principal=principal_of(call)
        )
        if isinstance(described, Refusal):
            return _refused(described, arn, _NO_CONNECTION_ACCESS)
        state = described.members.get("ConnectionState")
        if state != "AUTHORIZED" and state != "ACTIVE":
            return Failure(INVALID_STATE, f"The connection {arn} is {state}.")
        secret_arn = described.members.get("SecretArn")
        secret = await self._caller.call(
            "secretsmanager", "GetSecretValue", {"SecretId": secret_arn}, principal=principal_of(call)
        )
        if isinstance(secret, Refusal):
            return _refused(secret, arn, _NO_SECRET_ACCESS)
        try:
            return connection_of(described.members, parse_json(secret.members["SecretString"]))
        except (JsonError, KeyError, TypeError, AttributeError, ValueError):
            return Failure(INVALID_SECRET, f"The secret of the connection {arn} cannot be read.")


def _refused(refusal: Refusal, arn: str, no_access: str) -> Failure:
    if refusal.kind == "forbidden":
        return Failure(refusal.code, refusal.message)
    if any(word in refusal.code for word in _DENIED):
        return Failure(NO_ACCESS, no_access)
    if refusal.code == "ResourceNotFoundException":
        return Failure(NOT_FOUND, f"The connection {arn} does not exist.")
    return Failure(INVALID_STATE, f"The connection {arn} cannot be read: {refusal.message}")


def connection_of(described: dict[str, Any], secret: dict[str, Any]) -> Connection:
    """The connection that a description and its secret make.

    The members of secrets are spelled in more than one way (`client_secret`, `ClientSecret`), and some keep them in the
    groups of the request that made them; names are compared without case and underscores, wherever they are.
    """
    parameters = described.get("AuthParameters") or {}
    members = _flat(secret)
    additions = _additions(_find(secret, "invocationhttpparameters") or parameters.get("InvocationHttpParameters"))
    match described.get("AuthorizationType"):
        case "BASIC":
            additions.headers.update(basic(members["username"], members["password"]))
        case "API_KEY":
            additions.headers.update(api_key(members["apikeyname"], members["apikeyvalue"]))
        case "OAUTH_CLIENT_CREDENTIALS":
            shown = parameters.get("OAuthParameters") or {}
            asked = _additions(_find(secret, "oauthhttpparameters") or shown.get("OAuthHttpParameters"))
            endpoint = members.get("authorizationendpoint") or shown["AuthorizationEndpoint"]
            method = members.get("httpmethod") or shown.get("HttpMethod") or "POST"
            return Connection(additions, OAuth(endpoint, method, members["clientid"], members["clientsecret"], asked))
        case other:
            raise ValueError(f"a connection of type {other}")
    return Connection(additions)


def _plain(name: str) -> str:
    return name.replace("_", "").lower()


def _flat(value: Any) -> dict[str, str]:
    """All texts of a secret by their plain names, at whatever depth, without the parameters' own lists."""
    found: dict[str, str] = {}
    for name, member in value.items():
        if isinstance(member, str):
            found[_plain(name)] = member
        elif isinstance(member, dict) and not _plain(name).endswith("httpparameters"):
            found.update(_flat(member))
    return found


def _find(value: Any, name: str) -> Any:
    for key, member in value.items():
        if _plain(key) == name:
            return member
        if isinstance(member, dict):
            found = _find(member, name)
            if found is not None:
                return found
    return None


def _additions(parameters: Any) -> Additions:
    """Headers, query and body of `...HttpParameters`: lists of `{Key, Value, IsValueSecret}`."""
    found = Additions()
    for name, values in (parameters or {}).items():
        place = {"header": found.headers, "query": found.query, "body": found.body}.get(_first_word(name))
        for item in values or () if place is not None else ():
            members = {_plain(key): value for key, value in item.items()}
            if members.get("value") is not None:
                place[str(members["key"])] = str(members["value"])  # type: ignore[index]  # asked for above
    return found


def _first_word(name: str) -> str:
    plain = _plain(name)
    return next((word for word in ("header", "query", "body") if plain.startswith(word)), plain)
