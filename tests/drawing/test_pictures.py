"""The pictures on the pages are what `stepwell graph` draws today."""

import json
from pathlib import Path

from stepwell.drawing import draw, lay_out, read_graph

ROOT = Path(__file__).parents[2]


def test_the_order_workflow():
    value = json.loads((ROOT / "src" / "stepwell" / "demo" / "order.asl.json").read_text())
    drawn = draw(lay_out(read_graph(value)), "The order workflow of stepwell demo")
    assert drawn == (ROOT / "docs" / "pictures" / "order.svg").read_text()
