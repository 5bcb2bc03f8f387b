"""What somebody says about jobs elsewhere: perhaps one has ended, so ask again now rather than later.

AWS tells the ends of jobs by events of EventBridge. Nothing depends on them: a hint that is lost, late, wrong or forged
moves a question about a job in time, and only the service's own answer ends a task.
"""

import asyncio
from collections.abc import Iterable, Iterator
from typing import Any, Final

_DEPTH_MAX: Final = 4
_NAMES_MAX: Final = 1_000


class Hints:
    """Who waits for news of which job. A job is known by one name: its ARN, or its id."""

    def __init__(self) -> None:
        self._waiting: dict[str, set[asyncio.Event]] = {}

    async def wait(self, name: str, timeout_s: float) -> bool:
        """Return when there may be news of a job, True, or when the time is over, False."""
        told = asyncio.Event()
        self._waiting.setdefault(name, set()).add(told)
        try:
            async with asyncio.timeout(timeout_s):
                await told.wait()
            return True
        except TimeoutError:
            return False
        finally:
            others = self._waiting[name]
            others.discard(told)
            if not others:
                del self._waiting[name]

    def tell(self, names: Iterable[str]) -> int:
        """There may be news of the jobs with these names. How many of them somebody waits for."""
        known = self._waiting.keys() & set(names)
        for name in known:
            for told in self._waiting[name]:
                told.set()
        return len(known)


def names_in(event: Any) -> set[str]:
    """What an event of EventBridge may be about: its resources, and all texts of its detail, whole and behind their
    last slash (`arn:aws:codebuild:...:build/project:id`), since each service has a spelling of its own.
    """
    if not isinstance(event, dict):
        return set()
    names: set[str] = set()
    for text in _texts([event.get("resources"), event.get("detail")], _DEPTH_MAX):
        names.add(text)
        names.add(text.rpartition("/")[2])
        if len(names) > _NAMES_MAX:
            break
    return names


def _texts(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif depth and isinstance(value, list | dict):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner, depth - 1)
