"""CloudWatch Logs as execution logs need it: put what is given, and know whether a log group exists."""

import os
from typing import TYPE_CHECKING, Any, Final

from stepwell.integrations.aws_answer import Answer
from stepwell.integrations.aws_roles import Principal

if TYPE_CHECKING:
    from stepwell.integrations.aws_call import AwsCaller

AWS: Final = "aws"
ANSWERED: Final = "answered"
UNREACHABLE: Final = "unreachable"


class AwsLogs:
    """The Logs API at `endpoint` (an URL), or AWS's own if that is `aws`."""

    def __init__(self, endpoint: str) -> None:
        self._environment = dict(os.environ)
        if endpoint != AWS:
            self._environment["AWS_ENDPOINT_URL_CLOUDWATCH_LOGS"] = endpoint
        self._caller: AwsCaller | None = None

    async def close(self) -> None:
        """Close the connections."""
        if self._caller is not None:
            await self._caller.close()

    async def call(self, operation: str, members: dict[str, Any], account: str, region: str) -> str:
        """`answered`, `unreachable`, or the code with which it was refused."""
        answer = await self._ask(operation, members, account, region)
        if isinstance(answer, Answer):
            return ANSWERED
        return answer.code or UNREACHABLE

    async def has_group(self, account: str, region: str, name: str) -> bool:
        """Whether a log group exists. One that cannot be asked for is believed to."""
        answer = await self._ask("DescribeLogGroups", {"logGroupNamePrefix": name}, account, region)
        if not isinstance(answer, Answer):
            return True
        return any(group.get("logGroupName") == name for group in answer.members.get("logGroups", ()))

    async def _ask(self, operation: str, members: dict[str, Any], account: str, region: str) -> Any:
        if self._caller is None:
            from stepwell.integrations.aws_call import AwsCaller

            self._caller = AwsCaller(self._environment)
        return await self._caller.call("logs", operation, members, principal=Principal(region, account))
