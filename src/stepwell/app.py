"""The composition root: the only place that names concrete stores and hands settings out."""

import asyncio
import gc
import logging
import os
import random
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Literal

from stepwell.arn import EXECUTION, parse_arn_of
from stepwell.caller import Caller
from stepwell.errors import ExecutionDoesNotExist, UnknownOperationException
from stepwell.hosts import Hosts
from stepwell.integrations.aws_keys import AwsKeys
from stepwell.integrations.aws_lambda import Invoker, LambdaIntegration, SdkLambdaInvoke
from stepwell.integrations.aws_logs import AwsLogs
from stepwell.integrations.aws_tasks import AwsTasks
from stepwell.integrations.base import Registry
from stepwell.integrations.hints import Hints, names_in
from stepwell.integrations.http.connection_file import ConnectionFileError
from stepwell.integrations.http_tasks import HttpTasks
from stepwell.integrations.invocations import Invocations
from stepwell.integrations.items import Buckets, LocalBuckets, S3Buckets, S3Client
from stepwell.integrations.outbound import InvalidLimits, Outbound, read_limits
from stepwell.observability.cloudwatch_logs import CloudWatchLogs
from stepwell.observability.log_delivery import LogDelivery, Sink
from stepwell.observability.log_files import LogFiles
from stepwell.operations import OPERATIONS
from stepwell.operations.service import Service
from stepwell.runtime.clock import Clock, SystemClock
from stepwell.runtime.overdue import Overdue
from stepwell.runtime.retention import Retention
from stepwell.runtime.runtime import Runtime
from stepwell.runtime.tcp import TcpCarrier
from stepwell.settings import SettingError, Settings
from stepwell.store.postgres import is_address
from stepwell.store.protocol import Store, StoreBroken
from stepwell.store.sqlite import SqliteStore

App = Callable[[Any, Any, Any], Awaitable[None]]
"""An ASGI application."""

log = logging.getLogger("stepwell")
_CHORES_SHARD = 0  # whoever drives it does for all nodes what one of them is to do
function_log = logging.getLogger("stepwell.functions.output")
"""What local functions print, a record a line."""


def _carrier(settings: Settings) -> TcpCarrier | None:
    """What carries requests between nodes, where there may be several."""
    if settings.node_address == "none" or not is_address(settings.database):
        return None
    host, _, port = settings.node_address.rpartition(":")
    return TcpCarrier(host.strip("[]"), int(port))


def make_store(settings: Settings) -> Store:
    """The store that the settings name; not open yet. Raises StoreError for an address that cannot be one."""
    durable = settings.durability == "full"
    if is_address(settings.database):
        from stepwell.store.postgres.store import PostgresStore

        return PostgresStore(settings.database, durable=durable)
    synchronous: Literal["FULL", "NORMAL"] = "FULL" if durable else "NORMAL"
    return SqliteStore(settings.database, synchronous=synchronous, commit_delay_ms=settings.commit_delay_ms)


