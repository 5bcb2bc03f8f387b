"""Map: one run of its processor for each item."""

from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

from stepwell.asl.evaluated import Evaluated, compile_evaluated
from stepwell.asl.fields import JSONATA, JSONPATH, UNREADABLE, Field, Group, Number, Object, OneOf, Table
from stepwell.asl.flow import DISTRIBUTED, FlowOf, flow_fields
from stepwell.asl.machine import Flow, State
from stepwell.asl.paths import Discard, PathTo
from stepwell.asl.reading import Place
from stepwell.asl.resource import EXPRESS
from stepwell.asl.retry import CATCH, RETRY, Catcher, Retrier
from stepwell.asl.states.distributed import (
    DISTRIBUTED_FIELDS,
    DISTRIBUTED_ROWS,
    ItemBatcher,
    ItemReader,
    ResultWriter,
    label_of,
)
from stepwell.asl.states.rows import BASE, LEAVE, PATHS, RESULT_ENDS, RESULT_PATH, RESULT_SELECTOR
from stepwell.asl.template import Template, TemplateOf
from stepwell.query.intrinsics import Expression
from stepwell.query.jsonata import is_jsonata
from stepwell.query.jsonpath import ReferencePath

INLINE: Final = "INLINE"


class ProcessorConfig:
    """How the processor runs: inside this execution, or as child executions of their own."""

    __slots__ = ("execution_type", "mode")

    mode: str
    execution_type: str | None


class Processor(Flow):
    """The flow each item goes through; `config` is None when the definition has none. `source` is it as written."""

    __slots__ = ("config", "source")

    config: ProcessorConfig | None
    source: Mapping[str, Any]

    @property
    def is_distributed(self) -> bool:
        """Whether each item is a child execution of its own."""
        return self.config is not None and self.config.mode == DISTRIBUTED


class Map(State):
    """`item_selector` is None when each item goes in as it is; `max_concurrency` 0 means no bound of its own.

    `label` names the child executions of a distributed Map: its Label, or one made of its name.
    """

    __slots__ = (
        "catch",
        "evaluated_failure_count",
        "evaluated_failure_percentage",
        "evaluated_max_concurrency",
        "item_batcher",
        "item_reader",
        "item_selector",
        "items",
        "items_path",
        "label",
        "max_concurrency",
        "max_concurrency_path",
        "processor",
        "result_path",
        "result_selector",
        "result_writer",
        "retry",
        "tolerated_failure_count",
        "tolerated_failure_count_path",
        "tolerated_failure_percentage",
        "tolerated_failure_percentage_path",
    )
    type = "Map"

    processor: Processor
    items_path: Expression | None
    items: Evaluated | None
    item_selector: Template | Evaluated | None
    max_concurrency: int
    evaluated_max_concurrency: Evaluated | None
    max_concurrency_path: Expression | None
    result_selector: Template | None
    result_path: ReferencePath | Discard | None
    retry: tuple[Retrier, ...]
    catch: tuple[Catcher, ...]
    tolerated_failure_count: int | None
    tolerated_failure_count_path: Expression | None
    evaluated_failure_count: Evaluated | None
    tolerated_failure_percentage: float | None
    tolerated_failure_percentage_path: Expression | None
    evaluated_failure_percentage: Evaluated | None
    item_reader: ItemReader | None
    item_batcher: ItemBatcher | None
    result_writer: ResultWriter | None
    label: str | None

    @property
    def is_distributed(self) -> bool:
        """Whether each item is a child execution of its own."""
        return self.processor.is_distributed

    @property
    def begin_fields(self) -> tuple[Evaluated | None, ...]:
        """What a JSONata Map evaluates to begin."""
        fields: list[Any] = [self.items, self.evaluated_max_concurrency]
        fields += [self.evaluated_failure_count, self.evaluated_failure_percentage]
        if self.item_reader is not None:
            fields.append(self.item_reader.arguments)
            if self.item_reader.config is not None:
                fields.append(self.item_reader.config.evaluated_max_items)
        if self.item_batcher is not None:
            batcher = self.item_batcher
            fields += [batcher.evaluated_max_items, batcher.evaluated_max_bytes, batcher.batch_input]
        if self.result_writer is not None:
            fields.append(self.result_writer.arguments)
        return tuple(fields)


_NO_ARRAY: Final = "Expected value of type Array"


