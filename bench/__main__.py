"""Runs the benchmarks and prints their figures beside their bars."""

import argparse
import asyncio
import json
import sys
from collections.abc import Callable, Coroutine
from typing import Any

from bench import distance, durable, engine, functions, maps, nodes, outbound, postgres, reads, services, stored, wire
from bench.measure import Row, as_dicts, show


def _durable(scale: float) -> list[Row]:
    return _on_a_loop(durable.run(int(10_000 * scale)))


def _on_a_loop(work: Coroutine[Any, Any, list[Row]]) -> list[Row]:
    try:
        import uvloop

        rows: list[Row] = uvloop.run(work)
        return rows
    except ImportError:
        return asyncio.run(work)


def _console_graph(_scale: float) -> list[Row]:
    from bench import console_graph  # a browser is not there on every machine

    return console_graph.run()


def _console(_scale: float) -> list[Row]:
    from bench import console

    return console.run()


BENCHMARKS: dict[str, Callable[[float], list[Row]]] = {
    "engine": lambda scale: engine.run(int(3_000 * scale)),
    "durable": _durable,
    "postgres": lambda scale: _on_a_loop(postgres.run(int(10_000 * scale))),
    "nodes": lambda scale: nodes.run(int(10_000 * scale)),
    "distance": lambda scale: distance.run(int(1_000 * scale)),
    "stored": lambda scale: stored.run(int(1_000_000 * scale)),
    "reads": lambda scale: reads.run(int(1_000_000 * scale)),
    "sync-express": lambda scale: reads.sync_express(int(1_000 * scale)),
    "distributed-map": lambda scale: maps.distributed(int(1_000_000 * scale)),
    "inline-map": lambda scale: _on_a_loop(maps.inline(int(50_000 * scale))),
    "functions": lambda scale: _on_a_loop(functions.run(int(500 * scale))),
    "services": lambda scale: _on_a_loop(services.run(int(2_000 * scale))),
    "outbound": lambda scale: outbound.run(int(1_000 * scale)),
    "starts": lambda scale: wire.starts(int(25_000 * scale)),
    "open": lambda scale: wire.open_waits(int(100_000 * scale)),
    "start-up": lambda _scale: wire.start_up(),
    "console-graph": _console_graph,
    "console": _console,
}


def main() -> int:
    """Run all benchmarks or those that are named; exit status 1 when a bar is missed."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("names", nargs="*", help=f"which: {', '.join(BENCHMARKS)}; default: all")
    options.add_argument("--scale", type=float, default=1.0, help="more or less work than usual")
    options.add_argument("--json", action="store_true", help="print one JSON document")
    given = options.parse_args()
    unknown = [name for name in given.names if name not in BENCHMARKS]
    if unknown:
        options.error(f"no such benchmark: {', '.join(unknown)}")
    rows: list[Row] = []
    for name in given.names or BENCHMARKS:
        found = BENCHMARKS[name](given.scale)
        rows.extend(found)
        if not given.json:
            sys.stdout.write(f"\n{name}\n")
            show(found)
    if given.json:
        sys.stdout.write(json.dumps(as_dicts(rows), indent=1) + "\n")
    return 0 if all(row.good is not False for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
