"""Compressed content, recognised by its first bytes and unpacked in bounded steps.

A small file may unpack to a huge one: no step gives more than a few megabytes, however well the file was packed.
"""

import zlib
from collections.abc import Iterator
from typing import Any, Final, Protocol

from stepwell.integrations.items.item import ItemReaderFailed
from stepwell.integrations.items.source import CHUNK_BYTES

GZIP: Final = "gzip"
ZSTD: Final = "zstd"
MAGIC_BYTES: Final = 4
# A block of zstd takes 4 bytes and may unpack to 128 KiB, and the library has no bound of its own on what it gives.
_ZSTD_STEP_BYTES: Final = 128
_ZSTD_WINDOW_BYTES_MAX: Final = 134_217_728


def packing_of(first: bytes) -> str:
    """How content that begins like this is packed: `gzip`, `zstd`, or the empty text."""
    if first.startswith(b"\x1f\x8b\x08"):
        return GZIP
    return ZSTD if first.startswith(b"\x28\xb5\x2f\xfd") else ""


class Unpacker(Protocol):
    """One stream being unpacked."""

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """What can be unpacked now, in bounded steps; read it to the end. Raises `ItemReaderFailed`."""
        ...

    def finish(self) -> None:
        """The packed bytes are over. Raises `ItemReaderFailed` if they break off."""
        ...


def unpacker(packing: str) -> Unpacker:
    """A new unpacker for `gzip` or `zstd`; several members behind each other are one stream."""
    return _Gzip() if packing == GZIP else _Zstd()


class _Gzip:
    def __init__(self) -> None:
        self._stream: Any = None

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        waiting = False  # the bytes are used up, but zlib has more to give for them
        while chunk or waiting:
            if self._stream is None:
                chunk = chunk.lstrip(b"\0")  # padding between members is allowed
                self._stream = zlib.decompressobj(wbits=31) if chunk else None
                continue
            try:
                unpacked = self._stream.decompress(chunk, CHUNK_BYTES)
            except zlib.error as error:
                raise ItemReaderFailed(f"The object is not valid gzip: {error}") from None
            if unpacked:
                yield unpacked
            waiting = len(unpacked) == CHUNK_BYTES
            chunk = self._stream.unconsumed_tail
            if self._stream.eof:
                chunk, waiting = self._stream.unused_data, False
                self._stream = None

    def finish(self) -> None:
        if self._stream is not None:
            raise ItemReaderFailed("The object is not valid gzip: it ends before its data does")


class _Zstd:
    def __init__(self) -> None:
        self._stream: Any = None

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        for at in range(0, len(chunk), _ZSTD_STEP_BYTES):
            step = chunk[at : at + _ZSTD_STEP_BYTES]
            while step:
                unpacked, step = self._unpack(step)
                if unpacked:
                    yield unpacked

    def _unpack(self, step: bytes) -> tuple[bytes, bytes]:
        import zstandard

        if self._stream is None:
            reader = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW_BYTES_MAX)
            self._stream = reader.decompressobj(write_size=16_384)
        try:
            unpacked: bytes = self._stream.decompress(step)
        except zstandard.ZstdError as error:
            raise ItemReaderFailed(f"The object is not valid zstd: {error}") from None
        if not self._stream.eof:
            return unpacked, b""
        left: bytes = self._stream.unused_data
        self._stream = None
        return unpacked, left

    def finish(self) -> None:
        if self._stream is not None:
            raise ItemReaderFailed("The object is not valid zstd: it ends before its data does")
