"""What a node does now and then, beside its executions, as long as it is up."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from stepwell.store.protocol import StoreError

log = logging.getLogger("stepwell.runtime")


class Chore:
    """Work that is done at once and then every `between_s`, from the end of one time to the next.

    A store that fails is tried again the next time; `trouble` is what the log says then.
    """

    def __init__(self, name: str, between_s: float, work: Callable[[], Awaitable[object]], trouble: str) -> None:
        self._name = name
        self._between_s = between_s
        self._work = work
        self._trouble = trouble
        self._task: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Begin with the first time."""
        self._task = asyncio.get_running_loop().create_task(self._run(), name=self._name)

    async def close(self) -> None:
        """Stop, wherever it is."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _run(self) -> None:
        while True:
            try:
                await self._work()
            except StoreError as error:
                log.error("%s: %s", self._trouble, error)
            await asyncio.sleep(self._between_s)
