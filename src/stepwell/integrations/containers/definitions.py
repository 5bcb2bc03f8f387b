"""The file that says what task definitions of ECS and job definitions of Batch mean on this machine (TOML).

runner = "process"                      # or docker, podman; left out: the one of the two that there is
environment = {STAGE = "test"}          # for all containers

[images]                                # for processes: the command that stands for an image
"shop/ship" = ["python", "ship.py"]

[tasks.ship]                            # a task definition, its containers by name
main = {image = "shop/ship", command = ["--fast"]}

[jobs.report]                           # a job definition
image = "shop/report"
command = ["--month", "Ref::month"]
timeout_s = 600
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

RUNNERS: Final = ("docker", "podman", "process")
_TOP: Final = ("runner", "environment", "images", "tasks", "jobs")
_CONTAINER: Final = ("image", "command", "environment", "essential")


class InvalidContainers(ValueError):
    """The file cannot be used; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Container:
    """What is to run: an image with arguments. The end of an `essential` one is the end of its task."""

    name: str
    image: str
    command: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    essential: bool = True


@dataclass(frozen=True, slots=True)
class JobDefinition:
    """A Batch job's container, and the seconds that it may take."""

    container: Container
    timeout_s: float | None = None


@dataclass(frozen=True, slots=True)
class Definitions:
    """All that the file says. `folder` is where it lies; processes run there."""

    folder: Path
    runner: str | None
    images: Mapping[str, tuple[str, ...]]
    tasks: Mapping[str, tuple[Container, ...]]
    jobs: Mapping[str, JobDefinition]


def read_definitions(file: Path) -> Definitions:
    """Read the file. Raises `InvalidContainers`."""
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
        return _definitions(file.resolve().parent, document)
    except OSError as error:
        raise InvalidContainers(f"{file}: {error.strerror or error}") from None
    except ValueError as error:
        raise InvalidContainers(f"{file}: {error}") from None


def bare_name(reference: str) -> str:
    """The name in `name`, `name:revision` or a definition's ARN. There is one revision here, the file."""
    return reference.rpartition("/")[2].partition(":")[0]


def _definitions(folder: Path, document: Mapping[str, Any]) -> Definitions:
    _only(document, _TOP, "the file")
    runner = document.get("runner")
    if runner is not None and runner not in RUNNERS:
        raise ValueError(f"runner must be one of {', '.join(RUNNERS)}, not {runner!r}")
    shared = _texts(document.get("environment", {}), "environment")
    tasks = {
        name: tuple(_container(inner, given, shared, name) for inner, given in _table(containers, name).items())
        for name, containers in _table(document.get("tasks", {}), "tasks").items()
    }
    empty = [name for name, containers in tasks.items() if not containers]
    if empty:
        raise ValueError(f"the task definition {empty[0]} has no container")
    jobs = {
        name: _job(name, _table(given, name), shared)
        for name, given in _table(document.get("jobs", {}), "jobs").items()
    }
    images = {name: _list(command, name) for name, command in _table(document.get("images", {}), "images").items()}
    return Definitions(folder, runner, images, tasks, jobs)


def _job(name: str, given: dict[str, Any], shared: Mapping[str, str]) -> JobDefinition:
    timeout_s = given.pop("timeout_s", None)
    if timeout_s is not None and (isinstance(timeout_s, bool) or not isinstance(timeout_s, int | float)):
        raise ValueError(f"{name}: timeout_s must be a number")
    return JobDefinition(_container("default", given, shared, name), timeout_s)


def _container(name: str, given: Any, shared: Mapping[str, str], place: str) -> Container:
    table = _table(given, f"{place}.{name}")
    _only(table, _CONTAINER, place)
    image, essential = table.get("image"), table.get("essential", True)
    if not isinstance(image, str) or not image or image.startswith("-"):
        raise ValueError(f"{place}: the container {name} needs an image")
    if not isinstance(essential, bool):
        raise ValueError(f"{place}: essential must be true or false")
    environment = {**shared, **_texts(table.get("environment", {}), place)}
    return Container(name, image, _list(table.get("command", []), place), environment, essential)


def _only(table: Mapping[str, Any], known: tuple[str, ...], place: str) -> None:
    unknown = sorted(table.keys() - set(known))
    if unknown:
        raise ValueError(f"{place}: there is no {unknown[0]!r}; there are {', '.join(known)}")


def _table(value: Any, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{place} must be a table")
    return dict(value)


def _texts(value: Any, place: str) -> dict[str, str]:
    return {name: str(text) for name, text in _table(value, f"{place}: environment").items()}


def _list(value: Any, place: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError(f"{place}: a command is a list of texts")
    return tuple(value)
