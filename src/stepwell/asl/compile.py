"""From the text of a definition to a state machine and its diagnostics: one reading for Create, Update and Validate.

Here lives the order of that reading and the cache of its results. Rules about fields and graphs never live here.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from stepwell.asl.definition_json import DefinitionJsonError, read_definition_json
from stepwell.asl.diagnostics import ERROR, INVALID_JSON, SCHEMA, Diagnostic
from stepwell.asl.flow import ROOT, RootFlow, language_of, read_flow
from stepwell.asl.machine import State, StateMachine, check_graph, numbered
from stepwell.asl.reading import Language, Reading
from stepwell.asl.states.choice import Choice
from stepwell.asl.states.fail import Fail
from stepwell.asl.states.map import Map
from stepwell.asl.states.parallel import Parallel
from stepwell.asl.states.pass_ import Pass
from stepwell.asl.states.succeed import Succeed
from stepwell.asl.states.task import Task
from stepwell.asl.states.wait import Wait
from stepwell.asl.variables import check_variables, variable_reads
from stepwell.limits import AWS, Limits

STATE_CLASSES: Final[Mapping[str, type[State]]] = {
    cls.type: cls for cls in (Task, Wait, Pass, Succeed, Fail, Choice, Parallel, Map)
}
CACHED_DEFINITIONS_MAX: Final = 512
CACHED_CHARACTERS_MAX: Final = 4_194_304  # what a text of rules compiles to can take sixty times its length


_Key = tuple[bytes, str, Limits, frozenset[str]]


class Compiled(NamedTuple):
    """What a definition compiles to: `machine` is None when any diagnostic is an ERROR."""

    machine: StateMachine | None
    diagnostics: tuple[Diagnostic, ...]

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        return tuple(finding for finding in self.diagnostics if finding.severity == ERROR)


class _Cache:
    """The compiled definitions used last, bounded in number and in characters of definition text."""

    def __init__(self, definitions_max: int, characters_max: int) -> None:
        self.definitions_max = definitions_max
        self.characters_max = characters_max
        self.entries: OrderedDict[_Key, tuple[Compiled, int]] = OrderedDict()
        self.characters = 0

    def get(self, key: _Key) -> Compiled | None:
        entry = self.entries.get(key)
        if entry is None:
            return None
        self.entries.move_to_end(key)
        return entry[0]

    def put(self, key: _Key, compiled: Compiled, characters: int) -> None:
        self.entries[key] = (compiled, characters)
        self.characters += characters
        while self.characters > self.characters_max or len(self.entries) > self.definitions_max:
            _, (_, freed) = self.entries.popitem(last=False)
            self.characters -= freed


_CACHE: Final = _Cache(CACHED_DEFINITIONS_MAX, CACHED_CHARACTERS_MAX)


def compile_definition(
    text: str, *, type: str = "STANDARD", limits: Limits = AWS, known: frozenset[str] = frozenset()
) -> Compiled:
    """The state machine of a definition and everything there is to say about it, errors first found first.

    `type` is STANDARD or EXPRESS; `known` are variables that have values before the first state runs, as a test of a
    single state may give them. Never raises for what a definition may contain: every fault is a diagnostic, in AWS's
    codes, words and order (recorded). The result is shared by all who ask for the same text: it is never changed.
    """
    key = (hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest(), type, limits, known)
    compiled = _CACHE.get(key)
    if compiled is None:
        compiled = _compile(text, type, limits, known)
        _CACHE.put(key, compiled, len(text))
    return compiled


def _compile(text: str, type: str, limits: Limits, known: frozenset[str]) -> Compiled:
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > limits.definition_bytes_max:
        return _refused(SCHEMA, f"Definition exceeds the maximum of {limits.definition_bytes_max} bytes", None)
    if not text.strip(" \t\r\n"):
        return _refused(SCHEMA, "Definition must be a valid JSON object", None)
    try:
        value = read_definition_json(text, limits.json_depth_max)
    except DefinitionJsonError as error:
        return _refused(INVALID_JSON, str(error), error.location)
    if not isinstance(value, dict):
        return _refused(SCHEMA, "Definition must be a valid JSON object", None)
    return _read(text, value, type, limits, known)


def _refused(code: str, message: str, location: str | None) -> Compiled:
    return Compiled(None, (Diagnostic(ERROR, code, message, location),))


def _read(text: str, value: dict[str, Any], type: str, limits: Limits, known: frozenset[str]) -> Compiled:
    language = language_of(value) or Language.JSONPATH
    reading = Reading(type, language, limits, STATE_CLASSES)
    root: RootFlow = read_flow(ROOT, value, reading, "", type)
    check_graph(reading)
    check_variables(reading, known)
    if reading.failed:
        return Compiled(None, tuple(reading.findings))
    flows = numbered(reading.flows)
    machine = StateMachine(text, type, language.value, flows, root.timeout_s, variable_reads(reading))
    return Compiled(machine, tuple(reading.findings))
