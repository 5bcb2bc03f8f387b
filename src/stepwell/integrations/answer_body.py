"""Bodies of answers, read within a budget: so much for one answer, and only a few large ones at the same time.

A thousand calls in flight may each get a small answer at once; the rest of a larger one is read when there is room for
it, and until then its sender is held up by the connection itself.
"""

import asyncio
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import aiohttp

SMALL_BYTES: Final = 262_144
"""What every answer may have at any time: as much as a payload (AWS: 256 KiB)."""
LARGE_TOGETHER: Final = 16
_CHUNK_BYTES: Final = 65_536


class AnswerBodies:
    """Reads the bodies of one client's answers."""

    def __init__(self, bytes_max: int) -> None:
        """`bytes_max`: of one answer, after decompression."""
        self._bytes_max = bytes_max
        self._large = asyncio.Semaphore(LARGE_TOGETHER)

    async def read(self, response: "aiohttp.ClientResponse") -> bytes | None:
        """The body, or None as soon as it is too large: it is counted as it comes."""
        body = bytearray()
        if await _more(response, body, min(SMALL_BYTES, self._bytes_max)):
            return bytes(body)
        async with self._large:
            if len(body) <= self._bytes_max and await _more(response, body, self._bytes_max):
                return bytes(body)
        response.close()
        return None


async def _more(response: "aiohttp.ClientResponse", body: bytearray, bytes_max: int) -> bool:
    """Read on; whether that was all of it. False as soon as there are more than so many bytes."""
    async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
        body += chunk
        if len(body) > bytes_max:
            return False
    return True
