"""Where tasks that call AWS are found. A server without such tasks loads none of what they need.

The names of the described services are repeated here, since reading the descriptions would load them.
"""

from typing import TYPE_CHECKING, Any, Final

from stepwell.integrations.base import Integration, Registry
from stepwell.integrations.hints import Hints

if TYPE_CHECKING:
    from stepwell.integrations.aws_call import AwsCaller
    from stepwell.integrations.aws_roles import Principal

OPTIMIZED: Final = (
    *("athena", "batch", "bedrock", "codebuild", "databrew", "dynamodb", "ecs", "eks", "elasticmapreduce"),
    *("emr-containers", "emr-serverless", "events", "glue", "mediaconvert", "sagemaker", "sns", "sqs"),
)


class AwsTasks:
    """The integrations of AWS's services, over one pool of connections."""

    def __init__(self, *, assume: bool = False, hints: Hints | None = None) -> None:
        """`assume`: calls go in the name of the state machine's role. `hints`: whoever hears of the ends of jobs."""
        self._assume = assume
        self._hints = hints
        self._caller: AwsCaller | None = None
        self._optimized: dict[tuple[str, str], Integration] | None = None

    def register(self, registry: Registry) -> None:
        """Add the described services and all of `aws-sdk`. What is registered for one service comes before these."""
        registry.register_family("aws-sdk", self._find_sdk)
        for service in OPTIMIZED:
            registry.register_family(service, self._find_optimized)

    async def close(self) -> None:
        """Close the connections."""
        if self._caller is not None:
            await self._caller.close()

    def _find_sdk(self, service: str, action: str) -> Integration | None:
        from stepwell.integrations.aws_sdk import SdkAction

        return SdkAction(self.caller, service, action)

    def _find_optimized(self, service: str, action: str) -> Integration | None:
        if self._optimized is None:
            from stepwell.integrations.catalog_services import optimized_actions

            self._optimized = optimized_actions(self.caller, self._hints)
        return self._optimized.get((service, action))

    @property
    def caller(self) -> "AwsCaller":
        """The connections, made at the first question."""
        if self._caller is None:
            from stepwell.integrations.aws_call import AwsCaller

            self._caller = AwsCaller(assume=self._assume)
        return self._caller

    async def credentials(self, principal: "Principal", *, emulated: bool) -> Any:
        """As `AwsCaller.credentials`, for calls that do not go through it."""
        return await self.caller.credentials(principal, emulated=emulated)
