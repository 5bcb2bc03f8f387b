"""The JSON that a command is given: as text, as @file, or as - for standard input."""

import sys
from pathlib import Path

import click


def read_input(given: str | None) -> str | None:
    """The text of the JSON, exactly as it came; None if none was given. What is not JSON is a usage error."""
    from stepwell.payload import JsonError, parse_json

    if given is None:
        return None
    try:
        if given == "-":
            text = sys.stdin.buffer.read().decode()
        elif given.startswith("@"):
            text = Path(given[1:]).read_bytes().decode("utf-8-sig")
        else:
            text = given
    except OSError as error:
        raise click.UsageError(f"--input {given}: {error.strerror or error}.") from None
    except UnicodeDecodeError as error:
        raise click.UsageError(f"--input {given} is not UTF-8 (byte {error.start}).") from None
    try:
        parse_json(text)
    except JsonError as error:
        hint = (
            ""
            if given.startswith(("@", "-"))
            else " A file is named by @file; in a shell, put JSON into single quotes."
        )
        raise click.UsageError(f"--input is not JSON: {error}.{hint}") from None
    return text
