"""A window of text that moves over a file: what has been read and not yet been used up.

It knows how many bytes lie before it, so that every place where a reader stops can be found again. It grows only while
one item does not fit, and never far beyond the largest item allowed.
"""

import codecs
from collections.abc import AsyncIterator

from stepwell.integrations.items.content import Content
from stepwell.integrations.items.item import ItemReaderFailed
from stepwell.integrations.items.source import CHUNK_BYTES

_BYTE_ORDER_MARK = "\ufeff"


class TextWindow:
    """Text of a file in UTF-8. `text` begins at byte `offset`; `ended` says that nothing follows it.

    `item_bytes_max` is how long it may get before something has to be used up.
    """

    def __init__(self, content: Content, item_bytes_max: int) -> None:
        self.text = ""
        self.offset = content.start.offset
        self.ended = False
        self.item_bytes_max = item_bytes_max
        self._pieces: AsyncIterator[bytes] = content.pieces()
        self._decoder = codecs.getincrementaldecoder("utf-8")()

    def drop(self, characters: int) -> None:
        """The first characters are used up: the window begins behind them."""
        dropped = self.text[:characters]
        self.offset += len(dropped) if dropped.isascii() else len(dropped.encode())
        self.text = self.text[characters:]

    async def more(self) -> None:
        """Make the window at least twice as long, or reach the end: so a long item is looked at a few times only.

        Raises `ItemReaderFailed` if the window already holds more than one item may have, or for bytes that are not
        UTF-8, and `ObjectError`.
        """
        if len(self.text) > self.item_bytes_max:
            raise too_large(self.item_bytes_max, self.offset)
        parts, length = [self.text], len(self.text)
        wanted = min(2 * length, self.item_bytes_max) + 1
        while length < wanted and not self.ended:
            piece = await anext(self._pieces, None)
            if piece is None:
                self.ended = True
            part = self._decode(piece or b"")
            parts.append(part)
            length += len(part)
        self.text = "".join(parts)
        if self.offset == 0 and self.text.startswith(_BYTE_ORDER_MARK):
            self.drop(1)

    def _decode(self, piece: bytes) -> str:
        try:
            return self._decoder.decode(piece, final=self.ended)
        except UnicodeDecodeError as error:
            raise ItemReaderFailed(f"The object is not valid UTF-8: {error.reason}.") from None


def too_large(item_bytes_max: int, offset: int) -> ItemReaderFailed:
    """The failure for an item beyond the limit (the text is ours)."""
    return ItemReaderFailed(f"An item at byte {offset} or after it is larger than {item_bytes_max} bytes.")


def check_size(text: str, start: int, end: int, item_bytes_max: int, offset: int) -> None:
    """Raises `ItemReaderFailed` if a part of the text has more than so many bytes."""
    length = end - start
    if length * 4 > item_bytes_max and (length > item_bytes_max or len(text[start:end].encode()) > item_bytes_max):
        raise too_large(item_bytes_max, offset)


def whole_lines(window: TextWindow, least: int = 0) -> int:
    """Where a run of whole lines ends: about 128 KiB of them, more than `least` characters; 0 if no such line ended."""
    text, enough = window.text, max(least, CHUNK_BYTES)
    end = text.rfind("\n", least, enough) + 1 or text.find("\n", enough) + 1
    return end or (len(text) if window.ended else 0)
