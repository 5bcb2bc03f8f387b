"""`stepwell migrate`: bring a database to this release, or say what that would mean."""

from typing import Any

import click

from stepwell.cli.options import setting_options, settings_of
from stepwell.cli.terminal import STATUSES, Failed
from stepwell.settings import Settings


@click.command(
    short_help="Bring a database to this release.",
    epilog=f"""\b
Examples:
  stepwell migrate --dry-run --database postgresql://owner@db.internal/stepwell
  stepwell migrate --database postgresql://owner@db.internal/stepwell

An upgrade is one transaction: whole, or not at all. A server does the same when it starts, if its role may; servers
that run meanwhile go on. With --commit, what is written from then on can no longer be read by the release before: do it
when all servers are new, and you do not want to go back.

{STATUSES}""",
)
@setting_options(["database"])
@click.option("--dry-run", is_flag=True, help="Say what would be done, and change nothing.")
@click.option("--commit", is_flag=True, help="Also write in this release's format from now on, without a way back.")
def migrate(dry_run: bool, commit: bool, **options: Any) -> None:
    """Bring a database to this release: the tables, and with --commit the format of what is in them."""
    if dry_run and commit:
        raise click.UsageError("--dry-run changes nothing, and --commit changes something: choose one.")
    import asyncio

    from stepwell.store import StoreError

    try:
        asyncio.run(_migrate(settings_of(options), dry_run=dry_run, commit=commit))
    except StoreError as error:
        raise Failed(str(error)) from None


async def _migrate(settings: Settings, *, dry_run: bool, commit: bool) -> None:
    from stepwell.app import make_store

    store = make_store(settings)
    upgrade = await store.survey()
    if not dry_run:
        await store.open()
        try:
            if commit and upgrade.format < upgrade.newest_format:
                await store.put_meta("format", str(upgrade.newest_format).encode())
        finally:
            await store.close()
    click.echo("\n".join(_report(upgrade, dry_run=dry_run, commit=commit)))


def _report(upgrade: Any, *, dry_run: bool, commit: bool) -> list[str]:
    lines = [upgrade.place]
    if upgrade.steps:
        newest = upgrade.schema + len(upgrade.steps)
        came = f"schema {upgrade.schema}, of Stepwell {upgrade.release}" if upgrade.schema else "nothing there yet"
        lines.append(f"  {came}; {'would become' if dry_run else 'now'} schema {newest}")
        lines += [f"  {'would run' if dry_run else 'ran'} {name}" for name in upgrade.steps]
    else:
        lines.append(f"  schema {upgrade.schema}: nothing to do")
    if upgrade.format == upgrade.newest_format:
        lines.append(f"  format {upgrade.format}, this release's")
    elif commit:
        lines.append(f"  format {upgrade.newest_format}, was {upgrade.format}: older releases cannot read it")
    else:
        lines.append(f"  format {upgrade.format}; --commit raises it to {upgrade.newest_format}, without a way back")
    return lines
