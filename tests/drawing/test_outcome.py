"""What a drawing shows of an execution."""

from stepwell.drawing.outcome import Outcome, StateOutcome, Transition, outcome_of
from stepwell.engine.model import Model, StateModel


def test_nothing_has_happened():
    assert outcome_of(Model()) == Outcome()


def test_states_and_ways():
    model = Model()
    model.states = {
        "Ask": StateModel("Task", "succeeded", entered=3, succeeded=3, retries=2, next={"Again?": 3}),
        "Again?": StateModel("Choice", "succeeded", entered=3, succeeded=3, next={"Ask": 2, "Store": 1}),
        "Store": StateModel("Task", "caught", entered=1, caught=1, next={"Broken": 1}),
        "Broken": StateModel("Fail", "failed", entered=1, failed=1),
    }
    outcome = outcome_of(model)
    assert outcome.states["Ask"] == StateOutcome("succeeded", 3, 2)
    assert outcome.states["Ask"].words == "succeeded ×3 ↻2"
    ways = {Transition("", "Ask"), Transition("Again?", "Ask"), Transition("Store", "Broken", caught=True)}
    assert ways <= outcome.taken
    assert Transition("Store", "Broken") not in outcome.taken
    assert Transition("Broken", "") in outcome.taken


def test_an_unfinished_state_has_gone_nowhere():
    model = Model()
    model.states = {"Wait": StateModel("Wait", "waiting", entered=1, running=1, waiting=1)}
    assert outcome_of(model).taken == {Transition("", "Wait")}
    assert outcome_of(model).states["Wait"].words == "waiting"
