"""Every definition that there is: drawn whole, and left as it was written when nothing was changed."""

import json
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import expect

from tests.console.browser import Window
from tests.console.machines import at
from tests.console.studio import Studio
from tests.drawing.definitions import FOLDER, NAMES, states_of
from tests.server.outside import ROLE, OwnServer

CASES: Final = Path(__file__).parents[1] / "conformance" / "cases"
QUICK: Final = NAMES[::4]


def written(path: Path) -> str:
    """The text of a definition as a person has it, by turns indented in one way and in another."""
    held = json.loads(path.read_text())
    definition = held.get("definition", held)
    return (
        definition if isinstance(definition, str) else json.dumps(definition, indent="\t" if len(path.name) % 2 else 3)
    )


def texts() -> list[object]:
    """Those of `tests/definitions`, of which some are quick, and of the conformance cases."""
    own = [FOLDER / f"{name}.asl.json" for name in NAMES]
    named = [(path, [] if path.name.removesuffix(".asl.json") in QUICK else [pytest.mark.proof]) for path in own]
    named += [(path, [pytest.mark.proof]) for path in sorted(CASES.glob("*.json"))]
    return [pytest.param(written(path), id=path.name.partition(".")[0], marks=marks) for path, marks in named]


@pytest.mark.parametrize("text", texts())
def test_a_definition_is_drawn_whole_and_left_as_it_was_written(window: Window, server: OwnServer, text: str) -> None:
    made = server.ask("CreateStateMachine", name=f"corpus-{abs(hash(text))}", definition=text, roleArn=ROLE)
    if made.code == "InvalidDefinition":
        pytest.skip("it is a case of what is refused")
    arn = made.body["stateMachineArn"]
    page = window.goto(at("machines", arn, tab="definition"))
    expect(page.locator(".sw-graph")).to_have_attribute("data-nodes", str(len(states_of(json.loads(text))) + 2))
    expect(page.get_by_test_id("graph-canvas")).to_have_attribute("data-layout", "layered")
    studio = Studio(window).open(arn)
    expect(studio.by("save")).to_be_disabled()
    assert studio.text() == text
