"""Numbered migrations: which schema a database has, and the steps from there to the one of this release.

The `meta` table says what a database is: `schema` (number of the last migration), `format` (the format byte that is
written into snapshots and history), `shards` and `buckets` (fixed when the database is made), `release` (the newest
release that migrated it). All are decimal text, but for `release`.
"""

import re
from collections.abc import Mapping
from importlib.resources import files

from msgspec import Struct

from stepwell import __version__
from stepwell.store.protocol import StoreNewer
from stepwell.store.records import Upgrade

WRITE_FORMAT = 1
"""The format of snapshots and history batches that a database made by this release begins with."""

_FILE = re.compile(r"^(\d{4})_[a-z0-9_]+\.sql$")


class Migration(Struct, frozen=True):
    """One step: after it the database has the schema `number`."""

    number: int
    name: str
    script: str


def survey(migrations: list[Migration], meta: Mapping[str, bytes] | None, place: str) -> Upgrade:
    """What a database lacks that says this about itself (None: nothing). Raises StoreNewer."""
    if meta is None:
        names = tuple(migration.name for migration in migrations)
        return Upgrade(place, 0, __version__, names, WRITE_FORMAT, WRITE_FORMAT)
    schema, format, release = int(meta["schema"]), int(meta["format"]), meta["release"].decode()
    check_format(format, place, release)
    names = tuple(migration.name for migration in pending(migrations, schema, place, release))
    return Upgrade(place, schema, release, names, format, WRITE_FORMAT)


def load_migrations(package: str) -> list[Migration]:
    """The migrations of a backend in order. Raises ValueError when a number is missing or used twice."""
    found = []
    for file in files(package).joinpath("migrations").iterdir():
        match = _FILE.match(file.name)
        if match is not None:
            found.append(Migration(int(match.group(1)), file.name, file.read_text("utf-8")))
    found.sort(key=lambda migration: migration.number)
    if [migration.number for migration in found] != list(range(1, len(found) + 1)):
        raise ValueError(f"the migrations of {package} are not numbered 1, 2, 3 ...")
    return found


def pending(migrations: list[Migration], schema: int, place: str, release: str) -> list[Migration]:
    """The migrations that a database at `schema` lacks. Raises StoreNewer for one that is ahead."""
    newest = len(migrations)
    if schema > newest:
        raise StoreNewer(
            f"The database {place} has schema {schema}, written by Stepwell {release}; this is Stepwell {__version__}, "
            f"which knows schemas up to {newest}. Start Stepwell {release} or newer on it, or restore a backup that "
            f"was made before the upgrade. Nothing was changed."
        )
    return migrations[schema:]


def check_format(format: int, place: str, release: str) -> None:
    """Raises StoreNewer for a database whose snapshots and history this release could not read."""
    if format > WRITE_FORMAT:
        raise StoreNewer(
            f"The database {place} has format {format}, written by Stepwell {release}; this is Stepwell {__version__}, "
            f"which knows formats up to {WRITE_FORMAT}. Start Stepwell {release} or newer on it, or restore a backup "
            f"that was made before the upgrade. Nothing was changed."
        )


def first_meta(shards: int, buckets: int) -> dict[str, bytes]:
    """What a new database says about itself."""
    numbers = {"format": WRITE_FORMAT, "shards": shards, "buckets": buckets}
    return {key: str(number).encode() for key, number in numbers.items()}
