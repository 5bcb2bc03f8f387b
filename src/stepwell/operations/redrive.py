"""RedriveExecution: let an execution that ended badly go on where it did."""

from typing import Any, Final

from stepwell.arn import CHILD_EXECUTION, EXECUTION, parse_arn_of
from stepwell.caller import Caller
from stepwell.errors import ExecutionNotRedrivable, ValidationException
from stepwell.operations.resources import execution_of
from stepwell.operations.service import Service
from stepwell.runtime.codec import pack, unpack
from stepwell.runtime.redriving import too_old
from stepwell.store.records import ExecutionRow

_TOKENS_MAX: Final = 10  # AWS: so many client tokens are known, each for 15 minutes
_TOKEN_MS: Final = 900_000
_FULL: Final = "Execution has exceeded the maximum history event limit"

Tokens = list[tuple[str, int]]  # client token, date of its redrive


async def redrive_execution(
    service: Service, caller: Caller, *, execution_arn: str, client_token: str | None = None
) -> dict[str, Any]:
    """Redrive an execution; durable when this returns.

    Recorded: a known client token answers the date of its redrive, whatever the execution does now. Raises
    `ExecutionNotRedrivable`, `ExecutionDoesNotExist`, `ExecutionLimitExceeded`, `InvalidArn`, `ValidationException`.
    """
    arn = parse_arn_of(execution_arn, EXECUTION, CHILD_EXECUTION)
    if arn.kind == CHILD_EXECUTION:
        raise ValidationException("Labeled Execution ARNs are not supported for this API")
    _, row = await execution_of(service, caller, execution_arn)
    async with service.redrives[row.id[-1] % len(service.redrives)]:
        with service.deletions.starting(arn.account, arn.region, arn.name):
            return await _redrive(service, caller, execution_arn, client_token)


async def _redrive(service: Service, caller: Caller, arn: str, client_token: str | None) -> dict[str, Any]:
    machine, row = await execution_of(service, caller, arn)
    now_ms = service.clock.now_ms()
    tokens = _known_tokens(row, now_ms)
    known = dict(tokens).get(client_token or "")
    if known is not None:
        return {"redrive_date": known}
    status, reason = await redrive_status(service, row)
    if machine.status == "DELETING":
        status, reason = "NOT_REDRIVABLE", "State machine is being deleted"
    if status != "REDRIVABLE":
        raise ExecutionNotRedrivable(f"Execution {arn} invalid for redrive as: {reason}")
    await service.running_quota.check(caller)
    if client_token is not None:
        tokens = [*tokens, (client_token, now_ms)][-_TOKENS_MAX:]
    if not await service.runtime.requests.redrive(row, now_ms, pack(tokens)):
        raise ExecutionNotRedrivable(f"Execution {arn} invalid for redrive as: Nothing is left to go on with")
    return {"redrive_date": now_ms}


def _known_tokens(row: ExecutionRow, now_ms: int) -> Tokens:
    tokens = [] if row.redrive is None else unpack(row.redrive)
    return [(token, at_ms) for token, at_ms in tokens if now_ms - at_ms < _TOKEN_MS]


async def redrive_status(service: Service, row: ExecutionRow) -> tuple[str, str | None]:
    """Whether an execution could be redriven, and why not. (Recorded; the reasons of age are the service model's.)

    One that the deletion of its machine cut off is called REDRIVABLE too (recorded).
    """
    if row.stopped_ms is None or row.status in ("RUNNING", "SUCCEEDED"):
        return "NOT_REDRIVABLE", f"Execution is {row.status} and cannot be redriven"
    reason = too_old(row, service.clock.now_ms(), service.limits)
    if reason is not None:
        return "NOT_REDRIVABLE", reason
    if await service.runtime.redriving.is_full(row.id):
        return "NOT_REDRIVABLE", _FULL
    return "REDRIVABLE", None
