"""The pages hold together: links lead somewhere, decisions have their shape, chores that are named exist."""

import re

import pytest

from tests.tidy.trees import ROOT, nothing, texts

PAGES = sorted(path for path in texts() if path.endswith(".md"))
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
DECISION_PARTS = ["## Context", "## Decision", "## Consequences", "## What would change our mind"]
ONE_SCREEN = 60


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    text = re.sub(r"```.*?```", "", texts()[page], flags=re.S)
    targets = re.findall(r"\]\((?!\w+:|#)([^)#\s]+)(?:#[\w-]+)?\)", text)
    folder = (ROOT / page).parent
    nothing([target for target in targets if not (folder / target).exists()])


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda path: path.name)
def test_a_decision_fits_on_a_screen(decision):
    text = decision.read_text()
    assert re.findall(r"(?m)^## .*$", text) == DECISION_PARTS
    assert text.count("\n") <= ONE_SCREEN


def test_decisions_are_numbered_without_gaps():
    assert [int(path.name[:4]) for path in DECISIONS] == list(range(1, len(DECISIONS) + 1))


def test_decisions_are_listed():
    listed = (ROOT / "docs" / "decisions" / "README.md").read_text()
    nothing([path.name for path in DECISIONS if f"({path.name})" not in listed])


def test_chores_that_are_named_exist():
    chores = set(re.findall(r"(?m)^([a-z]+):", (ROOT / "Makefile").read_text()))
    named = {(page, chore) for page in PAGES for chore in re.findall(r"`make ([a-z]+)", texts()[page])}
    nothing(sorted(f"{page}: make {chore}" for page, chore in named if chore not in chores))