class Items(Struct, frozen=True):
    """The items of a JSONata Map: an array or object with expressions in it, or an expression that gives one."""

    def read(self, value: Any, place: Place) -> Any:
        if isinstance(value, list | dict) or is_jsonata(value):
            return compile_evaluated(value, place)
        place.report(_NO_ARRAY)
        return UNREADABLE

    def describe(self) -> str:
        return "array (or object, in DISTRIBUTED mode) with JSONata expressions, or one expression"


def _check_config(config: ProcessorConfig, value: Mapping[str, Any], place: Place) -> None:
    if config.mode == DISTRIBUTED and "ExecutionType" not in value:
        place.report("These fields are required: [ExecutionType]")


def _check_map(state: Map, value: Mapping[str, Any], place: Place) -> None:
    """Inline Maps have no reader, batches or label, though tolerance is accepted, and no objects as items (recorded).

    Distributed ones are run by STANDARD workflows only, so not by EXPRESS children either (AWS).
    """
    name = "ItemProcessor" if "ItemProcessor" in value else "Iterator"
    if state.processor is not None:
        state.processor.source = value[name]
    if state.processor is not None and state.processor.is_distributed:
        if place.type == EXPRESS:
            text = "Express state machine does not support a Map state in DISTRIBUTED mode"
            place.at(name).at("ProcessorConfig").report(text)
        if state.label is None:
            state.label = label_of(state.name)
        return
    if isinstance(value.get("Items"), dict):
        place.at("Items").report(_NO_ARRAY)
    for name in value:
        if name in DISTRIBUTED_FIELDS:
            place.report(f"Field '{name}' is only supported for a Map state in DISTRIBUTED mode")


PROCESSOR_CONFIG: Final = Table(
    ProcessorConfig,
    (
        Field("Mode", OneOf((INLINE, DISTRIBUTED)), "mode", default=INLINE),
        Field("ExecutionType", OneOf(("STANDARD", EXPRESS)), "execution_type"),
    ),
    _check_config,
)
PROCESSOR: Final = Table(Processor, flow_fields(Field("ProcessorConfig", Object(PROCESSOR_CONFIG), "config")))

PROCESS: Final = Group("processor", required=True)
SELECT: Final = Group("item selector")
CONCURRENCY: Final = Group("concurrency")
FAILURE_COUNT: Final = Group("failure count")
FAILURE_PERCENTAGE: Final = Group("failure percentage")
REFERENCE: Final = PathTo(definite=True)

TOLERANCE: Final = (
    Field(
        "ToleratedFailureCount",
        Number(0, whole=True),
        "tolerated_failure_count",
        group=FAILURE_COUNT,
        evaluable="evaluated_failure_count",
    ),
    Field(
        "ToleratedFailureCountPath",
        REFERENCE,
        "tolerated_failure_count_path",
        group=FAILURE_COUNT,
        language=JSONPATH,
    ),
    Field(
        "ToleratedFailurePercentage",
        Number(0, 100),
        "tolerated_failure_percentage",
        group=FAILURE_PERCENTAGE,
        evaluable="evaluated_failure_percentage",
    ),
    Field(
        "ToleratedFailurePercentagePath",
        REFERENCE,
        "tolerated_failure_percentage_path",
        group=FAILURE_PERCENTAGE,
        language=JSONPATH,
    ),
)
MAP: Final = Table(
    Map,
    (
        *BASE,
        Field("ItemProcessor", FlowOf(PROCESSOR), "processor", group=PROCESS),
        Field("Iterator", FlowOf(PROCESSOR), "processor", group=PROCESS),
        *LEAVE,
        *PATHS,
        Field("ItemsPath", PathTo(whole_is_none=True), "items_path", language=JSONPATH),
        Field("Items", Items(), "items", language=JSONATA),
        Field("ItemSelector", TemplateOf(), "item_selector", group=SELECT),
        Field("Parameters", TemplateOf(), "item_selector", group=SELECT, language=JSONPATH),
        Field(
            "MaxConcurrency",
            Number(0, whole=True),
            "max_concurrency",
            group=CONCURRENCY,
            default=0,
            evaluable="evaluated_max_concurrency",
        ),
        Field("MaxConcurrencyPath", REFERENCE, "max_concurrency_path", group=CONCURRENCY, language=JSONPATH),
        *TOLERANCE,
        *DISTRIBUTED_ROWS,
        RESULT_SELECTOR,
        RESULT_PATH,
        RETRY,
        CATCH,
        *RESULT_ENDS,
    ),
    _check_map,
)
Map.table = MAP
