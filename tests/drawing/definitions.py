"""Definitions to draw: those of tests/definitions, and random ones."""

import json
from pathlib import Path

from hypothesis import strategies as st

FOLDER = Path(__file__).parents[1] / "definitions"
NAMES = sorted(path.name.removesuffix(".asl.json") for path in FOLDER.glob("*.asl.json"))


def definition(name):
    return json.loads((FOLDER / f"{name}.asl.json").read_text())


def states_of(value):
    """Every state of a definition, by its JSON pointer."""
    found = {}
    for name, state in value.get("States", {}).items():
        here = f"/States/{name.replace('~', '~0').replace('/', '~1')}"
        found[here] = state
        inner = [(f"Branches/{index}", flow) for index, flow in enumerate(state.get("Branches", []))]
        inner += [(field, state[field]) for field in ("ItemProcessor", "Iterator") if field in state]
        for place, flow in inner:
            found |= {f"{here}/{place}{pointer}": one for pointer, one in states_of(flow).items()}
    return found


@st.composite
def flows(draw, depth=2):
    """Flows whose states lead anywhere, to themselves and to nowhere, too."""
    count = draw(st.integers(1, 7))
    names = [f"S{number}" for number in range(count)]
    target = st.sampled_from([*names, "Nowhere"])
    states = {}
    for name in names:
        kind = draw(
            st.sampled_from(["Pass", "Task", "Choice", "Succeed", "Fail", *(["Parallel", "Map"] if depth else [])])
        )
        state = {"Type": kind}
        if kind == "Choice":
            rules = draw(st.lists(target, min_size=1, max_size=4))
            state |= {"Choices": [{"Variable": "$.x", "NumericEquals": 1, "Next": goal} for goal in rules]}
            state |= {"Default": draw(target)} if draw(st.booleans()) else {}
        elif kind not in ("Succeed", "Fail"):
            state |= {"Next": draw(target)} if draw(st.booleans()) else {"End": True}
        if kind in ("Task", "Parallel", "Map"):
            goals = draw(st.lists(target, max_size=3))
            state["Catch"] = [{"ErrorEquals": ["Some.Error"], "Next": goal} for goal in goals]
        if kind == "Parallel":
            state["Branches"] = draw(st.lists(flows(depth=depth - 1), min_size=1, max_size=3))
        if kind == "Map":
            state["ItemProcessor"] = draw(flows(depth=depth - 1))
        states[name] = state
    return {"StartAt": names[0], "States": states}
