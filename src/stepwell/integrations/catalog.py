"""The language in which optimized integrations are described, and the one integration that performs them all.

A service is data (`services/*.py`): its actions, which string members take JSON, how a job's end is seen, what it is
called in errors. Parameters and results are spelled as tasks spell them everywhere here. Nothing of one service alone
belongs in this file.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from stepwell.engine.failure import RUNTIME, TASK_FAILED, Failure
from stepwell.integrations import aws_shapes, sdk_metadata
from stepwell.integrations.aws_answer import Answer, Refusal
from stepwell.integrations.aws_call import AwsCaller
from stepwell.integrations.aws_refusals import unrefused
from stepwell.integrations.aws_roles import principal_of
from stepwell.integrations.aws_sdk import with_token
from stepwell.integrations.base import Call, Integration, Outcome
from stepwell.integrations.polling import Pace
from stepwell.payload import Payload, print_json

Members = dict[str, Any]
_MISSES_MAX: Final = 5
_BUSY: Final = ("Throttl", "TooManyRequests", "RequestLimitExceeded", "SlowDown", "ServiceUnavailable")


@dataclass(frozen=True, slots=True)
class Job:
    """What is known of a submitted job: the task's parameters, and the result of its submission."""

    parameters: Members
    submitted: Members


@dataclass(frozen=True, slots=True)
class Ask:
    """A call about a job: the operation, and its members."""

    operation: str
    members: Callable[[Job], Members]


@dataclass(frozen=True, slots=True)
class Sync:
    """How the end of a `.sync` job is seen: `poll`, then `find` the job's description in the answer.

    `status` is the member (dots go deeper) that tells: one of `done`, one of `failed`, or it still runs. The output of
    the task, and the cause of its failure, is what `show` makes of the description. `cancel` stops the job. `find`
    gives None for a job that the service does not (yet) know. `deletes`: the job is over when the service says that it
    does not know the thing any more.
    """

    poll: Ask
    find: Callable[[Members], Members | None]
    status: str
    done: frozenset[str]
    failed: frozenset[str]
    cancel: Ask | None
    show: Callable[[Members], Members] = lambda found: found
    deletes: bool = False


@dataclass(frozen=True, slots=True)
class Alias:
    """A member that tasks name otherwise than the operation; `many`: the operation wants a list of them."""

    task: str
    operation: str
    many: bool = False

    def apply(self, given: Members) -> Members:
        """Parameters with this member as the operation has it."""
        if self.task not in given:
            return given
        value = given[self.task]
        rest = {name: member for name, member in given.items() if name != self.task}
        return {**rest, self.operation: [value] if self.many and value is not None else value}


@dataclass(frozen=True, slots=True)
class Action:
    """One action of a service.

    `calls` is the operation's name where that is another, `model` botocore's service where that is another than the
    service's. `aliases` are applied before anything else. `members` are what the task has instead of the operation's
    members, all of them required; `extra` is what it has besides. `make` makes the integration where data do not say it
    all: it deals with those.

    `texts`: string members that take any JSON and send its text. `wraps`: structures, by shape, that a bare text may
    stand for, and the member that it becomes: what SDK v1's classes could be made of. `prepare` changes
    parameters before they are sent; `extend` changes the result; `judge` finds a failure in an answer that is none by
    its status. `repeatable`: whether the service recognises a repetition (by the token that the attempt gives it), or
    nothing happens twice.
    """

    name: str
    texts: frozenset[str] = frozenset()
    wraps: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[Call, Members], Members] = lambda call, given: given
    extend: Callable[[Members, Members], Members] = lambda given, result: result
    judge: Callable[[Call, Members], Failure | None] = lambda call, result: None
    sync: Sync | None = None
    repeatable: bool = False
    calls: str | None = None
    model: str | None = None
    aliases: tuple[Alias, ...] = ()
    members: tuple[str, ...] = ()
    extra: frozenset[str] = frozenset()
    make: "Callable[[AwsCaller, Service, Action, Pace], Integration] | None" = None

    @property
    def operation(self) -> str:
        """The operation's name in the service's model."""
        return self.calls or aws_shapes.upper_first(self.name)

    def named(self, given: Members) -> Members:
        """Parameters as the operation names them."""
        for alias in self.aliases:
            given = alias.apply(given)
        return given

    def faults(self, operation: Any, given: Any, spelling: aws_shapes.Spelling) -> list[str]:
        """The reasons why a task's parameters cannot be used, in the task's own names."""
        if self.members:
            return sdk_metadata.member_faults(given, self.members, self.members)
        if isinstance(given, dict):
            given = {name: member for name, member in given.items() if name not in self.extra}
        if not self.aliases or not isinstance(given, dict):
            return aws_shapes.faults(operation, given, spelling)
        required = operation.input_shape.required_members
        absent = [alias.task for alias in self.aliases if alias.operation in required and alias.task not in given]
        reasons = [sdk_metadata.missing(name) for name in absent]
        known = [alias.task for alias in self.aliases]
        reasons = reasons or [
            sdk_metadata.unsupported(alias.operation, known) for alias in self.aliases if alias.operation in given
        ]
        for reason in () if reasons else aws_shapes.faults(operation, self.named(given), spelling):
            for alias in self.aliases:
                reason = reason.replace(f"'{alias.operation}'", f"'{alias.task}'")
            reasons.append(reason)
        return reasons


