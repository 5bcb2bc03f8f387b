"""The parts of botocore that turn a call into a signed request and an answer into members; no client, no connection.

Everything is read from disk at the first call of a service and kept by (service, region). What botocore's clients do
to single services (S3's addresses and checksums, Glacier's headers, copied snapshots) are handlers of its event system;
the same events are emitted here, so that the same rules hold.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Final

from stepwell.integrations.aws_names import action_name
from stepwell.integrations.aws_signature import signed_headers

_USER_AGENT: Final = "Stepwell"
_NOT_SENT: Final = ("expect", "transfer-encoding")  # the body is at hand, and goes with its length
_BUILTINS: Final[dict[str, Any]] = {
    "AWS::UseFIPS": False,
    "AWS::UseDualStack": False,
    "AWS::STS::UseGlobalEndpoint": False,
    "AWS::S3::UseGlobalEndpoint": False,
    "AWS::S3::Accelerate": False,
    "AWS::S3::UseArnRegion": True,
    "AWS::S3Control::UseArnRegion": True,
    "AWS::S3::DisableMultiRegionAccessPoints": False,
    "AWS::S3::DisableS3ExpressSessionAuth": True,
}


@dataclass(frozen=True, slots=True)
class Signed:
    """A request as it goes over the wire; `context` is what botocore's handlers remember of it for the answer."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes
    context: dict[str, Any]


class UnusableCall(ValueError):
    """A call that cannot be made of these members; the message says why."""


