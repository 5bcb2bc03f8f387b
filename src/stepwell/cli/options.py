"""Options of the commands, made from the table of settings, and settings made from them."""

import os
from collections.abc import Callable, Iterable
from dataclasses import fields
from typing import Any, TypeVar

import click

from stepwell.settings import SettingError, Settings, read_settings

_Command = TypeVar("_Command", bound=Callable[..., Any])
_SHAPES = {
    "database": "FILE",
    "functions": "DIR|FILE",
    "lambda_endpoint": "URL",
    "limits": "LIMITS",
    "buckets": "DIR",
    "containers": "FILE",
    "outbound": "LIMITS",
    "s3_endpoint": "URL",
    "execution_logs": "DIR",
    "logs_endpoint": "URL",
    "kms_endpoint": "URL",
    "host": "ADDRESS",
    "hosts": "NAMES",
    "node_address": "HOST:PORT",
    "account": "DIGITS",
    "region": "NAME",
    "console_base": "PATH",
}


def setting_options(names: Iterable[str] | None = None) -> Callable[[_Command], _Command]:
    """Adds the options of these settings to a command, or of all of them.

    An option that is not given has the value None, so that the environment can speak.
    """
    wanted = None if names is None else set(names)
    rows = [row for row in fields(Settings) if wanted is None or row.name in wanted]

    def add(command: _Command) -> _Command:
        for row in reversed(rows):
            kind = str if row.default is None or row.metadata["read"] else type(row.default)
            command = _option(row.name, row.default, kind, row.metadata["meaning"], row.metadata["choices"])(command)
        return command

    return add


def _option(
    name: str, default: Any, kind: type, meaning: str, choices: tuple[str, ...]
) -> Callable[[_Command], _Command]:
    switch = isinstance(default, bool)
    shown = "" if default is None or switch else f"  [default: {_shown(default)}]"
    return click.option(
        f"--{name.replace('_', '-')}",
        name,
        is_flag=switch,
        type=click.Choice(choices) if choices else kind,
        default=None,
        metavar=None if choices else _SHAPES.get(name),
        help=f"{meaning if meaning.startswith(choices or '-') else meaning[0].upper() + meaning[1:]}.{shown}",
    )


def _shown(default: Any) -> str:
    return f"{default:g}" if isinstance(default, float) else str(default)


def settings_of(options: dict[str, Any]) -> Settings:
    """The settings, from the options and the environment. A wrong one is a usage error."""
    try:
        settings = read_settings(os.environ, options)
    except SettingError as error:
        raise click.UsageError(f"{error}") from None
    if settings.functions is not None and not os.path.exists(settings.functions):
        raise click.UsageError(
            f"The folder of functions {settings.functions!r} does not exist. Make it, or mend --functions."
        )
    if settings.containers is not None and not os.path.isfile(settings.containers):
        raise click.UsageError(
            f"The file of containers {settings.containers!r} does not exist. Write it, or mend --containers."
        )
    if settings.buckets is not None and not os.path.isdir(settings.buckets):
        raise click.UsageError(
            f"The folder of buckets {settings.buckets!r} does not exist. Make it, or mend --buckets."
        )
    return settings
