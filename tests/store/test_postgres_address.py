"""Addresses of databases, as people write them."""

import pytest

from stepwell.store import StoreError
from stepwell.store.postgres import Address, is_address


@pytest.mark.parametrize(
    ("database", "answer"),
    [
        ("postgresql://host/name", True),
        ("postgres://user:secret@host:5433/name?schema=a", True),
        ("stepwell.db", False),
        ("/var/lib/postgresql/stepwell.db", False),
        ("postgresql", False),
        (":memory:", False),
        ("mysql://host/name", False),
    ],
)
def test_which_databases_are_addresses(database: str, answer: bool) -> None:
    assert is_address(database) is answer


@pytest.mark.parametrize(
    ("database", "url", "schema", "place"),
    [
        ("postgresql://h/n", "postgresql://h/n", "stepwell", "postgresql://h/n"),
        (
            "postgresql://me:s%40crt@h:5433/n?schema=shop_1&sslmode=require",
            "postgresql://me:s%40crt@h:5433/n?sslmode=require",
            "shop_1",
            "postgresql://me@h:5433/n?schema=shop_1",
        ),
        (
            "postgresql://me@/n?host=/run/postgresql&password=secret",
            "postgresql://me@/n?host=/run/postgresql&password=secret",
            "stepwell",
            "postgresql://me@/n?host=/run/postgresql",
        ),
        ("postgresql://a:1,b:2/n", "postgresql://a:1,b:2/n", "stepwell", "postgresql://a:1,b:2/n"),
    ],
)
def test_an_address_is_taken_apart(database: str, url: str, schema: str, place: str) -> None:
    found = Address.of(database)
    assert (found.url, found.schema, found.place) == (url, schema, place)


@pytest.mark.parametrize("schema", ["", "A", "a-b", 'a"; DROP TABLE meta', "1a", "a" * 64])
def test_a_schema_has_a_plain_name(schema: str) -> None:
    with pytest.raises(StoreError, match="a schema is named with small letters"):
        Address.of(f"postgresql://h/n?schema={schema}")
