"""How the expressions of JSONata states are evaluated: at once, or beside the event loop when they may take long.

Here lives what an expression may look at, the seam to whoever evaluates the long ones, and how a failure is recorded.
What a state does with the values never lives here: that is its own file's to know.

A state takes *steps*: it begins, it leaves, a catcher takes over (`Stage`). The expressions of one step see one set of
data, one time and one throw of the dice. If none of them is dear the step is taken at once. Otherwise its dear
expressions are asked for with a command, and the branch waits; what it waits for (`Evaluation`) is small and stands in
the snapshot, so that the question can be put again after a crash, word for word. When the answers come the same step is
taken with them. What it then writes into history is the memory of them: they are never evaluated again.
"""

from collections.abc import Callable, Iterable
from operator import attrgetter
from random import Random
from typing import TYPE_CHECKING, Any, Final

from stepwell.asl.evaluated import Evaluated
from stepwell.engine.branch import Branch, Evaluation, Stage, Wait
from stepwell.engine.commands import EvaluateExpressions, Question
from stepwell.engine.events import Answer
from stepwell.engine.failure import QUERY_EVALUATION_ERROR
from stepwell.engine.history import CODES
from stepwell.engine.map_items import item_context
from stepwell.engine.trouble import Unusable
from stepwell.payload import JsonError, Payload, parse_json
from stepwell.query.comparison import MISSING
from stepwell.query.failures import QueryError
from stepwell.query.jsonata import (
    FieldError,
    Jsonata,
    JsonataError,
    JsonataScope,
    Reads,
    expect_integer,
    expect_type,
)
from stepwell.query.jsonata_failures import INTERNAL, LIMIT, MEMORY_TEXT
from stepwell.query.jsonata_template import Part

if TYPE_CHECKING:
    from stepwell.engine.execution import Execution

Step = Callable[[Any, Branch, JsonataScope, int, Payload | None], Branch | None]
_FAILED: Final = CODES["EvaluationFailed"]
_DOCUMENT_CHARACTERS_MAX: Final = 33_554_432  # what the questions of one step may hold together
_STEPS_OF_AN_EVALUATION: Final = 4_000  # what a step costs besides the size of what it looks at (measured)
_BEGIN_FIELDS: Final[dict[str, Callable[[Any], tuple[Evaluated | None, ...]]]] = {
    "Task": attrgetter("arguments", "evaluated_timeout", "evaluated_heartbeat", "credentials"),
    "Wait": attrgetter("evaluated_seconds", "evaluated_timestamp"),
    "Fail": attrgetter("evaluated_error", "evaluated_cause"),
    "Map": attrgetter("begin_fields"),
    "Parallel": lambda state: (state.arguments,),
    "Choice": lambda state: tuple(rule.condition for rule in state.rules),
}
_ENDS: Final[Callable[[Any], tuple[Evaluated | None, ...]]] = attrgetter("assign", "output")


def take_step(
    run: "Execution", branch: Branch, stage: Stage, step: Step, place: int = 0, given: Payload | None = None
) -> Branch | None:
    """Take a step of a JSONata state, now or when its dear expressions have been evaluated. Raises QueryError."""
    if dear_parts(branch, stage, place):
        _ask(run, branch, stage, place, given)
        return None
    scope = _scope(run, branch, stage, place, given, run.dice, run.at_ms)
    run.charge(_STEPS_OF_AN_EVALUATION + len(branch.input.text))
    return step(run, branch, scope, place, given)


def fields_of(branch: Branch, stage: Stage, place: int) -> tuple[Evaluated | None, ...]:
    """The fields that a step evaluates."""
    state: Any = branch.state
    match stage:
        case Stage.BEGIN:
            return _BEGIN_FIELDS[state.type](state)
        case Stage.LEAVE:
            return _ENDS(state)
        case Stage.RULE:
            return _ENDS(rule_of(state, place))
        case Stage.CATCH:
            return _ENDS(state.catch[place])
        case Stage.ITEM:
            assert branch.parent is not None
            selector: Evaluated = branch.parent.state.item_selector  # type: ignore[attr-defined]  # of a Map
            return (selector,)


def rule_of(choice: Any, place: int) -> Any:
    """The rule that held, or the Choice itself, whose own Assign and Output go with Default."""
    return choice if place < 0 else choice.rules[place]


def dear_parts(branch: Branch, stage: Stage, place: int) -> list[Part]:
    """The expressions of a step that may not run on the event loop."""
    fields = fields_of(branch, stage, place)
    return [part for field in fields if field is not None and field.dear for part in field.dear]


def _scope(
    run: "Execution",
    branch: Branch,
    stage: Stage,
    place: int,
    given: Payload | None,
    dice: Random,
    at_ms: int,
) -> JsonataScope:
    value = MISSING if given is None else given.value
    if stage is Stage.ITEM:
        parent = branch.parent
        assert parent is not None
        context = item_context(run, parent, branch.index)
        return JsonataScope(parent.input.value, context, parent.variables, dice, at_ms)
    context = run.context_of(branch, _token(run, branch, stage, place))
    if stage is Stage.CATCH:
        return JsonataScope(branch.input.value, context, branch.variables, dice, at_ms, error_output=value)
    return JsonataScope(branch.input.value, context, branch.variables, dice, at_ms, value)


