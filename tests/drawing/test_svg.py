"""The document: well-formed whatever a definition says, with text as text, and told in words."""

from xml.etree import ElementTree

import pytest

from stepwell.drawing import Outcome, draw, lay_out, read_graph
from stepwell.drawing.outcome import StateOutcome, Transition
from tests.drawing.definitions import NAMES, definition, states_of

SVG = "{http://www.w3.org/2000/svg}"


def document(value, **options):
    return ElementTree.fromstring(draw(lay_out(read_graph(value)), "A title", **options))


def texts(root, kind):
    return [one.text for one in root.iter(f"{SVG}text") if one.get("class") == kind]


@pytest.mark.parametrize("name", NAMES)
def test_every_definition(name):
    value = definition(name)
    root = document(value)
    assert root.find(f"{SVG}title").text == "A title"
    ids = {one.get("data-id") for one in root.iter(f"{SVG}g")}
    assert set(states_of(value)) <= ids
    description = root.find(f"{SVG}desc").text
    assert all(word in description for word in ("Start, leads to", value["StartAt"]))


def test_names_are_text_and_nothing_else():
    root = document(definition("names"))
    assert '</script><b>&"quoted"\'' in " ".join(texts(root, "name"))
    assert root.find(f".//{SVG}script") is None


def test_what_xml_cannot_hold_is_replaced():
    root = document({"StartAt": "a\x00b\ud800\x1b", "States": {"a\x00b\ud800\x1b": {"Type": "Pass", "End": True}}})
    assert "a\ufffdb\ufffd\ufffd" in texts(root, "name")


def test_nothing_is_loaded_and_nothing_runs():
    text = draw(lay_out(read_graph(definition("names"))), "A title")
    assert "href" not in text
    assert "@import" not in text
    assert text.count("http") == 1  # the name of the format itself


def test_statuses_have_word_colour_and_glyph():
    outcome = Outcome(
        {"Fetch": StateOutcome("succeeded"), "Shape": StateOutcome("timedOut", 4, 1)},
        frozenset({Transition("", "Fetch"), Transition("Fetch", "Shape")}),
    )
    root = document(definition("straight"), outcome=outcome)
    assert texts(root, "status") == ["succeeded", "timed out ×4 ↻1"]
    assert [one.get("class") for one in root.iter(f"{SVG}g") if "badge" in one.get("class")] == [
        "badge succeeded",
        "badge timedOut",
    ]
    taken = [one.get("data-id") for one in root.iter(f"{SVG}g") if "taken" in one.get("class").split()]
    assert sorted(taken) == ["/StartAt", "/States/Fetch/Next"]
    assert "Shape, Pass, timed out ×4 ↻1, leads to Cool down." in root.find(f"{SVG}desc").text


def test_ways_that_were_taken_lie_on_top():
    outcome = Outcome({}, frozenset({Transition("Done?", "Report")}))
    root = document(definition("poll-a-job"), outcome=outcome)
    edges = [one for one in root.iter(f"{SVG}g") if one.get("class").startswith("edge")]
    assert edges[-1].get("data-id") == "/States/Done?/Choices/0/Next"


def test_what_is_wrong_is_seen():
    root = document(
        {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "C": {"Type": "Pass", "End": True}}}
    )
    assert "no such state" in texts(root, "detail")
    assert "⚠ not reached · Pass" in texts(root, "detail")


@pytest.mark.parametrize(("theme", "rules"), [("light", 0), ("dark", 0), ("auto", 1)])
def test_themes(theme, rules):
    text = draw(lay_out(read_graph(definition("straight"))), "A title", theme=theme)
    assert text.count("prefers-color-scheme") == rules
    assert ("#ffffff" in text) == (theme != "dark")
    assert ("#161d26" in text) == (theme != "light")
