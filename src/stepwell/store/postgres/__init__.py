"""The store over PostgreSQL, and over databases that speak as it does."""

from stepwell.store.postgres.address import is_address
from stepwell.store.postgres.store import PostgresStore

__all__ = ["PostgresStore", "is_address"]