@dataclass(frozen=True, slots=True)
class Service:
    """A service with optimized actions.

    `name` is the resource's (`events`), `model` botocore's, `prefix` begins error names (`EventBridge`), `label` is
    what the SDK for Java v1 calls the service in texts. `metadata`: whether results show the SDK's metadata.
    `client` is the SDK's name in errors that no model knows, where that is not the label. `endpoint` chooses another
    address from the parameters and the configured one, or fails.
    """

    name: str
    model: str
    prefix: str
    label: str
    actions: tuple[Action, ...]
    metadata: bool = True
    client: str | None = None
    endpoint: Callable[[Members, str | None], str | Failure | None] = lambda given, configured: None


class OptimizedAction:
    """One optimized action as a task, in all its patterns."""

    def __init__(self, caller: AwsCaller, service: Service, action: Action, pace: Pace) -> None:
        self._caller = caller
        self._service = service
        self._action = action
        self._pace = pace
        self._model = action.model or service.model
        self._spelling = aws_shapes.Spelling(aws_shapes.upper_first, action.texts, date=int, wraps=action.wraps)

    def is_repeatable(self, action: str) -> bool:
        """As the description says."""
        return self._action.repeatable

    async def perform(self, call: Call) -> Outcome:
        """Make the call: the whole of a plain task, the submission of a job, the handing over of a token."""
        parts = await self._caller.parts(self._model, call.region)
        operation = parts.operation(self._action.operation)
        reasons = self._action.faults(operation, call.parameters.value, self._spelling)
        if reasons:
            return sdk_metadata.parameters_failure(call.parameters.text, reasons)
        return await self.submit(call, self._action.prepare(call, self._action.named(call.parameters.value)))

    async def submit(self, call: Call, given: Members) -> Outcome:
        """Send parameters without faults, as the operation names them."""
        parts = await self._caller.parts(self._model, call.region)
        operation = parts.operation(self._action.operation)
        endpoint = self._service.endpoint(given, parts.endpoint)
        if isinstance(endpoint, Failure):
            return endpoint
        members = with_token(operation, aws_shapes.to_service(operation, given, self._spelling), call)
        answer = await self._call(call, operation.name, members, endpoint)
        if isinstance(answer, Refusal):
            return self.failure(answer, call)
        result = self._action.extend(given, aws_shapes.to_result(operation, answer.members, self._spelling))
        return self._action.judge(call, result) or Payload.of(self._with_metadata(result, answer))

    async def watch(self, call: Call, submitted: Payload) -> Outcome:
        """Ask until the job has ended. Busy or silent services are asked again, a job that stays unknown has failed."""
        sync = self._action.sync
        if sync is None:
            return Failure(RUNTIME, f"{call.resource} starts no job")
        job = Job(call.parameters.value, submitted.value)
        name = name_of(sync.poll.members(job))
        misses = polls = 0
        while True:
            polls = await self._pace.pause(polls, name)
            answer = await self.ask(call, sync.poll, job)
            if isinstance(answer, Refusal) and passes(answer):
                continue
            if sync.deletes and isinstance(answer, Refusal) and "NotFound" in answer.code:
                return Payload.of(without_metadata(job.submitted))
            found = None if isinstance(answer, Refusal) else sync.find(answer)
            if found is None:
                misses += 1
                if misses >= _MISSES_MAX:
                    return self._lost(answer, call)
                continue
            misses = 0
            succeeded = await self._has_succeeded(call, sync, job, found)
            if succeeded is not None:
                shown = sync.show(found)
                return Payload.of(shown) if succeeded else Failure(TASK_FAILED, print_json(shown))

    async def _has_succeeded(self, call: Call, sync: Sync, job: Job, found: Members) -> bool | None:
        """How a job ended, or None while it runs or nobody can tell. A failed one is `States.TaskFailed`, its
        description the cause.
        """
        status = member_at(found, sync.status)
        if status in sync.failed:
            return False
        return await self.look_closer(call, job, found) if status in sync.done else None

    async def look_closer(self, call: Call, job: Job, found: Members) -> bool | None:
        """Whether a job that is done has succeeded; None if that cannot be told now."""
        return True

    async def cancel(self, call: Call, submitted: Payload | None) -> None:
        """Stop a job that was submitted by `.sync` (AWS: best effort; nothing else is taken back)."""
        sync = self._action.sync
        if sync is None or sync.cancel is None or submitted is None or not call.pattern.startswith("sync"):
            return
        await self.ask(call, sync.cancel, Job(call.parameters.value, submitted.value))

    async def ask(self, call: Call, ask: Ask, job: Job) -> Members | Refusal:
        """Ask the service about a job."""
        parts = await self._caller.parts(self._model, call.region)
        operation = parts.operation(ask.operation)
        members = aws_shapes.to_service(operation, ask.members(job), self._spelling)
        answer = await self._call(call, operation.name, members, None)
        if isinstance(answer, Refusal):
            return answer
        return aws_shapes.to_result(operation, answer.members, self._spelling)

    async def _call(self, call: Call, operation: str, members: Members, endpoint: str | None) -> Answer | Refusal:
        principal = principal_of(call)
        return await self._caller.call(self._model, operation, members, principal=principal, endpoint=endpoint)

    def _with_metadata(self, result: Members, answer: Answer) -> Members:
        if not self._service.metadata:
            return result
        result["SdkHttpMetadata"] = sdk_metadata.answered_metadata(answer.headers, answer.status)
        result["SdkResponseMetadata"] = sdk_metadata.response_metadata(answer.request_id)
        return {name: result[name] for name in sorted(result)}

    def _lost(self, answer: Members | Refusal, call: Call) -> Failure:
        if isinstance(answer, Refusal):
            return self.failure(answer, call)
        return Failure(TASK_FAILED, f"{self._service.prefix} does not know the job of {call.resource} any more.")

    def failure(self, refusal: Refusal, call: Call) -> Failure:
        """A refusal as this service's failure."""
        common = unrefused(refusal, call)
        if common is not None:
            return common
        if refusal.kind == "unreachable":
            return Failure(f"{self._service.prefix}.SdkClientException", refusal.message)
        return sdk_metadata.v1_failure(
            *(self._service.prefix, self._service.label, refusal.code, refusal.message),
            status=refusal.status,
            request_id=refusal.request_id,
            modelled=refusal.shape is not None,
            shape=refusal.shape,
            client=self._service.client,
        )


