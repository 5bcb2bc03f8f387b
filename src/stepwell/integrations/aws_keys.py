"""The key service as configurations need it: what is known of a key."""

import os
from typing import TYPE_CHECKING, Final, NamedTuple

from stepwell.integrations.aws_answer import Refusal
from stepwell.integrations.aws_roles import Principal
from stepwell.integrations.sdk_metadata import v2_failure

if TYPE_CHECKING:
    from stepwell.integrations.aws_call import AwsCaller

AWS: Final = "aws"


class Key(NamedTuple):
    """A key: its ARN, its spec (`SYMMETRIC_DEFAULT`), and its state as the key service calls it (`Enabled`)."""

    arn: str
    spec: str
    state: str


class KeyRefusal(NamedTuple):
    """The key service's error, and its text in the words of the SDK."""

    code: str
    message: str
    status: int


class AwsKeys:
    """The KMS API at `endpoint` (an URL), or AWS's own if that is `aws`."""

    def __init__(self, endpoint: str) -> None:
        self._environment = dict(os.environ)
        if endpoint != AWS:
            self._environment["AWS_ENDPOINT_URL_KMS"] = endpoint
        self._caller: AwsCaller | None = None

    async def close(self) -> None:
        """Close the connections."""
        if self._caller is not None:
            await self._caller.close()

    async def describe(self, account: str, region: str, key_id: str) -> Key | KeyRefusal | None:
        """What is known of a key, named by its id, its alias or the ARN of either; None if nobody could be asked."""
        if self._caller is None:
            from stepwell.integrations.aws_call import AwsCaller

            self._caller = AwsCaller(self._environment)
        principal = Principal(region, account)
        answer = await self._caller.call("kms", "DescribeKey", {"KeyId": key_id}, principal=principal)
        if not isinstance(answer, Refusal):
            found = answer.members["KeyMetadata"]
            return Key(found["Arn"], found.get("KeySpec", ""), found.get("KeyState", ""))
        if answer.kind != "refused":
            return None
        told = v2_failure(
            *("Kms", answer.code, answer.message),
            status=answer.status,
            request_id=answer.request_id,
            modelled=answer.shape is not None,
        )
        return KeyRefusal(answer.code, told.cause or "", answer.status)
