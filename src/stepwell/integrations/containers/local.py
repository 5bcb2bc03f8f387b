"""The containers of this machine put together: the file, the runner that it names, the two integrations."""

import shutil
from pathlib import Path

from stepwell.integrations.base import Registry
from stepwell.integrations.containers.batch import LocalBatch
from stepwell.integrations.containers.cli import ContainerCli
from stepwell.integrations.containers.definitions import Definitions, InvalidContainers, read_definitions
from stepwell.integrations.containers.ecs import LocalEcs
from stepwell.integrations.containers.processes import ProcessRunner
from stepwell.integrations.containers.runner import Runner

_PROGRAMS = ("docker", "podman")


class LocalContainers:
    """What `app` needs of this package."""

    def __init__(self, file: Path, *, outlives: bool) -> None:
        """`outlives`: whether executions are found again after a restart. Raises `InvalidContainers`."""
        self._definitions = read_definitions(file)
        self._runner = _runner(self._definitions, file, outlives)

    def register(self, registry: Registry) -> None:
        """Take `ecs:runTask` and `batch:submitJob` over."""
        registry.register("ecs", LocalEcs(self._runner, self._definitions.tasks), "runTask")
        registry.register("batch", LocalBatch(self._runner, self._definitions.jobs), "submitJob")

    async def close(self) -> None:
        """Let go of what runs."""
        await self._runner.close()


def _runner(definitions: Definitions, file: Path, outlives: bool) -> Runner:
    if definitions.runner == "process" or (definitions.runner is None and definitions.images):
        return ProcessRunner(definitions.images, definitions.folder)
    program = definitions.runner or next((name for name in _PROGRAMS if shutil.which(name)), None)
    if program is None:
        raise InvalidContainers(
            f"{file}: there is neither docker nor podman on the PATH. Install one, or map [images] to commands."
        )
    return ContainerCli(program, outlives=outlives)
