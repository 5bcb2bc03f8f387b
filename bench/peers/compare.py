"""Runs the peers one after another and prints their figures beside each other."""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
PEERS = {
    "stepwell": ["stepwell_peer.py"],
    "stepwell-postgres": ["stepwell_peer.py", "--postgres"],
    "restate": ["restate_peer.py"],
    "absurd": ["absurd_peer.py"],
    "dbos": ["dbos_peer.py"],
    "temporal": ["temporal_peer.py"],
}


def figures(name: str) -> dict[str, Any]:
    """One peer's figures, measured in a process of its own."""
    file, *options = PEERS[name]
    environment = dict(os.environ)
    environment.setdefault("STEPWELL", str(ROOT / ".venv" / "bin" / "stepwell"))
    environment.setdefault("RESTATE_SERVER", str(Path(sys.prefix) / "node_modules" / ".bin" / "restate-server"))
    done = subprocess.run(
        [sys.executable, str(HERE / file), *options],
        capture_output=True,
        check=False,
        text=True,
        env=environment,
    )
    if done.returncode:
        raise SystemExit(f"{name}: {done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Run all peers, or those that are named."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("names", nargs="*", help=f"which: {', '.join(PEERS)}; default: all")
    options.add_argument("--json", action="store_true", help="print one JSON document")
    given = options.parse_args()
    unknown = [name for name in given.names if name not in PEERS]
    if unknown:
        options.error(f"no such peer: {', '.join(unknown)}")
    found = {}
    if not given.json:
        sys.stdout.write("| engine | steps/s | CPU-s/1,000 | of it server | |\n| --- | --- | --- | --- | --- |\n")
    for name in given.names or PEERS:
        one = found[name] = figures(name)
        if not given.json:
            shown = f"{one['steps_per_s']:,.0f} | {one['cpu_s']:.3f} | {one['server_cpu_s']:.3f}"
            sys.stdout.write(f"| {name} | {shown} | {one['note']} |\n")
            sys.stdout.flush()
    if given.json:
        sys.stdout.write(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
