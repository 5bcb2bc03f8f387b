"""The store over PostgreSQL, and over databases that speak as it does.

`PostgresStore` itself is in `store`, for its driver takes 20 ms to load: whoever has no such database goes without.
"""

from stepwell.store.postgres.address import Address, is_address

__all__ = ["Address", "is_address"]
