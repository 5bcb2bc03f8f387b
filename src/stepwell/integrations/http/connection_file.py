"""Connections for people without EventBridge: a TOML file, a table for each.

The file says where secrets are, and never holds one: `{ env = "NAME" }` is a variable of the environment, `{ file =
"/run/secrets/name" }` a file, read anew whenever it is needed. A secret in plain text is refused, so the file can be
kept with the code.
"""

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from stepwell.engine.failure import Failure
from stepwell.integrations.base import Call
from stepwell.integrations.http.connection import INVALID_SECRET, Additions, Connection, OAuth, name_of
from stepwell.integrations.http.credentials import api_key, basic

_KINDS: Final = ("none", "basic", "api_key", "oauth_client_credentials")
_PLACES: Final = ("headers", "query", "body")
_FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "none": (),
    "basic": ("username", "password"),
    "api_key": ("name", "value"),
    "oauth_client_credentials": ("endpoint", "client_id", "client_secret"),
}
_SECRETS: Final = ("password", "value", "client_secret")
_OPTIONAL: Final = {"oauth_client_credentials": ("method", "oauth")}


class ConnectionFileError(ValueError):
    """A connection file that cannot be used; the message says where and why."""


class FileConnections:
    """The connections of a file, for executions of one account."""

    def __init__(self, path: Path, account: str, environment: Mapping[str, str]) -> None:
        """Raises `ConnectionFileError`."""
        self._account = account
        self._environment = environment
        try:
            self._tables = tomllib.loads(path.read_text())
        except (OSError, ValueError) as error:
            raise ConnectionFileError(f"{path}: {error}") from None
        for name, table in self._tables.items():
            _check(f"{path}: {name}", table)

    async def find(self, arn: str, call: Call) -> Connection | Failure | None:
        """The connection of this name, with its secrets as they are now."""
        named = name_of(arn)
        if named is None or named[0] != self._account or call.account != self._account:
            return None
        table = self._tables.get(named[1])
        if table is None:
            return None
        try:
            return _connection(table, self._read)
        except (OSError, KeyError, ValueError):
            return Failure(INVALID_SECRET, f"A secret of the connection {arn} cannot be read.")

    def _read(self, value: Any) -> str:
        if isinstance(value, str):
            return value
        if "env" in value:
            return self._environment[value["env"]]
        return Path(value["file"]).read_text().rstrip("\r\n")


def _check(where: str, table: Any) -> None:
    kind = table.get("type") if isinstance(table, dict) else None
    if kind not in _KINDS:
        raise ConnectionFileError(f"{where}: type must be one of {', '.join(_KINDS)}")
    known = ("type", *_FIELDS[kind], *_OPTIONAL.get(kind, ()), *_PLACES)
    for name in table:
        if name not in known:
            raise ConnectionFileError(f"{where}: {name} is not known for {kind}; known are {', '.join(known)}")
    for name in _FIELDS[kind]:
        if name not in table:
            raise ConnectionFileError(f"{where}: {name} is missing")
        _check_value(f"{where}: {name}", table[name], secret=name in _SECRETS)
    _check_additions(where, table)
    _check_additions(f"{where}.oauth", table.get("oauth", {}))


def _check_additions(where: str, table: Any) -> None:
    if not isinstance(table, dict):
        raise ConnectionFileError(f"{where} must be a table")
    for place in _PLACES:
        values = table.get(place, {})
        if not isinstance(values, dict):
            raise ConnectionFileError(f"{where}.{place} must be a table")
        for name, value in values.items():
            _check_value(f"{where}.{place}.{name}", value, secret=False)


def _check_value(where: str, value: Any, *, secret: bool) -> None:
    if isinstance(value, dict) and len(value) == 1:
        [(source, name)] = value.items()
        if source in ("env", "file") and isinstance(name, str):
            return
    if secret:
        raise ConnectionFileError(f'{where} must say where the secret is: {{ env = "NAME" }} or {{ file = "PATH" }}')
    if not isinstance(value, str):
        raise ConnectionFileError(f'{where} must be a text, {{ env = "NAME" }} or {{ file = "PATH" }}')


def _connection(table: dict[str, Any], read: Callable[[Any], str]) -> Connection:
    kind = table["type"]
    additions = _additions(table, read)
    fields = {name: read(table[name]) for name in _FIELDS[kind]}
    if kind == "basic":
        additions.headers.update(basic(fields["username"], fields["password"]))
    if kind == "api_key":
        additions.headers.update(api_key(fields["name"], fields["value"]))
    if kind != "oauth_client_credentials":
        return Connection(additions)
    oauth = OAuth(
        fields["endpoint"],
        table.get("method", "POST"),
        fields["client_id"],
        fields["client_secret"],
        _additions(table.get("oauth", {}), read),
    )
    return Connection(additions, oauth)


def _additions(table: dict[str, Any], read: Callable[[Any], str]) -> Additions:
    return Additions(
        *({name: read(value) for name, value in table.get(place, {}).items()} for place in _PLACES),
    )
