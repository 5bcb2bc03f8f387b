"""Keys of one's own: which key a state machine or an activity names, and whether it can be used. (Texts recorded.)

Whether a key exists is only known where there is a key service to ask: without one, a key is believed to.
"""

from collections.abc import Mapping
from typing import Any, Final, Protocol

from stepwell.caller import Caller
from stepwell.errors import (
    ApiError,
    InvalidEncryptionConfiguration,
    KmsAccessDeniedException,
    KmsInvalidStateException,
    KmsThrottlingException,
)
from stepwell.integrations.aws_keys import Key, KeyRefusal

OWNED_KEY: Final = "AWS_OWNED_KEY"
_REUSE_PERIOD_S: Final = 300
_SPEC: Final = "SYMMETRIC_DEFAULT"
_STATES: Final = {
    "Disabled": ("DISABLED", "is disabled"),
    "PendingDeletion": ("PENDING_DELETION", "is pending deletion"),
    "PendingReplicaDeletion": ("PENDING_DELETION", "is pending deletion"),
    "PendingImport": ("PENDING_IMPORT", "is pending import"),
    "Creating": ("CREATING", "is creating"),
    "Updating": ("UNAVAILABLE", "is updating"),
    "Unavailable": ("UNAVAILABLE", "is unavailable"),
}
"""What keys that cannot be used are called here and in texts, by the key service's names."""

Document = Mapping[str, Any]


class Keys(Protocol):
    """Knows keys."""

    async def describe(self, account: str, region: str, key_id: str) -> Key | KeyRefusal | None:
        """A key by its id, its alias or the ARN of either, or why there is none; None if nobody could be asked."""


def read_encryption(given: Document | None) -> dict[str, Any]:
    """Which key is to be used; a data key is reused for 300 s by default. Raises `InvalidEncryptionConfiguration`."""
    if given is None:
        return {"type": OWNED_KEY}
    key, period_s = given.get("kms_key_id"), given.get("kms_data_key_reuse_period_seconds")
    if given["type"] == OWNED_KEY:
        if key is not None:
            raise _invalid("Custom kmsKeyId is not allowed when selecting AWS_OWNED_KEY.")
        if period_s is not None:
            raise _invalid("Custom kmsDataKeyReusePeriodSeconds is not allowed when selecting AWS_OWNED_KEY.")
        return {"type": OWNED_KEY}
    if not key:
        raise _invalid("Must set a valid kmsKeyId.")
    return {
        "kms_key_id": key,
        "kms_data_key_reuse_period_seconds": period_s or _REUSE_PERIOD_S,
        "type": given["type"],
    }


async def usable(keys: Keys | None, caller: Caller, encryption: dict[str, Any]) -> dict[str, Any]:
    """The configuration with the ARN of its key, however the key was named. Raises `InvalidEncryptionConfiguration` for
    one that there is not, and the errors of the key service.
    """
    if keys is None or encryption["type"] == OWNED_KEY:
        return encryption
    found = await keys.describe(caller.account, caller.region, encryption["kms_key_id"])
    if found is None:
        return encryption
    if isinstance(found, KeyRefusal):
        raise _refused(found)
    if found.spec != _SPEC:
        raise InvalidEncryptionConfiguration("kmsKeyId must use SYMMETRIC_DEFAULT key spec")
    if found.state in _STATES:
        name, words = _STATES[found.state]
        raise KmsInvalidStateException(f"{found.arn} {words}.", kms_key_state=name)
    return {**encryption, "kms_key_id": found.arn}


def _refused(refusal: KeyRefusal) -> ApiError:
    code = refusal.code
    if "AccessDenied" in code:
        return KmsAccessDeniedException(refusal.message)
    if "Throttling" in code or "LimitExceeded" in code or refusal.status >= 500:
        return KmsThrottlingException(refusal.message)
    if code in ("DisabledException", "KMSInvalidStateException"):
        return KmsInvalidStateException(refusal.message)
    return InvalidEncryptionConfiguration(refusal.message)


def _invalid(reason: str) -> InvalidEncryptionConfiguration:
    return InvalidEncryptionConfiguration(f"Invalid Encryption Configuration: {reason}")
