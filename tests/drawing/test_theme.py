"""Colours that can be read, and a glyph for everything."""

import pytest

from stepwell.drawing.outcome import WORDS
from stepwell.drawing.theme import DARK, GLYPHS, LIGHT, STATUS_GLYPHS


def luminance(colour):
    """Relative luminance, as WCAG 2.2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_texts_and_lines_stand_out(theme):
    for ground in (theme.canvas, theme.surface):
        assert contrast(theme.text, ground) >= 4.5
        assert contrast(theme.muted, ground) >= 4.5
        assert contrast(theme.border, ground) >= 3
    assert contrast(theme.accent, theme.selected) >= 3
    for ink, soft in theme.statuses.values():
        assert contrast(ink, soft) >= 4.5
        assert contrast(ink, theme.canvas) >= 3
        assert contrast(theme.text, soft) >= 4.5
        assert contrast(theme.muted, soft) >= 4.5


def test_nothing_is_said_by_colour_alone():
    assert set(STATUS_GLYPHS) == set(WORDS) == set(LIGHT.statuses) == set(DARK.statuses)
    assert len(set(STATUS_GLYPHS.values())) == len(STATUS_GLYPHS)
    assert len(set(GLYPHS.values())) == len(GLYPHS) == 8
