"""Every quota in one frozen value. The defaults are AWS's; only settings build another one.

Sources: AWS, "Service quotas" of the Step Functions developer guide, the service model, and recorded behaviour.
Units stand last in each name.
"""

from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from typing import Final

STRICT: Final = "strict"
"""The name of AWS's own limits."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits that compile, engine, operations and api obey."""

    # Wire
    request_bytes_max: int = 1_048_576
    json_depth_max: int = 512
    page_items_default: int = 100
    page_items_max: int = 1_000
    page_token_age_s: int = 86_400

    # Definitions
    definition_bytes_max: int = 1_048_576
    state_name_characters_max: int = 80
    definition_states_max: int = 10_000
    definition_depth_max: int = 64
    path_characters_max: int = 4_096
    intrinsic_depth_max: int = 10
    intrinsic_text_characters_max: int = 10_000
    array_range_items_max: int = 1_000
    query_steps_max: int = 1_000_000

    # Payloads
    payload_bytes_max: int = 262_144
    failure_error_characters_max: int = 256
    failure_cause_characters_max: int = 32_768
    blob_bytes_min: int = 32_768
    assign_bytes_max: int = 262_144  # of one Assign
    variables_bytes_max: int = 10_485_760  # of an execution

    # Executions
    history_events_max: int = 25_000
    execution_s_max: int = 31_536_000
    wait_s_max: int = 99_999_999
    open_executions_max: int = 1_000_000
    map_concurrency_max: int = 40

    # Express executions
    express_s_max: int = 300
    express_executions_max: int = 10_000  # at once, in memory
    express_bytes_max: int = 268_435_456  # of their inputs together
    express_histories_max: int = 1_000  # kept of those that have ended
    express_history_bytes_max: int = 67_108_864  # of all kept histories together

    # Activities and tasks
    activity_poll_s: float = 60.0
    # AWS times out a task that no worker takes, yet a worker that came a second after TimeoutSeconds still got it, and
    # its clock began then (both recorded): this much later is our reading of the two together.
    activity_start_grace_ms: int = 5_000
    activity_pollers_max: int = 1_000

    # How the server shares itself between executions
    transitions_per_turn_max: int = 500
    record_bytes_per_turn_max: int = 262_144
    queued_events_max: int = 10_000
    queued_bytes_max: int = 67_108_864
    resident_executions_max: int = 2_000

    # Accounts
    state_machines_max: int = 100_000
    versions_max: int = 1_000  # of a state machine
    aliases_max: int = 100
    activities_max: int = 100_000
    tags_max: int = 50

    # Items and results of a distributed Map
    map_run_concurrency_max: int = 10_000
    map_run_redrives_max: int = 1_000
    map_child_express_s_max: int = 300
    map_items_max: int = 100_000_000
    item_bytes_max: int = 8_388_608
    item_file_bytes_max: int = 10_737_418_240
    items_pointer_characters_max: int = 2_000
    items_pointer_bytes_max: int = 16_777_216
    csv_headers_bytes_max: int = 10_240
    parquet_footer_bytes_max: int = 5_242_880
    parquet_row_group_bytes_max: int = 268_435_456
    item_manifest_bytes_max: int = 67_108_864
    result_file_bytes_max: int = 5_368_709_120

    def __str__(self) -> str:
        """As `read_limits` takes them: `strict`, or what differs from that."""
        changed = [f"{row.name}={getattr(self, row.name)}" for row in fields(self) if _differs(self, row.name)]
        return ",".join(changed) or STRICT


AWS = Limits()

# Limits that others pay for, in memory or stack, may be raised so far and no further; all may be lowered to 1.
_MOST: Final = {
    "request_bytes_max": 134_217_728,
    "json_depth_max": 512,
    "page_items_max": 1_000,
    "definition_bytes_max": 16_777_216,
    "definition_depth_max": 64,
    "intrinsic_depth_max": 100,
    "payload_bytes_max": 16_777_216,
    "failure_cause_characters_max": 1_048_576,
    "assign_bytes_max": 67_108_864,
    "variables_bytes_max": 268_435_456,
    "history_events_max": 10_000_000,
}
_MOST_OF_OTHERS: Final = 1 << 50
_KINDS: Final[dict[str, type[int] | type[float]]] = {row.name: type(getattr(AWS, row.name)) for row in fields(Limits)}
_REQUEST_PER_PAYLOAD: Final = 4
"""A payload stands in its request as a JSON string, whose quotes and backslashes take two characters. (AWS: 4, too.)"""


class LimitError(ValueError):
    """A text that says no limits; the message says what would do."""


def read_limits(text: str) -> Limits:
    """Limits as a setting has them: `strict` (AWS's), or changes to those, such as `payload_bytes_max=1048576`.

    A request may be four times as large as a payload, whatever that is, unless it is said otherwise. Raises LimitError.
    """
    changes: dict[str, int | float] = {}
    for part in filter(None, map(str.strip, text.split(","))):
        if part != STRICT:
            name, _, number = part.partition("=")
            changes[name] = _number(name.strip(), number.strip())
    payload_bytes_max = changes.get("payload_bytes_max", 0)
    changes.setdefault("request_bytes_max", max(AWS.request_bytes_max, _REQUEST_PER_PAYLOAD * payload_bytes_max))
    return replace(AWS, **changes)  # type: ignore[arg-type]  # numbers of the kind that each field has


def _number(name: str, text: str) -> int | float:
    kind = _KINDS.get(name)
    if kind is None:
        near = get_close_matches(name, _KINDS, 1)
        hint = f"Did you mean {near[0]}?" if near else f"There are {', '.join(_KINDS)}."
        raise LimitError(f"there is no limit {name!r}. {hint}")
    try:
        number = kind(text)
    except ValueError:
        raise LimitError(f"{name} must be a number, as in {name}={getattr(AWS, name)}, not {text!r}") from None
    most = _MOST.get(name, _MOST_OF_OTHERS)
    if not 1 <= number <= most:
        raise LimitError(f"{name} must be between 1 and {most}, not {text}")
    return number


def _differs(limits: Limits, name: str) -> bool:
    return bool(getattr(limits, name) != getattr(AWS, name))
