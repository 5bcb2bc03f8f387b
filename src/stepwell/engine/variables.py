"""Variables: what Assign sets, by scope. (AWS, "Passing data between states with variables".)

Here lives how a scope's values are kept and looked up, and how much they may be. How a value is worked out never lives
here: that is data flow.

The machine, each arm of a Parallel and each iteration of a Map is a scope, and each is one branch. An inner scope reads
what is around it and sets names of its own, which end with it. A `Variables` is never changed: an Assign makes a new
one, so whoever evaluates against the old one goes on seeing the values at entry.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from stepwell.engine.failure import DATA_LIMIT_EXCEEDED
from stepwell.engine.trouble import Unusable
from stepwell.payload import Payload

if TYPE_CHECKING:
    from stepwell.engine.branch import Branch
    from stepwell.engine.execution import Execution


class Variables(Mapping[str, Any]):
    """Values by name: one scope's `own` payloads, and what is around it. `bytes` is the size of its own."""

    __slots__ = ("bytes", "outer", "own", "packed")

    def __init__(self, own: dict[str, Payload], outer: "Variables | None") -> None:
        self.own = own
        self.outer = outer
        self.bytes = sum(payload.size_bytes for payload in own.values())
        self.packed: Payload | None = None  # how a snapshot holds the small ones together, made on first use

    def __getitem__(self, name: str) -> Any:
        payload = self.own.get(name)
        if payload is not None:
            return payload.value
        if self.outer is None:
            raise KeyError(name)
        return self.outer[name]

    def __iter__(self) -> Iterator[str]:
        if self.outer is not None:
            yield from self.outer
        yield from self.own

    __eq__ = object.__eq__  # a scope at one time: never changed, and nobody's equal
    __hash__ = object.__hash__

    def __len__(self) -> int:
        return len(self.own) + (0 if self.outer is None else len(self.outer))


NO_VARIABLES: Final = Variables({}, None)


class Assignment(NamedTuple):
    """What an Assign will set when its state leaves: the whole scope as it will be, and the new values alone."""

    variables: Variables
    values: dict[str, Payload]


def assign(run: "Execution", branch: "Branch", values: dict[str, Any], field: str = "Assign") -> Assignment | None:
    """Prepare what an Assign sets; None when it sets nothing. Raises Unusable beyond the limits on size. (Texts and
    sizes measured: the size of a value is that of its JSON text, names do not count.)"""
    if not values:
        return None
    made = {name: Payload.of(value) for name, value in values.items()}
    _check_sizes(run, branch, made, field)
    variables = branch.variables
    if is_inherited(branch):
        after = Variables(made, variables)
        growth = after.bytes
    else:
        after = Variables({**variables.own, **made}, variables.outer)
        growth = after.bytes - variables.bytes
    excess = run.variable_bytes + growth - run.limits.variables_bytes_max
    if excess > 0:
        cause = (
            f"Execution total variable size limit exceeded. State '{branch.state.name}' assigned variables that exceed "
            f"the total execution limit by {excess} bytes."
        )
        raise Unusable(DATA_LIMIT_EXCEEDED, cause, field, prefixed=False, after_entered=True)
    return Assignment(after, made)


def _check_sizes(run: "Execution", branch: "Branch", made: dict[str, Payload], field: str) -> None:
    left = run.limits.assign_bytes_max
    for name, payload in made.items():
        left -= payload.size_bytes
        if left < 0:
            cause = (
                f"State total variable size limit exceeded. Variable '{name}' in state '{branch.state.name}' was "
                f"assigned {payload.size_bytes} bytes, which caused the size of variables assigned in the state to "
                f"exceed its limit by {-left} bytes."
            )
            raise Unusable(DATA_LIMIT_EXCEEDED, cause, field, prefixed=False, after_entered=True)


def is_inherited(branch: "Branch") -> bool:
    """Whether a branch has set nothing of its own yet: it then shares the variables of what is around it."""
    return branch.parent is not None and branch.variables is branch.parent.variables


def set_variables(run: "Execution", branch: "Branch", assignment: Assignment) -> dict[str, str | int]:
    """Carry an assignment out; answers with the values as a history event holds them."""
    held = 0 if is_inherited(branch) else branch.variables.bytes
    run.variable_bytes += assignment.variables.bytes - held
    branch.variables = assignment.variables
    return {name: run.recorder.keep(payload) for name, payload in assignment.values.items()}


def forget_variables(run: "Execution", branch: "Branch") -> None:
    """The branch has ended, and its own variables with it."""
    if branch.parent is not None and not is_inherited(branch):
        run.variable_bytes -= branch.variables.bytes
        branch.variables = branch.parent.variables