def passes(refusal: Refusal) -> bool:
    """Whether asking again later may help: the job goes on meanwhile, so the task must not fail for this."""
    busy = refusal.status >= 500 or refusal.status == 429 or any(word in refusal.code for word in _BUSY)
    return refusal.kind == "unreachable" or (refusal.kind == "refused" and busy)


# --- words for descriptions -------------------------------------------------------------------------------------------


def member_at(value: Any, path: str) -> Any:
    """A member deep within (`Status.State`), or None."""
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def name_of(members: Members) -> str | None:
    """What the members of a question about a job call it: the last text is the most exact."""
    last = next(reversed(members.values()), None)
    while isinstance(last, list) and last:
        last = last[-1]
    return last if isinstance(last, str) else None


def without_metadata(result: Members) -> Members:
    """A result as it would be without what the SDK adds."""
    return {name: member for name, member in result.items() if not name.startswith("Sdk")}


def first_of(name: str) -> Callable[[Members], Members | None]:
    """The first of a list in an answer, or None if it is empty or missing."""
    return lambda answer: next(iter(answer.get(name) or ()), None)


def member_of(name: str) -> Callable[[Members], Members | None]:
    """A member of an answer."""
    return lambda answer: answer.get(name)


def under(name: str) -> Callable[[Members], Members]:
    """Shows a description as the only member of an object."""
    return lambda found: {name: found}


def submitted(**paths: str) -> Callable[[Job], Members]:
    """Members that come from the submission: `submitted(JobId="JobId")`."""
    return lambda job: {name: member_at(job.submitted, path) for name, path in paths.items()}


def parameters(**paths: str) -> Callable[[Job], Members]:
    """Members that come from the task's parameters."""
    return lambda job: {name: member_at(job.parameters, path) for name, path in paths.items()}


def actions_of(caller: AwsCaller, service: Service, pace: Pace) -> dict[str, Integration]:
    """The integrations of a service by action. All jobs of a service are polled at one pace."""
    return {action.name: (action.make or OptimizedAction)(caller, service, action, pace) for action in service.actions}
