"""Run seeds by hand: `python -m tests.simulation_nodes 17` or `... 0 1000` for a range."""

import sys
import time

from tests.simulation_nodes.simulation import run

first, *rest = (int(argument) for argument in sys.argv[1:])
began = time.monotonic()
for seed in range(first, rest[0]) if rest else (first,):
    simulation = run(seed)
    if not rest:
        print(f"seed {seed}: {simulation.lives} lives, {len(simulation.ledger.started)} executions")
print(f"{time.monotonic() - began:.1f} s")
