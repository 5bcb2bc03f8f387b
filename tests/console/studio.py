"""The studio as a person uses it: palette, graph, form, text. `Studio` is a window in which it is open."""

import json
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from playwright.sync_api import Locator, Page, expect

from tests.console.browser import PATIENCE_MS, Window
from tests.server.outside import ROLE, OwnServer

ORDER: Final = """{
    "Comment": "an order",   "StartAt": "Check",
    "States": {
        "Check": { "Type": "Pass", "Next": "Paid?" },
        "Paid?": {
            "Type": "Choice",
            "Choices": [ { "Variable": "$.paid", "BooleanEquals": true, "Next": "Pack" } ],
            "Default": "Remind"
        },
        "Pack": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": { "FunctionName": "pack", "Payload.$": "$" },
            "Catch": [ { "ErrorEquals": ["Box.Missing"], "ResultPath": "$.error", "Next": "Remind" } ],
            "Next": "Send"
        },
        "Remind": { "Type": "Wait", "Seconds": 1, "Next": "Check" },
        "Send": { "Type": "Succeed" }
    }
}
"""

expect.set_options(timeout=PATIENCE_MS)


def make(server: OwnServer, name: str, definition: str = ORDER) -> str:
    """A state machine with a definition as it is written."""
    made = server.get("CreateStateMachine", name=name, definition=definition, roleArn=ROLE)
    return str(made["stateMachineArn"])


class Studio:
    """An open editor."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.page: Page = window.page
        self.page.emulate_media(
            reduced_motion="reduce"
        )  # the graph is where it will be at once, so that a drop lands there

    def open(self, arn: str, **search: str) -> "Studio":
        """Open the editor of a state machine."""
        query = "&".join(f"{name}={quote(value, safe='')}" for name, value in search.items())
        self.window.goto(f"machines/{quote(arn, safe='')}/edit?{query}")
        return self.ready()

    def new(self, example: str = "blank", **search: str) -> "Studio":
        """Open the editor of a new state machine."""
        query = "".join(f"&{name}={quote(value, safe='')}" for name, value in search.items())
        self.window.goto(f"create?example={example}{query}")
        return self.ready()

    def ready(self) -> "Studio":
        """Wait until the server has judged the text."""
        expect(self.by("problem-count")).to_have_attribute("data-judged", "")
        return self

    def by(self, testid: str) -> Locator:
        return self.page.get_by_test_id(testid)

    # The graph

    def node(self, name: str) -> Locator:
        return self.page.locator(f'[data-testid="graph-node"][data-state={json.dumps(name)}]')

    def select(self, name: str) -> "Studio":
        self.node(name).click()
        expect(self.by("field-Name")).to_have_value(name)
        return self

    def plus(self, edge: str) -> Locator:
        """The "+" of the edge that a member makes, by its JSON pointer."""
        return self.page.locator(f'[data-edge={json.dumps(edge)}] [data-testid="graph-insert"]')

    @property
    def graph(self) -> Locator:
        return self.by("canvas").get_by_test_id("graph")

    def edge(self, source: str, target: str) -> Locator:
        return self.page.locator(
            f'[data-testid="graph-edge"][data-source={json.dumps(source)}][data-target={json.dumps(target)}]'
        )

    def fit(self) -> None:
        """Bring the whole graph into sight."""
        self.by("graph-canvas").focus()
        self.page.keyboard.press("0")

    def drag(self, offer: str, edge: str) -> None:
        """Drag from the palette to an edge's "+"."""
        self.fit()
        self.by(f"offer-{offer}").drag_to(self.plus(edge))

    def drag_into_branch(self, offer: str, branch: int) -> None:
        """Drag from the palette into an empty branch; branches themselves take no pointer, the canvas does."""
        self.fit()
        self.by(f"offer-{offer}").drag_to(self.by("graph-lane").nth(branch), force=True)

    # Text

    def text(self) -> str:
        """The whole text, as it is exported."""
        return self.export("JSON").read_text()

    def export(self, kind: str) -> Path:
        """What a choice of the export menu gives, as a file."""
        self.by("export-menu").get_by_role("button").first.click()
        with self.page.expect_download() as download:
            self.page.get_by_role("menuitem", name=kind, exact=True).click()
        return Path(download.value.path())

    def definition(self) -> Any:
        return json.loads(self.text())

    # Saving

    def save(self, *, name: str | None = None, comment: str = "", publish: bool = False) -> None:
        self.by("save").click()
        dialog = self.by("save-dialog")
        if name is not None:
            dialog.get_by_test_id("save-name").fill(name)
        dialog.get_by_test_id("save-comment").fill(comment)
        if publish:
            dialog.get_by_test_id("save-publish").get_by_role("checkbox").check()
        dialog.get_by_test_id("save-confirm").click()