class Application:
    """One Stepwell, without a network: store, runtime and operations, put together and run.

    `stepwell serve` puts an HTTP server before it; `stepwell run` uses it as it is.
    """

    def __init__(self, settings: Settings, *, clock: Clock | None = None, dice: random.Random | None = None) -> None:
        self.settings = settings
        self.clock = clock or SystemClock()
        self.store = make_store(settings)
        self.registry = Registry(outbound=_outbound(settings.outbound or ""))
        self._closing: list[Any] = []
        self.hints = Hints()
        self._aws = AwsTasks(assume=settings.roles == "assume", hints=self.hints)
        self._log_groups = None if settings.logs_endpoint is None else AwsLogs(settings.logs_endpoint)
        self.runtime = Runtime(
            self.store,
            self.registry,
            settings.limits,
            self.clock,
            dice or random.Random(),
            rerun=settings.recovery == "rerun",
            buckets=self._buckets(),
            lease_s=settings.lease,
            node_name=f"{socket.gethostname()}:{os.getpid()}",
            logs=settings.execution_logs is not None or settings.logs_endpoint is not None,
            carrier=_carrier(settings),
        )
        self.runtime.news.listeners.append(self.hints.tell)
        self.retention = Retention(
            self.store, self.clock, settings.retention_days, lambda: self.runtime.ownership.holds(_CHORES_SHARD)
        )
        self.overdue = Overdue(self.store, self.clock, self.runtime.ownership, self.runtime.shard, settings.limits)
        invoker, invocations = self._functions()
        self.service = Service(
            self.store,
            self.runtime,
            settings.limits,
            self.clock,
            self._log_groups,
            self._key_service(),
            invocations,
        )
        self._logs = self._log_delivery()
        self._register(invoker)

    async def open(self) -> None:
        """Open the database and take its open executions over. Raises StoreBusy, StoreNewer."""
        await self.store.open()
        await self.runtime.open()
        await self.service.open()
        self._logs.open()
        self.retention.open()
        self.overdue.open()

    async def close(self) -> None:
        """Let go in good order, then close the database."""
        await self.overdue.close()
        await self.retention.close()
        await self.service.close()
        await self.runtime.close(self.settings.grace_s)
        await self._logs.close()
        for client in self._closing:
            await client.close()
        await self.store.close()

    def dispatch(self, caller: Caller, operation: str, members: dict[str, Any]) -> Awaitable[dict[str, Any]]:
        """Perform an operation of the service model. Raises ApiError."""
        function = OPERATIONS.get(operation)
        if function is None:
            raise UnknownOperationException(f"{operation} is not available in this release of Stepwell")
        return function(self.service, caller, **members)

    def hear(self, event: Any) -> None:
        """Take an event of EventBridge as a hint about jobs, whichever node watches them."""
        self.runtime.news.tell(names_in(event))

    async def read(self, caller: Caller, name: str, members: dict[str, Any]) -> Any:
        """Perform one of the console's reads. Raises ApiError."""
        from stepwell.operations.reads.table import READS

        return await READS[name].function(self.service, caller, **members)

    # What integrations need

    def _register(self, invoker: Invoker) -> None:
        from stepwell.integrations.services import sfn
        from stepwell.integrations.services.states import StatesIntegration

        inward = Inward(self)
        self.registry.register("states", StatesIntegration(inward))
        sfn.register(self.registry, inward)
        aws = self._aws
        aws.register(self.registry)
        http = self._http_tasks(aws)
        http.register(self.registry)
        self._closing += [http, aws]
        self._register_containers()
        self.registry.register("lambda", LambdaIntegration(invoker))
        self.registry.register("aws-sdk:lambda", SdkLambdaInvoke(invoker), "invoke")

    def _register_containers(self) -> None:
        """ECS and Batch on this machine, where the settings ask for it; else they are AWS services like others."""
        if self.settings.containers is None:
            return
        from stepwell.integrations.containers.definitions import InvalidContainers
        from stepwell.integrations.containers.local import LocalContainers

        try:
            containers = LocalContainers(Path(self.settings.containers), outlives=self.settings.database != ":memory:")
        except InvalidContainers as error:
            raise SettingError(str(error)) from None
        containers.register(self.registry)
        self._closing.append(containers)

    def _log_delivery(self) -> LogDelivery:
        """What brings execution logs to where the settings say; without any such place it has nothing to do."""
        sinks: list[Sink] = []
        if self.settings.execution_logs is not None:
            sinks.append(LogFiles(Path(self.settings.execution_logs)))
        if self._log_groups is not None:
            sinks.append(CloudWatchLogs(self._log_groups))
            self._closing.append(self._log_groups)
        return LogDelivery(
            self.store, self.runtime.machines, self.runtime.logbook, sinks, lambda: self.runtime.ownership.driven
        )

    def _key_service(self) -> AwsKeys | None:
        if self.settings.kms_endpoint is None:
            return None
        keys = AwsKeys(self.settings.kms_endpoint)
        self._closing.append(keys)
        return keys

    def _buckets(self) -> Buckets:
        """Where the items of distributed Maps lie: in a folder, or S3, which is not spoken to before it is needed."""
        settings = self.settings
        if settings.buckets is not None:
            return LocalBuckets(settings.buckets)
        roles = self._aws if settings.roles == "assume" else None
        buckets = S3Buckets(S3Client(settings.region, settings.s3_endpoint, account=settings.account, roles=roles))
        self._closing.append(buckets)
        return buckets

    def _http_tasks(self, aws: AwsTasks) -> HttpTasks:
        settings = self.settings
        try:
            return HttpTasks(
                aws,
                allowed=settings.egress or "",
                connections=settings.connections,
                account=settings.account,
                environment=os.environ,
            )
        except ConnectionFileError as error:
            raise SettingError(f"connections: {error}") from None

    def _functions(self) -> tuple[Invoker, Invocations]:
        """Where functions run, and what is remembered of their calls."""
        settings = self.settings
        if settings.functions is not None:
            from stepwell.functions.pool import FunctionPool
            from stepwell.integrations.lambda_local import LocalInvoker

            pool = FunctionPool(
                settings.functions,
                account=settings.account,
                region=settings.region,
                on_log=lambda line: function_log.info("%s: %s", line.function, line.text.rstrip()),
            )
            self._closing.append(pool)
            invocations = Invocations(pool)
            return LocalInvoker(pool, invocations), invocations
        from stepwell.integrations.lambda_endpoint import EndpointInvoker

        invocations = Invocations()
        endpoint = EndpointInvoker(settings.lambda_endpoint, self._aws, invocations)
        self._closing.append(endpoint)
        return endpoint, invocations


