"""Failures of calls that no service has refused: the same whichever SDK an integration was built on."""

from stepwell.engine.failure import TASK_FAILED, Failure
from stepwell.integrations import sdk_metadata
from stepwell.integrations.aws_answer import Refusal
from stepwell.integrations.base import Call


def unrefused(refusal: Refusal, call: Call) -> Failure | None:
    """The failure of a call that could not be made, or whose answer is too large; None for a refusal, and where nobody
    answered, which each SDK words in its own way.
    """
    match refusal.kind:
        case "oversize":
            return sdk_metadata.oversize_failure(call.resource_type)
        case "unusable":
            return sdk_metadata.parameters_failure(call.parameters.text, [refusal.message])
        case "forbidden":
            return Failure(TASK_FAILED, refusal.message)
        case _:
            return None
