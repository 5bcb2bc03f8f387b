"""The colours and glyphs of a drawing, light and dark: those of the console.

Each status has a colour, a word and a glyph, so that nothing is said by colour alone. Texts have a contrast of at least
4.5:1 against what they stand on, lines and glyphs 3:1; a test counts.
"""

from typing import Final, NamedTuple

from stepwell.engine.model import Status


class Tone(NamedTuple):
    """Colours of a status: of lines, glyph and words, and to write on."""

    ink: str
    soft: str


class Theme(NamedTuple):
    """The colours of a whole drawing."""

    surface: str
    canvas: str
    text: str
    muted: str
    border: str
    hairline: str
    accent: str
    selected: str
    statuses: dict[Status, Tone]


LIGHT: Final = Theme(
    surface="#ffffff",
    canvas="#f5f8fa",
    text="#0f141a",
    muted="#4d525c",
    border="#7d828c",
    hairline="#d5d9e0",
    accent="#0a6a86",
    selected="#e2f2f6",
    statuses={
        "running": Tone("#0059b3", "#e6f1fd"),
        "waiting": Tone("#7a5200", "#fff3d6"),
        "succeeded": Tone("#106b2f", "#e5f6e9"),
        "caught": Tone("#8a4b00", "#ffeedd"),
        "failed": Tone("#b80f0f", "#fdeaea"),
        "aborted": Tone("#4d525c", "#eceef1"),
        "timedOut": Tone("#99247a", "#fbe9f6"),
    },
)
DARK: Final = Theme(
    surface="#161d26",
    canvas="#10161e",
    text="#ebebf0",
    muted="#b4b8c0",
    border="#7d8592",
    hairline="#333b47",
    accent="#5cc8e6",
    selected="#12333e",
    statuses={
        "running": Tone("#6db8ff", "#0f2a47"),
        "waiting": Tone("#f0c14b", "#372b0c"),
        "succeeded": Tone("#5fd07a", "#10321c"),
        "caught": Tone("#f5a95c", "#3a2510"),
        "failed": Tone("#ff8a8a", "#431a1d"),
        "aborted": Tone("#b4b8c0", "#2a313b"),
        "timedOut": Tone("#f08fd4", "#3d1a34"),
    },
)

# Strokes within a square of 16.
_CIRCLE: Final = "M8 2A6 6 0 1 1 8 14 6 6 0 0 1 8 2"
UNKNOWN_GLYPH: Final = "M6 6A2 2 0 1 1 8 8.2V9.5M8 12V12.5"
GLYPHS: Final = {
    "Task": "M9 1.5 3.5 9H7.5L7 14.5 12.5 7H8.5Z",
    "Choice": "M8 1.5 14.5 8 8 14.5 1.5 8Z",
    "Wait": f"{_CIRCLE}M8 4.5V8L10.5 10",
    "Pass": "M2 8H13M9.5 4.5 13 8 9.5 11.5",
    "Succeed": f"{_CIRCLE}M5.3 8.2 7.2 10.2 10.8 6",
    "Fail": f"{_CIRCLE}M5.8 5.8 10.2 10.2M10.2 5.8 5.8 10.2",
    "Parallel": "M3 2.5V13.5M8 2.5V13.5M13 2.5V13.5",
    "Map": "M5 5H14V14H5ZM2 11V2H11",
}
STATUS_GLYPHS: Final[dict[Status, str]] = {
    "running": "M8 2A6 6 0 1 1 2.8 5",
    "waiting": f"{_CIRCLE}M8 4.5V8L10.5 10",
    "succeeded": "M3 8.5 6.5 12 13 4.5",
    "caught": "M3 3V8A3 3 0 0 0 6 11H13M10 8 13 11 10 14",
    "failed": "M3.5 3.5 12.5 12.5M12.5 3.5 3.5 12.5",
    "aborted": "M4 4H12V12H4Z",
    "timedOut": "M4 2H12M4 14H12M5 2 11 14M11 2 5 14",
}
