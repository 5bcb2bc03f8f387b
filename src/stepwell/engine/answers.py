"""Answers to expressions that were worked out beside the event loop: the step that waited for them is taken.

Here lives which step that is. How they were asked for never lives here: that is `evaluation`'s to know.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from stepwell.engine import composite, leaving
from stepwell.engine.branch import Branch, Evaluation, Stage, Wait
from stepwell.engine.ending import end_if_doomed
from stepwell.engine.evaluation import Step, answered_scope
from stepwell.engine.events import Answer, ExpressionsEvaluated

if TYPE_CHECKING:
    from stepwell.engine.execution import Execution

_STEPS: Final[dict[Stage, Step]] = {
    Stage.LEAVE: leaving.leave,
    Stage.RULE: leaving.leave_by_rule,
    Stage.CATCH: composite.leave_caught,
    Stage.ITEM: composite.begin_iteration,
}


def take_answers(run: "Execution", event: ExpressionsEvaluated) -> bool:
    """Go on with the step. An ItemSelector is the Map's: so is its failure."""
    branch = run.branches.get(event.branch)
    evaluation = None if branch is None else branch.evaluation
    if branch is None or evaluation is None or evaluation.number != event.number:
        return False
    if not end_if_doomed(run, branch):
        run.touched.add(branch.id)
        owner = branch.parent if evaluation.stage is Stage.ITEM else branch
        assert owner is not None
        run.put_ready(run.guard(owner, _go_on, branch, evaluation, event.answers))
    return True


def _go_on(
    run: "Execution", _owner: Branch, branch: Branch, evaluation: Evaluation, answers: tuple[Answer, ...]
) -> Branch | None:
    scope = answered_scope(run, branch, answers)
    branch.evaluation = None
    run.wait_for(branch, Wait.NOTHING)
    stage = evaluation.stage
    step = run.begin_of(branch.state) if stage is Stage.BEGIN else _STEPS[stage]
    return step(run, branch, scope, evaluation.place, evaluation.given)


HANDLERS: Final[dict[type, Callable[[Any, Any], bool]]] = {ExpressionsEvaluated: take_answers}
