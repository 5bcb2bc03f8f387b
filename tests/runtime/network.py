"""Lines between nodes in one process: frames take their time, in order, and lines may break between living nodes."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextvars import Context, copy_context
from random import Random

from stepwell.runtime.carrier import Accept, CarrierError, Hear

_SLOW_S = 0.05


class SimLine:
    """One end. What it hears, it hears as part of the node whose end it is."""

    def __init__(self, network: "Network", place: object) -> None:
        self._network = network
        self.place = place
        self.context: Context = copy_context()
        self.hear: Hear | None = None
        self.lost: Callable[[], None] | None = None
        self.other: SimLine | None = None
        self._coming: deque[bytes] = deque()
        self._due_s = 0.0

    @property
    def is_free(self) -> bool:
        return self.other is not None

    def send(self, frame: bytes) -> None:
        other = self.other
        if other is None:
            return
        if self._network.breaks():
            other.hang_up()
            self.hang_up()
            return
        loop = asyncio.get_running_loop()
        other._coming.append(frame)
        other._due_s = max(other._due_s, loop.time() + self._network.delay_s())
        loop.call_at(other._due_s, other._arrive, context=other.context)

    def _arrive(self) -> None:
        if self.other is not None and self.hear is not None and self._coming:
            self.hear(self._coming.popleft())

    def close(self) -> None:
        other, self.other, self.lost = self.other, None, None
        if other is not None:
            other.hang_up()

    def hang_up(self) -> None:
        """The other end has gone: this one hears of it a little later."""
        if self.other is None:
            return
        self.other = None
        lost, self.lost = self.lost, None
        if lost is not None:
            asyncio.get_running_loop().call_later(self._network.delay_s(), lost, context=self.context)


class Network:
    """Who listens where. `trouble` says whether lines may break now, `rate` how often."""

    def __init__(self, dice: Random, trouble: Callable[[], bool]) -> None:
        self._dice = dice
        self._trouble = trouble
        self._rate = dice.choice((0.0, 0.02, 0.2))
        self.listening: dict[str, tuple[object, Callable[[], bytes], Accept, Context]] = {}
        self.ends: list[SimLine] = []
        self.frames = 0
        self.broken = 0

    def breaks(self) -> bool:
        self.frames += 1
        happens = self._trouble() and self._dice.random() < self._rate
        self.broken += happens
        return happens

    def delay_s(self) -> float:
        return self._dice.random() * self._dice.choice((0.001, _SLOW_S))

    def cut(self, place: object) -> None:
        """A node has died: its ends are gone, and nobody answers there."""
        self.listening = {address: taken for address, taken in self.listening.items() if taken[0] is not place}
        for end in self.ends:
            if end.place is place:
                end.close()
        self.ends = [end for end in self.ends if end.other is not None]


class SimCarrier:
    """See `carrier.Carrier`: one node's way into the network. `place` is the node's life."""

    def __init__(self, network: Network, place: object) -> None:
        self._network = network
        self._place = place
        self._address = f"{len(network.listening)}/{id(place)}"

    async def listen(self, key: bytes, own_id: Callable[[], bytes], accept: Accept) -> str:
        self._network.listening[self._address] = (self._place, own_id, accept, copy_context())
        return self._address

    async def call(self, address: str, node_id: bytes, hear: Hear, lost: Callable[[], None]) -> SimLine:
        await asyncio.sleep(self._network.delay_s())
        place, own_id, accept, context = self._network.listening.get(address, (None, bytes, None, None))
        if accept is None or own_id() != node_id:
            raise CarrierError("nobody answers there")
        ours, theirs = SimLine(self._network, self._place), SimLine(self._network, place)
        theirs.context = context or theirs.context
        ours.other, theirs.other = theirs, ours
        ours.hear, ours.lost, theirs.hear = hear, lost, accept(theirs)
        self._network.ends += [ours, theirs]
        return ours

    async def close(self) -> None:
        self._network.cut(self._place)
