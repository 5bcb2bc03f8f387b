"""The program of a worker: runs one function's handler behind the AWS Lambda Runtime API.

It is run by its path in a fresh interpreter and imports nothing of Stepwell. Where AWS's own client (`awslambdaric`)
can be imported it does the work; elsewhere the loop at the end of this file speaks the same API. Arguments: entry file,
task root, module name, handler name, "first" or "last" (where the task root goes on the module path), "official" or
"own" (client). Imports are few and late: they are most of a cold start.

Standard input is the parent's lifeline: when it closes, the parent is gone and this process ends at once, with whatever
it started, even in the middle of a handler.
"""

from __future__ import annotations

import os
import sys
from importlib.machinery import ModuleSpec, SourceFileLoader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import CodeType
    from typing import Any


class _Uncached(SourceFileLoader):
    """Compiles the entry file every time: cached bytecode is only as fresh as one second."""

    def get_code(self, fullname: str) -> CodeType:
        code: CodeType = self.source_to_code(self.get_data(self.path), self.path)
        return code


class _EntryFinder:
    """Gives the entry file its module name, so that the folder need not come first on the module path."""

    def __init__(self, module: str, file: str) -> None:
        self._module = module
        self._file = file

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        if name != self._module:
            return None
        spec = ModuleSpec(name, _Uncached(name, self._file), origin=self._file)
        spec.has_location = True
        return spec


def main() -> None:
    """Set the module path, tie this process to its parent and serve until the Runtime API is gone."""
    file, root, module, handler, place, client = sys.argv[1:7]
    sys.argv[1:] = []
    _follow_parent()
    sys.path.insert(0 if place == "first" else len(sys.path), root)
    if os.path.exists(file):
        sys.meta_path.insert(0, _EntryFinder(module, file))
    if client == "own" or not _serve_officially(f"{module}.{handler}"):
        _serve(module, handler)


# --- the parent -------------------------------------------------------------------------------------------------------


def _follow_parent() -> None:
    import _thread

    lifeline = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    _thread.start_new_thread(_end_with_parent, (lifeline,))


def _end_with_parent(lifeline: int) -> None:
    try:
        while os.read(lifeline, 64):
            pass
    except OSError:
        pass
    if hasattr(os, "killpg") and os.getpgrp() == os.getpid():
        import signal

        os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(1)


# --- AWS's client -----------------------------------------------------------------------------------------------------


def _serve_officially(handler: str) -> bool:
    try:
        from awslambdaric import bootstrap, lambda_runtime_client
        from awslambdaric.lambda_runtime_marshaller import to_json
    except ImportError:
        return False
    if lambda_runtime_client.runtime_client is None:  # its native part is for Linux only
        return False

    class Client(lambda_runtime_client.LambdaRuntimeClient):  # type: ignore[misc]  # it has no types
        """The address has a path in it, which only the native part understands by itself."""

        def call_rapid(
            self,
            http_method: str,
            endpoint: str,
            expected_http_code: int,
            payload: object = None,
            headers: dict[str, str] | None = None,
        ) -> None:
            _RuntimeApi().send(http_method, endpoint, to_json(payload), headers or {})

    bootstrap.run(handler, Client(os.environ["AWS_LAMBDA_RUNTIME_API"]))
    return True


# --- our own client ---------------------------------------------------------------------------------------------------


