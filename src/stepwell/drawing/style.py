"""The style sheet of a drawing: one for light, one for dark, or one that follows the reader."""

from typing import Final, Literal

from stepwell.drawing.theme import DARK, LIGHT, Theme

ThemeName = Literal["auto", "light", "dark"]

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


def style_sheet(name: ThemeName) -> str:
    """The rules of a theme."""
    if name == "auto":
        return f"{_SHAPES}{_colours(LIGHT)}@media(prefers-color-scheme:dark){{{_colours(DARK)}}}"
    return _SHAPES + _colours(DARK if name == "dark" else LIGHT)


def _colours(theme: Theme) -> str:
    good, caught = theme.statuses["succeeded"].ink, theme.statuses["caught"].ink
    rules = [
        f".page,.lane,.label rect{{fill:{theme.canvas}}}.lane{{stroke:{theme.hairline}}}",
        f".body{{fill:{theme.surface};stroke:{theme.border}}}.name{{fill:{theme.text}}}",
        f".detail,.words{{fill:{theme.muted}}}.tile{{fill:{theme.selected}}}.glyph{{stroke:{theme.accent}}}",
        f".way{{stroke:{theme.border}}}.head{{fill:{theme.border}}}",
        f".taken .way{{stroke:{good}}}.taken .head{{fill:{good}}}",
        f".taken.catch .way{{stroke:{caught}}}.taken.catch .head{{fill:{caught}}}",
    ]
    for name, (ink, soft) in theme.statuses.items():
        rules.append(
            f".{name}>.body{{fill:{soft};stroke:{ink};stroke-width:1.5}}"
            f".container.{name}>.body{{fill:{theme.surface}}}.badge.{name} rect{{fill:{soft};stroke:{ink}}}"
            f".badge.{name} .glyph{{stroke:{ink}}}.badge.{name} text{{fill:{ink}}}"
        )
    return "".join(rules)
