"""Where tasks that call HTTP APIs are found: `http:invoke` and `apigateway:invoke`, over one pool of connections."""

from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Final

from stepwell.integrations.aws_tasks import AwsTasks
from stepwell.integrations.base import Integration, Registry
from stepwell.integrations.http.connection import Connections
from stepwell.integrations.http.connection_file import FileConnections
from stepwell.integrations.http.egress import Egress, read_networks

INVOKE: Final = "invoke"
_EVERYWHERE: Final = (ip_network("0.0.0.0/0"), ip_network("::/0"))


class HttpTasks:
    """The integrations that call addresses which workflows name."""

    def __init__(
        self,
        aws: AwsTasks,
        *,
        allowed: str = "",
        connections: str | None = None,
        account: str,
        environment: Mapping[str, str],
    ) -> None:
        """`allowed` are networks, `connections` is a file. Raises `ConnectionFileError`, and `ValueError` for networks
        that are none.
        """
        self._aws = aws
        self._egress = Egress(read_networks(allowed))
        self._own = Egress(_EVERYWHERE)
        self._file = FileConnections(Path(connections), account, environment) if connections else None
        self._made: dict[str, Integration] = {}

    def register(self, registry: Registry) -> None:
        """Add both services."""
        registry.register_family("http", self._find)
        registry.register_family("apigateway", self._find)

    async def close(self) -> None:
        """Close the connections."""
        await self._egress.close()
        await self._own.close()

    def _find(self, service: str, action: str) -> Integration | None:
        if action != INVOKE:
            return None
        if service not in self._made:
            self._made[service] = self._http() if service == "http" else self._gateway()
        return self._made[service]

    def _http(self) -> Integration:
        from stepwell.integrations.http.endpoint import HttpIntegration
        from stepwell.integrations.http.eventbridge import EventBridgeConnections

        found: list[Connections] = [] if self._file is None else [self._file]
        return HttpIntegration(self._egress, [*found, EventBridgeConnections(self._aws.caller)])

    def _gateway(self) -> Integration:
        from stepwell.integrations.services.apigateway import ApiGatewayIntegration

        return ApiGatewayIntegration(self._egress, self._own, self._aws.caller)
