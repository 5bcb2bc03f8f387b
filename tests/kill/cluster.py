"""Several servers on one PostgreSQL, and everything that can happen to them from outside."""

import asyncio
import random
import signal
import time
from pathlib import Path

from stepwell.store.postgres.store import PostgresStore
from stepwell.testing.postgres_server import PostgresServer
from tests.kill.harness import Server

LEASE_S = 1.0
TROUBLES = ("kill", "kill", "kill", "pause", "pause", "database")


class Cluster:
    """Nodes behind a client that takes any of them. `port` is another one each time, as a balancer would have it."""

    def __init__(self, folder: Path, nodes: int, *options: str, env: dict[str, str] | None = None) -> None:
        self.postgres = PostgresServer()
        self.postgres.start()
        self.nodes = []
        for number in range(nodes):
            place = folder / f"node{number}"
            place.mkdir()
            node = Server(place, "--lease", f"{LEASE_S:g}", *options, env=env)
            node.address = self.postgres.url()
            self.nodes.append(node)

    @property
    def port(self) -> int:
        return random.choice(self.nodes).port

    def start(self) -> None:
        for node in self.nodes:
            node.start()

    def trouble(self, what: str, dice: random.Random) -> None:
        """One thing goes wrong; when this returns everything runs again."""
        node = dice.choice(self.nodes)
        if what == "kill":
            node.kill()
            time.sleep(dice.choice((0.0, 0.0, 1.5 * LEASE_S)))
            node.start()
        elif what == "pause":
            assert node.process is not None
            node.process.send_signal(signal.SIGSTOP)
            time.sleep(dice.choice((0.5, 1.0, 2.0)) * LEASE_S)
            node.process.send_signal(signal.SIGCONT)
        else:
            self.postgres.stop(dice.choice((signal.SIGINT, signal.SIGQUIT)))
            time.sleep(dice.choice((0.0, 0.5)))
            self.postgres.start()

    def owners(self, until: float, nodes: int) -> float:
        """How long it takes from now until so many nodes have all shards; at most `until` seconds."""
        return asyncio.run(_wait_for_owners(self.postgres.url(), until, nodes))

    def close(self) -> None:
        for node in self.nodes:
            if node.process is not None and node.process.poll() is None:
                node.process.send_signal(signal.SIGCONT)
            node.close()
        self.postgres.remove()


async def _wait_for_owners(url: str, until_s: float, nodes: int) -> float:
    store = PostgresStore(url)
    await store.open()
    began_s = time.monotonic()
    try:
        while time.monotonic() - began_s < until_s:
            living, shards = await store.load_nodes()
            owners = {row.node for row in shards}
            if len(living) == nodes and owners == {node.id for node in living}:
                break
            await asyncio.sleep(0.005)
    finally:
        await store.close()
    return time.monotonic() - began_s
