"""The colours and glyphs of a drawing, light and dark.

Each status has a colour, a word and a glyph, so that nothing is said by colour alone. Texts have a contrast of at least
4.5:1 against what they stand on, lines and glyphs 3:1; a test counts.
"""

from typing import Final, NamedTuple

from stepwell.drawing.outcome import Status


class Tone(NamedTuple):
    """Colours of a status: of lines and words, and of the ground behind."""

    ink: str
    ground: str


class Theme(NamedTuple):
    """The colours of a whole drawing."""

    page: str
    lane: str
    lane_line: str
    node: str
    node_line: str
    text: str
    quiet: str
    edge: str
    accent: str
    accent_ground: str
    statuses: dict[Status, Tone]


LIGHT: Final = Theme(
    page="#ffffff",
    lane="#f4f6f9",
    lane_line="#ccd4dd",
    node="#ffffff",
    node_line="#8794a3",
    text="#16202c",
    quiet="#566271",
    edge="#7b8896",
    accent="#4b4fc4",
    accent_ground="#eeeffc",
    statuses={
        Status.RUNNING: Tone("#0b63c5", "#e8f2fe"),
        Status.WAITING: Tone("#7d5700", "#fff6dc"),
        Status.FAILED: Tone("#c4161c", "#fdeceb"),
        Status.TIMED_OUT: Tone("#a3195b", "#fdebf3"),
        Status.ABORTED: Tone("#566271", "#eef1f4"),
        Status.CAUGHT: Tone("#9a4b00", "#fff1e2"),
        Status.SUCCEEDED: Tone("#11752b", "#e9f7ec"),
    },
)
DARK: Final = Theme(
    page="#0f1620",
    lane="#151e2a",
    lane_line="#39465a",
    node="#1b2634",
    node_line="#6c7b8e",
    text="#e8edf3",
    quiet="#a3b0bf",
    edge="#7f8ea1",
    accent="#a9adff",
    accent_ground="#2a2f57",
    statuses={
        Status.RUNNING: Tone("#69b1ff", "#14304f"),
        Status.WAITING: Tone("#f0c14b", "#3a2f10"),
        Status.FAILED: Tone("#ff8a85", "#45191b"),
        Status.TIMED_OUT: Tone("#ff8fc0", "#451a30"),
        Status.ABORTED: Tone("#b3bfcc", "#2a3441"),
        Status.CAUGHT: Tone("#ffb169", "#422711"),
        Status.SUCCEEDED: Tone("#6fd688", "#16361f"),
    },
)

# Strokes within a square of 16.
GLYPHS: Final = {
    "Task": "M9 1.5 3.5 9H7.5L7 14.5 12.5 7H8.5Z",
    "Choice": "M8 1.5 14.5 8 8 14.5 1.5 8Z",
    "Wait": "M8 2A6 6 0 1 1 8 14 6 6 0 0 1 8 2M8 4.5V8L10.5 10",
    "Pass": "M2 8H13M9.5 4.5 13 8 9.5 11.5",
    "Succeed": "M8 2A6 6 0 1 1 8 14 6 6 0 0 1 8 2M5.3 8.2 7.2 10.2 10.8 6",
    "Fail": "M8 2A6 6 0 1 1 8 14 6 6 0 0 1 8 2M5.8 5.8 10.2 10.2M10.2 5.8 5.8 10.2",
    "Parallel": "M3 2.5V13.5M8 2.5V13.5M13 2.5V13.5",
    "Map": "M5 5H14V14H5ZM2 11V2H11",
    "": "M6 6A2 2 0 1 1 8 8.2V9.5M8 12V12.5",
}
STATUS_GLYPHS: Final = {
    Status.RUNNING: "M8 2A6 6 0 1 1 2.8 5",
    Status.WAITING: "M8 2A6 6 0 1 1 8 14 6 6 0 0 1 8 2M8 4.5V8L10.5 10",
    Status.FAILED: "M3.5 3.5 12.5 12.5M12.5 3.5 3.5 12.5",
    Status.TIMED_OUT: "M4 2H12M4 14H12M5 2 11 14M11 2 5 14",
    Status.ABORTED: "M4 4H12V12H4Z",
    Status.CAUGHT: "M3 3V8A3 3 0 0 0 6 11H13M10 8 13 11 10 14",
    Status.SUCCEEDED: "M3 8.5 6.5 12 13 4.5",
}
