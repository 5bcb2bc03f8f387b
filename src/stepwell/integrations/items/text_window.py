"""A window of text that moves over a file: what has been read and not yet been used up.

It knows how many bytes lie before it, so that every place where a reader stops can be found again. It grows only while
one item does not fit, and never far beyond the largest item allowed.
"""

import codecs
from collections.abc import AsyncIterator

from stepwell.integrations.items.content import Content
from stepwell.integrations.items.item import ItemReaderFailed

_BYTE_ORDER_MARK = "\ufeff"


class TextWindow:
    """Text of a file in UTF-8. `text` begins at byte `offset`; `ended` says that nothing follows it."""

    def __init__(self, content: Content, item_bytes_max: int) -> None:
        self.text = ""
        self.offset = content.start.offset
        self.ended = False
        self._item_bytes_max = item_bytes_max
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
        if len(self.text) > self._item_bytes_max:
            raise too_large(self._item_bytes_max, self.offset)
        parts, length = [self.text], len(self.text)
        wanted = min(2 * length, self._item_bytes_max) + 1
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
