"""What a server keeps in memory of what has passed through it."""

import gc
import json

from stepwell.asl import compile as compiling
from stepwell.asl.machine import StateMachine
from stepwell.runtime import machines
from tests.server.inside import Inside
from tests.server.machines import choosing

RULES = 200


def large(number):
    rules = [{"Variable": f"$.a{place}", "IsPresent": True} for place in range(RULES)]
    return json.dumps({**choosing(*rules), "Comment": str(number)})


def test_compiled_machines_are_kept_by_size_and_freed_at_once(monkeypatch):
    """Also without the collector of cycles, which looks seldom in a server: nothing of theirs refers to itself."""
    each = len(large(0))
    monkeypatch.setattr(machines, "_KEPT_BYTES_MAX", 3 * each + 1_000)
    monkeypatch.setattr(compiling._CACHE, "characters_max", 2 * each + 1_000)
    with Inside() as server:
        server.run(large("first"), {"a0": 1})
        gc.collect()
        before = living()
        gc.disable()
        try:
            for number in range(12):
                assert server.run(large(number), {"a0": 1})["status"] == "SUCCEEDED"
            assert living() - before <= 6
        finally:
            gc.enable()


def living():
    return sum(isinstance(thing, StateMachine) for thing in gc.get_objects())
