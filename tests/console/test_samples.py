"""The examples to start from run, with the input that comes with each."""

import json
from pathlib import Path

from tests.server.outside import OwnServer

SAMPLES = sorted((Path(__file__).parents[2] / "console" / "src" / "editor" / "samples").glob("*.json"))


def test_every_example_is_valid_and_succeeds(server: OwnServer) -> None:
    begun = {}
    for path in SAMPLES:
        example = json.loads(path.read_text())
        text = json.dumps(example["definition"])
        judged = server.get("ValidateStateMachineDefinition", definition=text, severity="WARNING")
        assert judged["diagnostics"] == [], path.name
        begun[path.name] = server.start(server.create(example["definition"]), example["input"])
    assert len(begun) == 6
    ended = {name: server.ended(execution)["status"] for name, execution in begun.items()}
    assert set(ended.values()) == {"SUCCEEDED"}, ended
