"""`stepwell nodes`: who drives executions of a database, and which of its shards."""

from typing import Any

import click

from stepwell.cli.options import setting_options, settings_of
from stepwell.cli.terminal import STATUSES, Failed
from stepwell.settings import Settings


@click.command(
    short_help="Say which nodes a database has.",
    epilog=f"""\b
Examples:
  stepwell nodes --database postgresql://stepwell@db.internal/stepwell
  stepwell nodes --json

Nodes share a PostgreSQL database: each drives the executions of some shards. One that has died is listed until the
others have waited for one lease; a shard of nobody is taken within a quarter of a second, if there is a node.

{STATUSES}""",
)
@setting_options(["database"])
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def nodes(as_json: bool, **options: Any) -> None:
    """Say which nodes drive executions of a database, and which shards each of them has."""
    import asyncio
    import json

    from stepwell.store import StoreError

    try:
        found, shards = asyncio.run(_load(settings_of(options)))
    except StoreError as error:
        raise Failed(str(error)) from None
    report = _report(found, shards)
    click.echo(json.dumps(report) if as_json else "\n".join(_lines(report)))


async def _load(settings: Settings) -> Any:
    from stepwell.app import make_store
    from stepwell.store.postgres import is_address

    if not is_address(settings.database):
        raise click.UsageError("A SQLite database has one server at a time. Nodes share a postgresql:// database.")
    store = make_store(settings)
    await store.open()
    try:
        return await store.load_nodes()
    finally:
        await store.close()


def _report(nodes: Any, shards: Any) -> dict[str, Any]:
    owned: dict[bytes | None, list[int]] = {node.id: [] for node in nodes}
    for row in shards:
        owned.setdefault(row.node if row.node in owned else None, []).append(row.shard)
    lines = [
        {
            "id": node.id.hex(),
            "name": node.name,
            "address": node.address,
            "started": _time(node.started_ms),
            "shards": owned[node.id],
        }
        for node in nodes
    ]
    return {"nodes": lines, "shards": len(shards), "free": owned.get(None, [])}


def _time(at_ms: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(at_ms // 1000, UTC).isoformat().replace("+00:00", "Z")


def _lines(report: dict[str, Any]) -> list[str]:
    if not report["nodes"]:
        return [f"No node drives executions of this database; it has {report['shards']} shards."]
    rows = [("NODE", "ADDRESS", "SINCE", "SHARDS")]
    for node in report["nodes"]:
        rows.append((node["name"], node["address"], node["started"], _ranges(node["shards"])))
    if report["free"]:
        rows.append(("(nobody)", "", "", _ranges(report["free"])))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row[:3], widths, strict=True)), row[3]]) for row in rows
    ]


def _ranges(shards: list[int]) -> str:
    """How many, and which: `5: 0-3, 7`."""
    parts: list[list[int]] = []
    for shard in shards:
        if parts and shard == parts[-1][-1] + 1:
            parts[-1] = [parts[-1][0], shard]
        else:
            parts.append([shard, shard])
    texts = [f"{first}" if first == last else f"{first}-{last}" for first, last in parts]
    return f"{len(shards)}: {', '.join(texts)}" if shards else "0"
