"""What one node is told and another may be waiting for: names of jobs elsewhere that may have ended.

It goes to every node that this one can reach directly. Nothing depends on it: what is lost is found out a little later.
"""

from collections.abc import Callable, Iterable

from stepwell.runtime.codec import pack, unpack

Listen = Callable[[list[str]], object]


class News:
    """Of this node. `spread` tells the others; `listeners` take the names that come up, here or elsewhere."""

    def __init__(self, spread: Callable[[bytes], None]) -> None:
        self._spread = spread
        self.listeners: list[Listen] = []

    def tell(self, names: Iterable[str]) -> None:
        """Somebody has told this node: all may want to know."""
        known = sorted(names)
        if known:
            self._take(known)
            self._spread(pack(known))

    def hear(self, body: bytes) -> None:
        """Another node has been told. Raises FormatNewer."""
        self._take(unpack(body))

    def _take(self, names: list[str]) -> None:
        for listen in self.listeners:
            listen(names)
