"""The store over PostgreSQL, and over databases that speak as it does."""

from stepwell.store.postgres.address import Address, is_address
from stepwell.store.postgres.store import PostgresStore

__all__ = ["Address", "PostgresStore", "is_address"]