class Library:
    """One botocore session: where models, rules, configuration and credentials are found. Slow; make it in a thread."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        from botocore.session import Session

        self._environment = environment
        self.session = Session()
        self.loader = self.session.get_component("data_loader")
        self.events = self.session.get_component("event_emitter")
        self.services = frozenset(self.loader.list_available_services("service-2"))
        self.partitions = self.loader.load_data("partitions")

    def endpoint(self, service: str) -> str | None:
        """The address that AWS_ENDPOINT_URL_<SERVICE>, AWS_ENDPOINT_URL or a profile set for a service, or None."""
        from botocore.configprovider import ConfiguredEndpointProvider

        if self._environment.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() == "true":
            return None
        full, scoped = self.session.full_config, self.session.get_scoped_config()
        found = ConfiguredEndpointProvider(full, scoped, service, dict(self._environment)).provide()
        return found.rstrip("/") if found else None

    def credentials(self, *, emulated: bool) -> Any:
        """The usual chain; for an emulator without the instance metadata service, which may take long to not answer."""
        from botocore.session import Session

        session = Session()
        if emulated:
            session.get_component("credential_provider").remove("iam-role")
        return session.get_credentials()


class Parts:
    """What calls of one service in one region need."""

    def __init__(self, library: Library, service: str, region: str) -> None:
        from botocore.model import ServiceModel
        from botocore.parsers import create_parser
        from botocore.regions import EndpointRulesetResolver
        from botocore.serialize import create_serializer

        self.endpoint = library.endpoint(service)
        self.region = region
        self.model = ServiceModel(library.loader.load_service_model(service, "service-2"), service)
        self.service_id = self.model.service_id.hyphenize()
        self._signs_plainly = self.model.signature_version == "v4" and self.model.resolved_protocol == "json"
        self._plain: dict[str, bool] = {}
        self._actions = {action_name(name): name for name in self.model.operation_names}
        self._events = library.events
        self._config = _config()
        self._serializer = create_serializer(self.model.resolved_protocol, include_validation=False)
        self._parser = create_parser(self.model.resolved_protocol)
        builtins = {**_BUILTINS, "AWS::Region": region, "AWS::S3::ForcePathStyle": self.endpoint is not None}
        if self.endpoint is not None:
            builtins["SDK::Endpoint"] = self.endpoint
        self._resolver = EndpointRulesetResolver(
            endpoint_ruleset_data=library.loader.load_service_model(service, "endpoint-rule-set-1"),
            partition_data=library.partitions,
            service_model=self.model,
            builtins=builtins,
            client_context={},
            event_emitter=library.events,
        )

    def operation(self, name: str) -> Any:
        """botocore's model of an operation (`SendMessage`). Raises `UnusableCall`."""
        if name not in self.model.operation_names:
            raise UnusableCall(f"{self.model.service_name} has no operation {name}")
        return self.model.operation_model(name)

    def action(self, name: str) -> Any:
        """botocore's model of an action, named as resources do (`sendMessage`), or None."""
        operation = self._actions.get(name)
        return None if operation is None else self.model.operation_model(operation)

    def request(self, operation: Any, members: dict[str, Any], credentials: Any, endpoint: str | None = None) -> Signed:
        """The signed request of a call; `endpoint` wins over rules. Raises `UnusableCall`."""
        from botocore.awsrequest import create_request_object
        from botocore.exceptions import BotoCoreError
        from botocore.httpchecksum import apply_request_checksum, resolve_checksum_context
        from botocore.signers import RequestSigner

        context = self._context(operation)
        name = operation.name
        version = "s3v4" if self.model.signature_version == "s3" else self.model.signature_version or "v4"
        try:
            signer = RequestSigner(
                self.model.service_id, self.region, self.model.signing_name, version, credentials, self._events
            )
            request = self._unsigned(operation, dict(members), context, endpoint)
            resolve_checksum_context(request, operation, members)
            _checksum_into_header(request)
            self._events.emit_until_response(
                f"before-call.{self.service_id}.{name}",
                model=operation,
                params=request,
                request_signer=signer,
                context=context,
            )
            apply_request_checksum(request)
            if self._is_plain(name, request, context, credentials):
                return self._signed_plainly(request, credentials, context)
            created = create_request_object(request)
            signer.sign(name, created)
            prepared = created.prepare()
        except (BotoCoreError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise UnusableCall(str(error) or type(error).__name__) from error
        headers = {key: _text(value) for key, value in prepared.headers.items() if key.lower() not in _NOT_SENT}
        return Signed(prepared.method, prepared.url, headers, _bytes(prepared.body), context)

    def _is_plain(self, name: str, request: dict[str, Any], context: dict[str, Any], credentials: Any) -> bool:
        """Whether nothing is special about signing a request: then it need not go through all of botocore's steps.

        Which signer an operation wants is asked once, as botocore's signer asks each time.
        """
        if not self._signs_plainly or credentials is None or context["unsigned_payload"]:
            return False
        if context["auth_type"] not in (None, "v4") or request["query_string"] or request["url_path"] != "/":
            return False
        if name not in self._plain:
            event = f"choose-signer.{self.service_id}.{name}"
            signing = {"signing_name": self.model.signing_name, "region_name": self.region}
            _, chosen = self._events.emit_until_response(event, signature_version="v4", context=context, **signing)
            self._plain[name] = chosen is None
        return self._plain[name]

    def _signed_plainly(self, request: dict[str, Any], credentials: Any, context: dict[str, Any]) -> Signed:
        signing = context.get("signing", {})
        region = signing.get("region") or self.region
        service = signing.get("signing_name") or self.model.signing_name
        headers = {key: _text(value) for key, value in request["headers"].items() if key.lower() not in _NOT_SENT}
        body = _bytes(request["body"])
        signed = signed_headers(request["url"], headers, body, credentials, region, service)
        signed["Content-Length"] = str(len(body))
        return Signed("POST", request["url"], signed, body, context)

    def _context(self, operation: Any) -> dict[str, Any]:
        return {
            "client_region": self.region,
            "client_config": self._config,
            "has_streaming_input": operation.has_streaming_input,
            "auth_type": operation.resolved_auth_type,
            "unsigned_payload": operation.unsigned_payload,
            "auth_options": self.model.metadata.get("auth"),
        }

    def _unsigned(
        self, operation: Any, members: dict[str, Any], context: dict[str, Any], endpoint: str | None
    ) -> dict[str, Any]:
        from botocore.awsrequest import prepare_request_dict

        event = f"before-parameter-build.{self.service_id}.{operation.name}"
        self._events.emit(event, params=members, model=operation, context=context)
        found = self._resolver.construct_endpoint(operation, members, context)
        schemes = found.properties.get("authSchemes")
        if schemes is not None:
            context["auth_type"], context["signing"] = self._resolver.auth_schemes_to_signing_ctx(schemes)
        context["endpoint_properties"] = found.properties
        request: dict[str, Any] = self._serializer.serialize_to_request(members, operation)
        if self.endpoint is not None:
            request.pop("host_prefix", None)  # an emulator, or a private address, has one name only
        request["headers"].update(found.headers)
        prepare_request_dict(request, endpoint or found.url, context=context, user_agent=_USER_AGENT)
        return request

    def parse(
        self, operation: Any, status: int, headers: Mapping[str, str], body: bytes, context: dict[str, Any]
    ) -> tuple[int, dict[str, Any]]:
        """The status (S3 hides errors behind 200) and members of an answer. Raises `UnusableCall` for gibberish."""
        from botocore.compat import HTTPHeaders
        from botocore.parsers import ResponseParserError

        lower = HTTPHeaders()
        for name, value in headers.items():
            lower[name] = value
        response: dict[str, Any] = {
            "headers": lower,
            "status_code": status,
            "body": bytearray(body) if status < 300 and _raw_output(operation) else body,
            "context": {"operation_name": operation.name},
        }
        customised: dict[str, Any] = {}
        try:
            self._events.emit(
                f"before-parse.{self.service_id}.{operation.name}",
                operation_model=operation,
                response_dict=response,
                customized_response_dict=customised,
            )
            parsed: dict[str, Any] = self._parser.parse(response, operation.output_shape)
            parsed.update(customised)
            if self.service_id == "s3":
                self._read_as_s3(operation, parsed, body, context)
        except (ResponseParserError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise UnusableCall(f"The answer cannot be read: {error}") from error
        return response["status_code"], parsed

    def _read_as_s3(self, operation: Any, parsed: dict[str, Any], body: bytes, context: dict[str, Any]) -> None:
        """What S3 answers in its own ways: listings with encoded keys, the place of a bucket."""
        event = f"after-call.s3.{operation.name}"
        answer = SimpleNamespace(raw=body, content=body, status_code=200, headers={})
        self._events.emit(event, http_response=answer, parsed=parsed, model=operation, context=context)
        if context.get("encoding_type_auto_set"):
            parsed.pop("EncodingType", None)

    def error_shape(self, code: str) -> str | None:
        """The name of the modelled error that a code stands for (`InvalidParameter`: `InvalidParameterException`)."""
        shape = self.model.shape_for_error_code(code)
        if shape is None and any(shape.name == code for shape in self.model.error_shapes):
            return code
        return None if shape is None else str(shape.name)


def _config() -> Any:
    from botocore.config import Config

    return Config(
        request_checksum_calculation="when_supported",
        response_checksum_validation="when_required",
        disable_request_compression=True,
        s3={},
    )


def _checksum_into_header(request: dict[str, Any]) -> None:
    """The body is at hand, so its checksum need not follow it."""
    algorithm = request["context"].get("checksum", {}).get("request_algorithm")
    if isinstance(algorithm, dict) and algorithm.get("in") == "trailer":
        algorithm["in"] = "header"


def _raw_output(operation: Any) -> bool:
    """Whether the answer's body is one member as it is: text or bytes, not to be decoded by the parser."""
    shape = operation.output_shape
    payload = shape.serialization.get("payload") if shape is not None else None
    return payload is not None and shape.members[payload].type_name in ("blob", "string")


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _bytes(body: Any) -> bytes:
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    return body if isinstance(body, bytes) else bytes(body.read() if hasattr(body, "read") else body)
