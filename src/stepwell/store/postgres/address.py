"""The address of a database as people write it: what the driver needs of it, and what may be shown of it."""

import re
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from msgspec import Struct

from stepwell.store.protocol import StoreError

SCHEMA: Final = "stepwell"
"""The schema of an installation that names none; several installations may share a database."""

_SCHEMES: Final = ("postgresql", "postgres")
_SCHEMA_NAME: Final = re.compile(r"[a-z_][a-z0-9_]{0,62}")


def is_address(database: str) -> bool:
    """Whether this names a PostgreSQL database, rather than a file."""
    return database.partition("://")[0] in _SCHEMES and "://" in database


class Address(Struct, frozen=True):
    """`url` is for the driver; `place` is for people, without the password."""

    url: str
    schema: str
    place: str

    @classmethod
    def of(cls, database: str) -> "Address":
        """Read postgresql://user:password@host:port/name?schema=stepwell&... Raises StoreError."""
        parts = urlsplit(database)
        pairs = parse_qsl(parts.query, keep_blank_values=True)
        schema = dict(pairs).get("schema", SCHEMA)
        if _SCHEMA_NAME.fullmatch(schema) is None:
            raise StoreError(f"schema={schema}: a schema is named with small letters, digits and underscores.")
        query = urlencode([pair for pair in pairs if pair[0] != "schema"], safe="/")
        url = urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))
        user, at, hosts = parts.netloc.rpartition("@")
        shown = urlencode([pair for pair in pairs if pair[0] in ("host", "port", "schema")], safe="/")
        place = urlunsplit((parts.scheme, user.partition(":")[0] + at + hosts, parts.path, shown, ""))
        return cls(url, schema, place)
