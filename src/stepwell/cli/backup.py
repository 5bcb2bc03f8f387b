"""`stepwell backup` and `stepwell restore`: copies of a database, and what a copy means for what was open in it."""

import os
from typing import Any

import click

from stepwell.cli.options import setting_options, settings_of
from stepwell.cli.terminal import STATUSES, Failed
from stepwell.settings import Settings


@click.command(
    short_help="Copy a SQLite database while a server has it open.",
    epilog=f"""\b
Examples:
  stepwell backup monday.db
  stepwell backup --database /var/lib/stepwell/orders.db /backups/orders-$(date +%F).db

The copy is of one moment, and on the disk when this returns. PostgreSQL is copied with its own tools.

{STATUSES}""",
)
@click.argument("target", metavar="FILE", type=click.Path())
@setting_options(["database"])
def backup(target: str, **options: Any) -> None:
    """Copy a SQLite database into FILE, while a server has it open or not."""
    settings = settings_of(options)
    if _is_postgresql(settings) or settings.database == ":memory:":
        raise click.UsageError(
            "This command copies a SQLite file. PostgreSQL has its own tools, pg_dump for one: see the page on backups."
        )
    from stepwell.store import StoreError
    from stepwell.store.sqlite.backup import copy_database

    try:
        size = copy_database(settings.database, target)
    except StoreError as error:
        raise Failed(str(error)) from None
    click.echo(f"{target}: {size:,} bytes")


@click.command(
    short_help="Put a copy of a database in the place of one that is lost.",
    epilog=f"""\b
Examples:
  stepwell restore monday.db --database /var/lib/stepwell/orders.db
  stepwell restore --database postgresql://stepwell@db.internal/stepwell     after pg_restore or the like
  stepwell restore moved.db --database orders.db --open resume               nothing ran since the copy was made

A copy does not know what executions did after it was made. So those that are open in it are aborted, as soon as a
server opens the database, and nothing is done twice; redrive those that are to go on. With --open resume they go on
from where the copy has them: right if no server ran since it was made, or if all that they call may be called twice.

{STATUSES}""",
)
@click.argument("copy", metavar="[FILE]", required=False, type=click.Path())
@click.option(
    "--open",
    "opened",
    type=click.Choice(["abort", "resume"]),
    default="abort",
    show_default=True,
    help="What becomes of executions that are open in the copy.",
)
@setting_options(["database"])
def restore(copy: str | None, opened: str, **options: Any) -> None:
    """Put FILE in the place of a SQLite database; without FILE, deal with a database that its own tools restored."""
    settings = settings_of(options)
    if copy is not None and _is_postgresql(settings):
        raise click.UsageError("FILE is a copy of a SQLite database. Restore PostgreSQL first, then leave FILE out.")
    import asyncio

    from stepwell.store import StoreError

    try:
        asyncio.run(_restore(settings, copy, aborts=opened == "abort"))
    except StoreError as error:
        raise Failed(str(error)) from None
    becomes = "are aborted" if opened == "abort" else "go on"
    click.echo(f"Restored. Executions that are open in it {becomes} when a server opens it.")


async def _restore(settings: Settings, copy: str | None, *, aborts: bool) -> None:
    from dataclasses import replace

    from stepwell.app import make_store
    from stepwell.runtime.restored import mark_restored
    from stepwell.store.sqlite.backup import copy_database, refuse_existing

    database = settings.database
    if copy is not None:
        refuse_existing(database)
        settings = replace(settings, database=f"{database}.restoring")
        copy_database(copy, settings.database)
    store = make_store(settings)
    await store.open()
    try:
        if aborts:
            await mark_restored(store)
    finally:
        await store.close()
    if copy is not None:
        os.replace(settings.database, database)
        os.unlink(f"{settings.database}.lock")


def _is_postgresql(settings: Settings) -> bool:
    from stepwell.store.postgres import is_address

    return is_address(settings.database)
