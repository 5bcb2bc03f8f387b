"""A PostgreSQL for the tests of this session, and in it a schema for each test.

STEPWELL_TEST_DATABASE_URL names a server that is there already; otherwise one is started when the first test wants it.
"""

import os
import secrets
from collections.abc import AsyncIterator, Iterator
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The address of a database in which tests may do as they like."""
    url = os.environ.get("STEPWELL_TEST_DATABASE_URL")
    if url:
        yield url
        return
    from stepwell.testing.postgres_server import PostgresServer

    server = PostgresServer()
    try:
        server.start()
        yield server.url()
    finally:
        server.remove()


@pytest.fixture
async def database(postgres_url: str) -> AsyncIterator[str]:
    """What `--database` is given: a schema that nobody else uses, gone after the test."""
    schema = f"test_{secrets.token_hex(6)}"
    yield f"{postgres_url}{'&' if '?' in postgres_url else '?'}schema={schema}"
    connection = await asyncpg.connect(postgres_url)
    await connection.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
    await connection.close()


@pytest.fixture
async def database_alone(postgres_url: str) -> AsyncIterator[str]:
    """The same in a database of its own, for tests that change its settings or end its sessions."""
    name = f"test_{secrets.token_hex(6)}"
    administrator = await asyncpg.connect(postgres_url)
    await administrator.execute(f"CREATE DATABASE {name}")
    parts = urlsplit(postgres_url)
    address = urlunsplit((parts.scheme, parts.netloc, f"/{name}", parts.query, ""))
    yield f"{address}{'&' if parts.query else '?'}schema=stepwell"
    await administrator.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await administrator.close()
