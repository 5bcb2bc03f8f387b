"""Log records of this process on standard error, below whatever else is drawn there."""

from typing import Final

import click

PRINTED: Final = ("stepwell.functions.output", "stepwell.containers.output")
"""The logs of what local functions and containers print."""


def log_to_stderr(form: str, *, functions: bool) -> None:
    """Show warnings and worse; with `functions` also, in short, what those and containers print."""
    import logging

    class Handler(logging.Handler):
        """Finds standard error anew for each record, since a moving last line may stand before it."""

        def emit(self, record: logging.LogRecord) -> None:
            click.echo(self.format(record), err=True)

    general, printed = Handler(), Handler()
    general.setFormatter(logging.Formatter(form))
    printed.setFormatter(logging.Formatter("%(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[general])
    for name in PRINTED:
        log = logging.getLogger(name)
        log.propagate = False
        log.handlers = [printed] if functions else []
        log.setLevel(logging.INFO if functions else logging.CRITICAL)
