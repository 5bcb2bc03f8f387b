"""What a drawing shows of an execution: how its states stand, and which ways it went."""

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from stepwell.engine.model import Model, StateModel, Status

WORDS: Final[dict[Status, str]] = {
    "running": "running",
    "waiting": "waiting",
    "succeeded": "succeeded",
    "caught": "caught",
    "failed": "failed",
    "aborted": "aborted",
    "timedOut": "timed out",
}


class StateOutcome(NamedTuple):
    """How a state stands, how often it was entered, and how many of its attempts were retries."""

    status: Status
    entered: int = 1
    retries: int = 0

    @property
    def words(self) -> str:
        """What is written on its node: `failed ×3 ↻2`."""
        words = [WORDS[self.status]]
        if self.entered > 1:
            words.append(f"×{self.entered}")
        if self.retries:
            words.append(f"↻{self.retries}")
        return " ".join(words)


class Transition(NamedTuple):
    """A way that was taken, by the names of its states; "" is the start as a source, and the end as a target."""

    source: str
    target: str
    caught: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """States by their names, which are unique in a definition, and the ways that were taken."""

    states: dict[str, StateOutcome] = field(default_factory=dict)
    taken: frozenset[Transition] = frozenset()


def outcome_of(model: Model) -> Outcome:
    """What a drawing shows of the picture of an execution."""
    states = {name: StateOutcome(state.status, state.entered, state.retries) for name, state in model.states.items()}
    taken = {way for name, state in model.states.items() for way in _ways(name, state)}
    first = next(iter(model.states), None)
    if first is not None:
        taken.add(Transition("", first))
    return Outcome(states, frozenset(taken))


def _ways(name: str, state: StateModel) -> list[Transition]:
    """A state that was left well went along Next, a rule or Default, or to the end; a caught one along Catch."""
    ways = [Transition(name, target) for target in state.next if state.succeeded]
    ways += [Transition(name, target, caught=True) for target in state.next if state.caught]
    if state.succeeded or state.type == "Fail":
        ways.append(Transition(name, ""))
    return ways