def _outbound(text: str) -> Outbound:
    try:
        return Outbound(read_limits(text))
    except InvalidLimits as error:
        raise SettingError(f"outbound: {error}") from None


class Inward:
    """This server's own operations, as tasks of its executions call them."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def call(self, account: str, region: str, operation_name: str, members: dict[str, Any]) -> dict[str, Any]:
        """Perform an operation in the name of an execution's account and region."""
        return await self._application.dispatch(Caller(account, region), operation_name, _encodable(members))

    async def wait_closed(self, execution_arn: str) -> None:
        """Return once the execution has ended. Raises ExecutionDoesNotExist."""
        runtime = self._application.runtime
        arn = parse_arn_of(execution_arn, EXECUTION)
        machine_name, name = arn.parts
        machine = await runtime.store.find_state_machine(arn.account, arn.region, machine_name)
        execution_id = None if machine is None else await runtime.store.find_execution(machine.id, name)
        if execution_id is None:
            raise ExecutionDoesNotExist(f"Execution Does Not Exist: '{execution_arn}'")
        await runtime.wait_closed(execution_id)


def _encodable(value: Any) -> Any:
    """Members without lone surrogates: a workflow's data may hold them, a request to AWS cannot. Java writes `?`."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_encodable(key): _encodable(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_encodable(item) for item in value]
    return value


async def serve(
    application: Application,
    stop: asyncio.Event,
    ready: "asyncio.Future[int] | None" = None,
    *,
    share_port: bool = False,
) -> None:
    """Answer HTTP until `stop` is set, then drain. `ready` is given the port once requests are taken.

    `share_port`: other processes listen on the same port.
    """
    from stepwell.api.app import make_app
    from stepwell.api.job_events import PATH, JobEvents
    from stepwell.api.server import HttpServer

    settings = application.settings
    application.runtime.nodes.leases.address = f"{settings.host}:{settings.port}"
    await application.open()
    settle_memory()
    app = make_app(
        application.dispatch,
        account=settings.account,
        region=settings.region,
        limits=settings.limits,
        available=OPERATIONS.keys(),
        hosts=Hosts(settings.host_names),
        ready=lambda: application.runtime.is_ready,
        rooms={settings.console_base: console_of(application)},
        hooks={PATH: JobEvents(application.hear, Hosts(settings.host_names), settings.limits)},
    )
    server = HttpServer(app, share_port=share_port)
    server.at_drain(application.runtime.activities.close)
    server.at_drain(application.runtime.watchers.close)
    try:
        port = await server.start(settings.host, settings.port)
        if ready is not None:
            ready.set_result(port)
        await _until_stopped(stop, application.runtime.shard.broken)
        await server.drain(settings.grace_s)
    finally:
        await application.close()
    if application.runtime.shard.broken.is_set():
        raise StoreBroken("the database failed; what it acknowledged is safe: start the server again")


def console_of(application: Application) -> App:
    """The console, which is loaded when somebody first asks for it: a server that nobody looks at goes without."""
    made: list[App] = []

    async def console(scope: Any, receive: Any, send: Any) -> None:
        if not made:
            made.append(_make_console(application))
        await made[0](scope, receive, send)

    return console


def _make_console(application: Application) -> App:
    from stepwell.console.app import Console

    settings = application.settings
    caller = Caller(settings.account, settings.region, f"arn:aws:iam::{settings.account}:root")
    return Console(
        application.read,
        base=settings.console_base,
        identify=lambda headers: caller,
        authorise=lambda caller, action, members: None,
        body_bytes_max=settings.limits.request_bytes_max,
        hosts=Hosts(settings.host_names),
    )


async def _until_stopped(stop: asyncio.Event, broken: asyncio.Event) -> None:
    """Until somebody wants the server to stop, or its database is of no use any more."""
    waiting = [asyncio.ensure_future(event.wait()) for event in (stop, broken)]
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()


def settle_memory() -> None:
    """Tell the collector of cycles that what start-up made stays, and to look less often: requests make none.

    Its passes took a twelfth of the CPU time of a start (measured).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
