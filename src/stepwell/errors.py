"""The errors that a client of the API can get: names, meanings and texts as AWS spells them.

One class for each error that the service model knows, and for the ones that every AWS service may give. An error is
made where the rule lives (`operations`, `arn`, `api`) and turned into an answer in one place, the api's app. Failures
of tasks and workflows are not errors: they are values and never appear here.
"""

from typing import Any, ClassVar, Final

SERVICE_NAMESPACE: Final = "com.amazonaws.swf.service.v2.model"
CONSTRAINT_NAMESPACE: Final = "com.amazon.coral.validate"
FRONT_NAMESPACE: Final = "com.amazon.coral.service"
AVAILABILITY_NAMESPACE: Final = "com.amazon.coral.availability"


class ApiError(Exception):
    """A request that is answered with an error.

    `code` is the name on the wire, `status` the HTTP status (recorded: 400 for every error a client can cause, also
    where the model says 402 or 409), `namespace` stands before the `#` of `__type`, `message_member` is the spelling of
    the message's member. `members` are further members of the body, such as `reason` or `resource_name`.
    """

    code: ClassVar[str] = ""
    status: ClassVar[int] = 400
    namespace: ClassVar[str] = SERVICE_NAMESPACE
    message_member: ClassVar[str] = "message"
    BY_CODE: ClassVar[dict[str, "type[ApiError]"]] = {}

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "code" not in cls.__dict__:
            cls.code = cls.__name__
        ApiError.BY_CODE.setdefault(cls.code, cls)

    def __init__(self, message: str = "", **members: Any) -> None:
        super().__init__(message)
        self.message = message
        self.members = {_wire_name(name): value for name, value in members.items() if value is not None}

    def body(self) -> dict[str, Any]:
        """The answer's body (recorded: `{"__type": "<namespace>#<code>", "message": ...}`)."""
        return {"__type": f"{self.namespace}#{self.code}", self.message_member: self.message, **self.members}


def _wire_name(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word[:1].upper() + word[1:] for word in rest)


# --- names and addresses ----------------------------------------------------------------------------------------------


class InvalidArn(ApiError):
    """The Amazon Resource Name is malformed or names another kind of thing than the operation takes."""


class InvalidName(ApiError):
    """The name has characters or a length that names may not have."""


class ResourceNotFound(ApiError):
    """The version, alias, map run or tagged thing does not exist. May have the member `resourceName`."""


class TooManyTags(ApiError):
    """A thing would have more than 50 tags. May have the member `resourceName`."""


# --- state machines ---------------------------------------------------------------------------------------------------


class InvalidDefinition(ApiError):
    """The text is not a definition in the Amazon States Language."""


class InvalidLoggingConfiguration(ApiError):
    """The logging configuration names no destination, several, or one that does not exist."""


class InvalidTracingConfiguration(ApiError):
    """The tracing configuration does not say whether tracing is enabled."""


class InvalidEncryptionConfiguration(ApiError):
    """The encryption configuration contradicts itself or names a key that cannot be used."""


class MissingRequiredParameter(ApiError):
    """An update names nothing that could be updated."""


class StateMachineAlreadyExists(ApiError):
    """A state machine of that name exists and has another definition or configuration."""


class StateMachineDeleting(ApiError):
    """The state machine is being deleted."""


class StateMachineDoesNotExist(ApiError):
    """There is no such state machine, version or alias."""


class StateMachineLimitExceeded(ApiError):
    """The account has as many state machines as it may have."""


class StateMachineTypeNotSupported(ApiError):
    """The operation is not for state machines of this type (STANDARD, EXPRESS)."""


class ConflictException(ApiError):
    """The change would leave a version or alias inconsistent: it is referenced, or was changed meanwhile."""


class ServiceQuotaExceededException(ApiError):
    """The change would go beyond a quota, such as 1,000 versions or 100 aliases."""


# --- executions -------------------------------------------------------------------------------------------------------


class ExecutionAlreadyExists(ApiError):
    """The name was used for another execution, which has ended or had another input."""


class ExecutionDoesNotExist(ApiError):
    """There is no such execution."""


class ExecutionLimitExceeded(ApiError):
    """The account has as many running executions as it may have."""


class ExecutionNotRedrivable(ApiError):
    """The execution is not in a status from which it can be redriven."""


class InvalidExecutionInput(ApiError):
    """The input is not JSON or is too large."""


# --- activities and tasks ---------------------------------------------------------------------------------------------


class ActivityAlreadyExists(ApiError):
    """An activity of that name exists and has another encryption configuration."""


class ActivityDoesNotExist(ApiError):
    """There is no such activity."""


class ActivityLimitExceeded(ApiError):
    """The account has as many activities as it may have."""


class ActivityWorkerLimitExceeded(ApiError):
    """As many workers are polling for this activity as may do so at once."""


class InvalidOutput(ApiError):
    """The output that a worker sent is not JSON or is too large."""


class InvalidToken(ApiError):
    """The task token or page token was not made by this service."""


class TaskDoesNotExist(ApiError):
    """There is no such task."""


class TaskTimedOut(ApiError):
    """The task has ended: it timed out, was answered already, or its execution has ended."""


# --- keys -------------------------------------------------------------------------------------------------------------


class KmsAccessDeniedException(ApiError):
    """The key's policy does not let the caller use it."""


class KmsInvalidStateException(ApiError):
    """The key is disabled or being deleted. Has the member `kmsKeyState`."""


class KmsThrottlingException(ApiError):
    """The key service refused the call for now."""


# --- what any operation may answer ------------------------------------------------------------------------------------


class ValidationException(ApiError):
    """The members contradict each other or a rule of the operation. May have the member `reason`."""


class ConstraintViolation(ValidationException):
    """Members that break the model's own constraints; a ValidationException of the framework's namespace on the wire.

    Recorded: texts begin "1 validation error detected: Value ...".
    """

    code = "ValidationException"
    namespace = CONSTRAINT_NAMESPACE


class SerializationException(ApiError):
    """The body is not a JSON object, or a member has the wrong JSON type."""

    namespace = FRONT_NAMESPACE


class UnknownOperationException(ApiError):
    """The request names no operation of this service."""

    namespace = FRONT_NAMESPACE


class RequestTooLarge(ApiError):
    """The body is larger than a request may be (AWS, service quotas: 1 MB, header data included)."""

    code = "RequestEntityTooLargeException"
    status = 413
    namespace = FRONT_NAMESPACE


class ThrottlingException(ApiError):
    """Too many requests for now; the text is "Rate exceeded"."""

    namespace = AVAILABILITY_NAMESPACE


class ServiceUnavailable(ApiError):
    """The server is stopping or its database cannot be reached; the request may be sent again."""

    code = "ServiceUnavailableException"
    status = 503
    namespace = AVAILABILITY_NAMESPACE


class InternalFailure(ApiError):
    """A fault of the server, which its log tells about under the request id."""

    status = 500
    namespace = FRONT_NAMESPACE


# --- who may ----------------------------------------------------------------------------------------------------------


class FrontError(ApiError):
    """An answer about the caller's identity or rights; its message member is spelled `Message` (recorded)."""

    namespace = FRONT_NAMESPACE
    message_member = "Message"


class AccessDeniedException(FrontError):
    """The caller may not do this."""
