"""Map, inline: one iteration per item of an array."""

from typing import TYPE_CHECKING, Final

from stepwell.asl.states.map import Map
from stepwell.engine import composite
from stepwell.engine.branch import Branch
from stepwell.engine.history import CODES
from stepwell.engine.map_items import effective_input, select_concurrency, select_items

if TYPE_CHECKING:
    from stepwell.engine.execution import Execution

_ENTERED: Final = CODES["MapStateEntered"]


def enter(run: "Execution", branch: Branch, state: Map) -> Branch | None:
    """Enter and fork."""
    run.enter(branch, _ENTERED)
    return fork(run, branch)


def fork(run: "Execution", branch: Branch) -> Branch | None:
    """Start the first iterations, the first time or again for a retry."""
    concurrency = select_concurrency(run, branch, effective_input(run, branch))
    return composite.fork_map(run, branch, select_items(run, branch), concurrency)
