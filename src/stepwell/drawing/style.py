"""The style sheet of a drawing: one for light, one for dark, or one that follows the reader."""

from typing import Final

from stepwell.drawing.outcome import Status
from stepwell.drawing.theme import DARK, LIGHT, Theme

_FONT: Final = (
    'system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,"Noto Sans","Noto Sans CJK KR",sans-serif'
)
_SHAPES: Final = (
    f"text{{font-family:{_FONT}}}"
    ".name{font-size:13px;font-weight:600}.detail,.status,.words{font-size:11px}.status{font-weight:600}"
    ".way,.glyph{fill:none;stroke-linecap:round;stroke-linejoin:round}.glyph{stroke-width:1.6}"
    ".way{stroke-width:1.5}.default .way{stroke-width:1}.catch .way{stroke-dasharray:5 4;stroke-linecap:butt}"
    ".taken .way{stroke-width:2.5}.badge .glyph{stroke-width:2.6}"
    ".missing .body,.unreached .body{stroke-dasharray:2 3}.lane{stroke-dasharray:4 4}"
)


def style_sheet(theme: str) -> str:
    """The rules for `light`, `dark` or `auto`."""
    if theme == "auto":
        return f"{_SHAPES}{_colours(LIGHT)}@media(prefers-color-scheme:dark){{{_colours(DARK)}}}"
    return _SHAPES + _colours(DARK if theme == "dark" else LIGHT)


def _colours(theme: Theme) -> str:
    rules = [
        f".page{{fill:{theme.page}}}.lane{{fill:{theme.lane};stroke:{theme.lane_line}}}",
        f".body{{fill:{theme.node};stroke:{theme.node_line}}}.name{{fill:{theme.text}}}",
        f".detail,.words{{fill:{theme.quiet}}}.label rect{{fill:{theme.page}}}.inside .label rect{{fill:{theme.lane}}}",
        f".tile{{fill:{theme.accent_ground}}}.glyph{{stroke:{theme.accent}}}",
        f".way{{stroke:{theme.edge}}}.head{{fill:{theme.edge}}}",
        f".start .body,.end .body{{fill:{theme.lane}}}",
    ]
    taken = theme.statuses[Status.SUCCEEDED].ink
    rules.append(f".taken .way{{stroke:{taken}}}.taken .head{{fill:{taken}}}")
    for status, tone in theme.statuses.items():
        name = status.value.replace(" ", "-")
        rules.append(
            f".{name}>.body{{fill:{tone.ground};stroke:{tone.ink};stroke-width:1.5}}"
            f".badge.{name} rect{{fill:{tone.ground};stroke:{tone.ink}}}"
            f".badge.{name} .glyph{{stroke:{tone.ink}}}.badge.{name} text{{fill:{tone.ink}}}"
        )
    return "".join(rules)
