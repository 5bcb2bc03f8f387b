"""`stepwell demo`: a shop's order on a real server, drawn while it happens."""

from pathlib import Path

import click

from stepwell.cli.terminal import FAILED, STATUSES, Failed, console, end


@click.command(
    epilog=f"""\b
Examples:
  stepwell demo
  stepwell demo --keep     then kill the server, start it again, and see what is still there

Needs no AWS account, no credentials and no network; leaves nothing behind, unless --keep is given.

{STATUSES}"""
)
@click.option("--keep", is_flag=True, help="Leave the server running, and say how to use it.")
@click.option("--fast", is_flag=True, help="Wait no longer than necessary.")
def demo(keep: bool, fast: bool) -> None:
    """Run a shop's order through a workflow, and watch it."""
    import tempfile

    from stepwell.cli.story import tell
    from stepwell.demo.client import Refused
    from stepwell.demo.shop import ServerDidNotStart, Shop

    _end_on_sigterm()
    shop = Shop(Path(tempfile.mkdtemp(prefix="stepwell-demo-")))
    kept = False
    try:
        succeeded = tell(shop, console(), keep, fast)
        kept = keep and succeeded
    except ServerDidNotStart as error:
        raise Failed(f"The demo's server did not start. It said:\n{error}") from None
    except (Refused, OSError) as error:
        raise Failed(f"The demo's server did not do its part ({error}). Its log is {shop.log}.") from None
    finally:
        if not kept:
            shop.stop()
            shop.clear()
    if not succeeded:
        end(FAILED)


def _end_on_sigterm() -> None:
    """Asked to end, the demo ends its server, too."""
    import signal

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
