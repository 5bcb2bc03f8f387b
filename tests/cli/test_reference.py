"""The reference page is complete: every command, every option, every default of a setting."""

from pathlib import Path

import click

from stepwell.cli.program import program
from stepwell.settings import meanings

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "command-line.md").read_text()


def options(command, name="stepwell"):
    if isinstance(command, click.Group):
        for inner_name, inner in command.commands.items():
            yield from options(inner, f"{name} {inner_name}")
    for parameter in command.params:
        if isinstance(parameter, click.Option) and not parameter.hidden:
            yield from ((name, option) for option in parameter.opts if option.startswith("--"))


def test_every_option_is_on_the_page():
    assert [
        (name, option) for name, option in options(program) if f"`{option}" not in PAGE and name != "stepwell"
    ] == []


def test_every_command_has_its_heading():
    assert [name for name in program.commands if f"\n## `stepwell {name}" not in PAGE] == []


def test_every_setting_stands_there_with_its_default():
    for name, default, _ in meanings():
        shown = (
            ""
            if default is None or default is False
            else f"`{default:g}`"
            if isinstance(default, float)
            else f"`{default}`"
        )
        assert f"| `--{name.replace('_', '-')}` | {shown}".rstrip() in PAGE
