"""Where tasks are found that call addresses which workflows name: HTTP APIs, API Gateway, Kubernetes in EKS."""

from collections.abc import Callable, Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Final

from stepwell.integrations.aws_tasks import AwsTasks
from stepwell.integrations.base import Integration, Registry
from stepwell.integrations.http.connection import Connections
from stepwell.integrations.http.connection_file import FileConnections
from stepwell.integrations.http.egress import Egress, read_networks

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
        self._makers: Final[dict[str, Callable[[], Integration]]] = {
            "http:invoke": self._http,
            "apigateway:invoke": self._gateway,
            "eks:call": self._eks_call,
            "eks:runJob": self._eks_job,
        }

    def register(self, registry: Registry) -> None:
        """Add all of them."""
        for key in self._makers:
            registry.register_family(key, self._find)

    async def close(self) -> None:
        """Close the connections."""
        await self._egress.close()
        await self._own.close()

    def _find(self, service: str, action: str) -> Integration | None:
        key = f"{service}:{action}"
        if key not in self._made and key in self._makers:
            self._made[key] = self._makers[key]()
        return self._made.get(key)

    def _http(self) -> Integration:
        from stepwell.integrations.http.endpoint import HttpIntegration
        from stepwell.integrations.http.eventbridge import EventBridgeConnections

        found: list[Connections] = [] if self._file is None else [self._file]
        return HttpIntegration(self._egress, [*found, EventBridgeConnections(self._aws.caller)])

    def _gateway(self) -> Integration:
        from stepwell.integrations.services.apigateway import ApiGatewayIntegration

        return ApiGatewayIntegration(self._egress, self._own, self._aws.caller)

    def _eks_call(self) -> Integration:
        from stepwell.integrations.services.kubernetes import Cluster, EksCall

        return EksCall(Cluster(self._egress, self._aws.caller))

    def _eks_job(self) -> Integration:
        from stepwell.integrations.polling import Pace
        from stepwell.integrations.services.kubernetes import Cluster, EksRunJob

        return EksRunJob(Cluster(self._egress, self._aws.caller), Pace())