class _RuntimeApi:
    """One kept connection to the Runtime API. (AWS: "Using the Lambda runtime API for custom runtimes".)"""

    def __init__(self) -> None:
        from http.client import HTTPConnection

        address, _, prefix = os.environ["AWS_LAMBDA_RUNTIME_API"].partition("/")
        self._prefix = f"/{prefix}" if prefix else ""
        self._connection = HTTPConnection(address)

    def send(
        self, method: str, path: str, body: str | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Status, headers and body of the answer; ends the process when nobody answers."""
        try:
            self._connection.request(method, self._prefix + path, body and body.encode(), headers or {})
            answer = self._connection.getresponse()
            content = answer.read()
        except OSError:
            sys.exit(1)
        return answer.status, dict(answer.headers.items()), content


class _Context:
    """The `context` argument of a handler. (AWS: "Using the Lambda context object to retrieve Python function
    information".)"""

    def __init__(self, request_id: str, arn: str, deadline_ms: int, client_context: object) -> None:
        environment = os.environ
        self.aws_request_id = request_id
        self.invoked_function_arn = arn
        self.function_name = environment.get("AWS_LAMBDA_FUNCTION_NAME")
        self.function_version = environment.get("AWS_LAMBDA_FUNCTION_VERSION")
        self.memory_limit_in_mb = environment.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.log_group_name = environment.get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = environment.get("AWS_LAMBDA_LOG_STREAM_NAME")
        self.client_context = client_context
        self.identity = None
        self._deadline_ms = deadline_ms

    def get_remaining_time_in_millis(self) -> int:
        import time

        return max(0, self._deadline_ms - int(time.time() * 1000))


def _serve(module: str, handler: str) -> None:
    api = _RuntimeApi()
    try:
        function = _load(module, handler)
    except _Fault as fault:
        _report(api, "/2018-06-01/runtime/init/error", fault.error("", fault.trace))
        sys.exit(1)
    except BaseException as error:
        _report(api, "/2018-06-01/runtime/init/error", _error_of(error, ""))
        sys.exit(1)
    while True:
        status, headers, body = api.send("GET", "/2018-06-01/runtime/invocation/next")
        if status != 200:
            sys.exit(1)
        request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        path = f"/2018-06-01/runtime/invocation/{request_id}"
        try:
            result = _call(function, body, _context_of(headers, request_id))
        except _Fault as fault:
            _report(api, path + "/error", fault.error(request_id, fault.trace))
        except Exception as error:
            _report(api, path + "/error", _error_of(error, request_id))
        else:
            sys.stdout.flush()
            api.send("POST", path + "/response", result, {"Content-Type": "application/json"})


class _Fault(Exception):
    """An error of the runtime's own, with Lambda's name for it."""

    def __init__(self, kind: str, message: str, trace: list[str] | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.trace = trace or []

    def error(self, request_id: str, trace: list[str]) -> dict[str, object]:
        return {"errorMessage": str(self), "errorType": self.kind, "requestId": request_id, "stackTrace": trace}


def _load(module: str, handler: str) -> Callable[[Any, _Context], Any]:
    from importlib import import_module

    try:
        loaded = import_module(module)
    except ImportError as error:
        raise _Fault("Runtime.ImportModuleError", f"Unable to import module '{module}': {error}") from None
    except SyntaxError as error:
        trace = [f'  File "{error.filename}" Line {error.lineno}\n    {error.text}']
        raise _Fault("Runtime.UserCodeSyntaxError", f"Syntax error in module '{module}': {error}", trace) from None
    try:
        function: Callable[[Any, _Context], Any] = getattr(loaded, handler)
        return function
    except AttributeError:
        raise _Fault("Runtime.HandlerNotFound", f"Handler '{handler}' missing on module '{module}'") from None


def _context_of(headers: Mapping[str, str], request_id: str) -> _Context:
    import json

    trace_id = headers.get("Lambda-Runtime-Trace-Id")
    if trace_id:
        os.environ["_X_AMZN_TRACE_ID"] = trace_id
    else:
        os.environ.pop("_X_AMZN_TRACE_ID", None)
    client_context = headers.get("Lambda-Runtime-Client-Context")
    return _Context(
        request_id,
        headers.get("Lambda-Runtime-Invoked-Function-Arn", ""),
        int(headers["Lambda-Runtime-Deadline-Ms"]),
        json.loads(client_context) if client_context else None,
    )


def _call(function: Callable[[Any, _Context], Any], body: bytes, context: _Context) -> str:
    import json

    try:
        event = json.loads(body)
    except ValueError as error:
        raise _Fault("Runtime.UnmarshalError", f"Unable to unmarshal input: {error}") from None
    result = function(event, context)
    try:
        return json.dumps(result)
    except (TypeError, ValueError) as error:
        raise _Fault("Runtime.MarshalError", f"Unable to marshal response: {error}") from None


def _error_of(error: BaseException, request_id: str) -> dict[str, object]:
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    ours = next((number for number, frame in enumerate(frames) if frame.filename != __file__), len(frames))
    return {
        "errorMessage": str(error),
        "errorType": type(error).__name__,
        "requestId": request_id,
        "stackTrace": traceback.format_list(frames[ours:]),
    }


def _report(api: _RuntimeApi, path: str, error: dict[str, object]) -> None:
    import json

    trace = "".join(error["stackTrace"])  # type: ignore[arg-type]  # the one member that is a list of texts
    sys.stderr.write(f"[ERROR] {error['errorType']}: {error['errorMessage']}\n{trace}")
    sys.stdout.flush()
    sys.stderr.flush()
    api.send("POST", path, json.dumps(error), {"Lambda-Runtime-Function-Error-Type": str(error["errorType"])})


if __name__ == "__main__":
    main()
