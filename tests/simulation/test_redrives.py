"""Executions that ended badly in a hostile world are redriven, again and again: nothing of the tree is lost or doubled."""

from collections import Counter

import pytest

from stepwell.engine.commands import CancelTask, EvaluateExpressions
from stepwell.engine.events import Redriven, StopRequested
from tests.simulation.world import World

STEPS_MAX = 150
REDRIVES = 3


def redrive(world: World, count: int) -> bool:
    """Let the ended execution go on, as the runtime does; False when it cannot."""
    player = world.player
    if player.execution.recorder.next_id >= player.limits.history_events_max - 1:
        return False
    world.open.clear()
    world.asked.clear()
    decision = player.redrive(count)
    if decision is None:
        return False
    assert decision.accepted
    for command in decision.commands:
        if isinstance(command, EvaluateExpressions):
            world.asked[command.number] = command
        elif isinstance(command, CancelTask):
            world.open.pop(command.attempt, None)
        else:
            world.open[command.attempt] = command
    assert not player.decide(Redriven(count)).accepted
    return True


def remember_redrives(world: World) -> None:
    """What the execution's own row says of its redrives is there again after a crash, as the runtime sees to it."""
    player, load = world.player, world.player.reload

    def reload() -> None:
        before = player.execution
        load()
        player.execution.redrives, player.execution.redriven_ms = before.redrives, before.redriven_ms

    player.reload = reload  # type: ignore[method-assign]


def play(seed: int) -> World:
    world = World(seed)
    remember_redrives(world)
    world.check_end = lambda: None  # type: ignore[method-assign]  # this is not the end yet
    world.run()
    for count in range(1, REDRIVES + 1):
        if world.player.status == "SUCCEEDED" or not redrive(world, count):
            break
        for _ in range(STEPS_MAX):
            if world.player.status != "RUNNING":
                break
            world.step()
        if world.player.status == "RUNNING":
            world.hand_in(StopRequested("Enough", None))
    return world


@pytest.mark.parametrize("chunk", range(20))
def test_seeds(chunk: int) -> None:
    ends: Counter[str] = Counter()
    for seed in range(chunk * 25, chunk * 25 + 25):
        try:
            ends[play(seed).player.status] += 1
        except Exception as error:
            error.add_note(f"seed {seed}")
            raise
    assert ends


def test_a_seed_that_once_failed() -> None:
    """An execution that was loaded put its variables apart once more."""
    assert play(7_149).player.status != "RUNNING"
