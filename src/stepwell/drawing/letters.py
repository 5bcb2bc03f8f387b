"""How wide texts are, without a font at hand: enough to break and to shorten what is written in a drawing.

Widths are those of a plain sans-serif, a little on the generous side, in parts of the font size.
"""

import unicodedata
from typing import Final

_NARROW: Final = frozenset("ijl.,:;'|!()[]{}ftr-/\\`\"I ")
_BROAD: Final = frozenset("mwMW@%&…")
_WIDTHS: Final = {"narrow": 0.36, "broad": 0.95, "capital": 0.72, "plain": 0.62, "square": 1.0}


def width_of(text: str, size: float) -> float:
    """The width of a text in a font of a size, in the unit of the size."""
    return size * sum(_width(letter) for letter in text)


def _width(letter: str) -> float:
    if letter in _NARROW:
        return _WIDTHS["narrow"]
    if letter in _BROAD:
        return _WIDTHS["broad"]
    if letter.isascii():
        return _WIDTHS["capital" if letter.isupper() else "plain"]
    if unicodedata.combining(letter):
        return 0.0
    return _WIDTHS["square" if unicodedata.east_asian_width(letter) in "WF" else "capital"]


def fitted(text: str, width: float, size: float) -> str:
    """A text that is no wider than `width`: shortened by an ellipsis if need be."""
    if width_of(text, size) <= width:
        return text
    left = width - width_of("…", size)
    kept = 0
    for letter in text:
        left -= size * _width(letter)
        if left < 0:
            break
        kept += 1
    return text[:kept].rstrip() + "…"


def in_two_lines(text: str, width: float, size: float) -> list[str]:
    """A text in one line or two, broken where a word ends if it can be; the second line is shortened if need be."""
    if width_of(text, size) <= width:
        return [text]
    ends = [place for place in range(1, len(text)) if _may_break(text, place)]
    fits = [place for place in ends if width_of(text[:place].rstrip(), size) <= width]
    place = fits[-1] if fits else _fitting(text, width, size)
    return [text[:place].rstrip(), fitted(text[place:].lstrip(), width, size)]


def _may_break(text: str, place: int) -> bool:
    before, after = text[place - 1], text[place]
    return before.isspace() or before in "-_/.:" or (before.islower() and after.isupper())


def _fitting(text: str, width: float, size: float) -> int:
    """How many letters fit; at least one."""
    return next((n for n in range(len(text), 1, -1) if width_of(text[:n], size) <= width), 1)