def _token(run: "Execution", branch: Branch, stage: Stage, place: int) -> str | None:
    """The token of the attempt that is being prepared; `place` is its number."""
    if stage is not Stage.BEGIN or branch.state.type != "Task":
        return None
    resource = branch.state.resource  # type: ignore[attr-defined]  # of a Task
    return run.facts.token_of(branch.id, place) if resource.has_token else None


# The seam


def _ask(run: "Execution", branch: Branch, stage: Stage, place: int, given: Payload | None) -> None:
    """Let the branch wait, and ask for its dear expressions."""
    seed = run.dice.getrandbits(63)
    branch.evaluation = Evaluation(run.next_attempt, stage, place, seed, run.at_ms, given)
    run.next_attempt += 1
    try:
        command = questions_of(run, branch)
    except (QueryError, JsonError):
        branch.evaluation = None
        raise
    run.charge(sum(len(question.document) for question in command.questions))
    run.wait_for(branch, Wait.EVALUATION)
    run.commands.append(command)


def questions_of(run: "Execution", branch: Branch) -> EvaluateExpressions:
    """What a waiting branch asks for; the same each time, also after it was loaded from a snapshot."""
    evaluation = branch.evaluation
    assert evaluation is not None
    stage, place = evaluation.stage, evaluation.place
    dice = Random(evaluation.seed)
    scope = _scope(run, branch, stage, place, evaluation.given, dice, evaluation.at_ms)
    return EvaluateExpressions(branch.id, evaluation.number, questions_about(scope, dear_parts(branch, stage, place)))


def questions_about(scope: JsonataScope, parts: Iterable[Part]) -> tuple[Question, ...]:
    """What these expressions depend on. Raises QueryError where it is too much, JsonError where it is no JSON."""
    documents: dict[Reads, str] = {}
    left = _DOCUMENT_CHARACTERS_MAX
    questions: list[Question] = []
    for location, expression in parts:
        shadows = expression.shadows(scope.variables)
        document = documents.get(expression.reads)
        if document is None:
            document = expression.input_text(scope)
            left -= len(document)
            if left < 0:
                raise _too_much(location, expression)
            if not shadows:
                documents[expression.reads] = document
        seed = expression.seed(scope.dice)
        questions.append(Question(location, expression, document, scope.now_ms, seed, shadows))
    return tuple(questions)


def _too_much(location: str, expression: Jsonata) -> FieldError:
    """The expressions of one step look at so much together that it is not kept beside the event loop. (Ours.)"""
    return JsonataError(LIMIT, MEMORY_TEXT).as_query_error(expression.source, location)


def answer(question: Question) -> Answer:
    """Evaluate one expression. May take long: other threads run meanwhile."""
    expression = question.expression
    try:
        text = expression.evaluate_json(question.document, question.now_ms, question.seed, question.shadows)
    except JsonataError as error:
        return Answer(question.place, None, error.cause(expression.source, question.place))
    return Answer(question.place, text, None)


def unanswered(question: Question) -> Answer:
    """The answer when the evaluator itself is at fault."""
    return Answer(question.place, None, JsonataError(INTERNAL).cause(question.expression.source, question.place))


def answered_scope(run: "Execution", branch: Branch, answers: tuple[Answer, ...]) -> JsonataScope:
    """The data of the step that a branch waited with, and the answers. Other expressions have dice of their own."""
    evaluation = branch.evaluation
    assert evaluation is not None
    dice = Random(evaluation.seed + 1)
    scope = _scope(run, branch, evaluation.stage, evaluation.place, evaluation.given, dice, evaluation.at_ms)
    scope.answers = lookup(answers)
    return scope


def lookup(given: Iterable[Answer]) -> Callable[[str], Any]:
    """The answers by place, for `JsonataScope.answers`."""
    answers = {one.place: one for one in given}

    def value_of(place: str) -> Any:
        found = answers[place]
        if found.text is None:
            raise FieldError(found.cause or "", place)
        return parse_json(found.text)

    return value_of


# Values and failures


def number_in(field: Evaluated, scope: JsonataScope) -> int:
    """A field's value as a whole number; AWS cuts fractions down. Raises FieldError."""
    try:
        return expect_integer(field.read(scope))
    except JsonataError as error:
        raise field.failed(error) from None


def typed(field: Evaluated, scope: JsonataScope, kind: str) -> Any:
    """A field's value, of this JSON type. Raises FieldError in AWS's words (recorded)."""
    try:
        return expect_type(field.read(scope), kind)
    except JsonataError as error:
        raise field.failed(error) from None


def unusable(cause: str, field: Evaluated | None) -> Unusable:
    """A value of the right type that its field cannot use."""
    location = None if field is None else field.field
    return Unusable(QUERY_EVALUATION_ERROR, cause, location, after_entered=field is not None)


def record_failed(run: "Execution", branch: Branch, error: QueryError, cause: str) -> None:
    """EvaluationFailed, if the error is one of those that history shows so.

    When nothing has happened in the state since it was entered, the event points at what Entered points at, except for
    a value that was found and cannot be used. (Recorded.)
    """
    location: str | None
    if isinstance(error, FieldError):
        after_entered, location = False, error.location
    elif isinstance(error, Unusable):
        after_entered, location = error.after_entered, error.location
    else:
        return
    nothing_happened = branch.previous == branch.entered_id
    previous = branch.arrived_from if nothing_happened and not after_entered else branch.previous
    details = (error.error, cause, location, branch.state.name)
    branch.previous = run.recorder.add((_FAILED, previous, *details, branch.entered_id))
