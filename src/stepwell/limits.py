"""Every quota in one frozen value. The defaults are AWS's; only `app` builds another one.

Sources: AWS, "Service quotas" of the Step Functions developer guide, the service model, and recorded behaviour.
Units stand last in each name.
"""

from dataclasses import dataclass


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
    name_characters_max: int = 80
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
    name_reuse_days: int = 90

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
    task_token_characters_max: int = 2_048

    # How the server shares itself between executions
    transitions_per_turn_max: int = 500
    record_bytes_per_turn_max: int = 262_144
    queued_events_max: int = 10_000
    queued_bytes_max: int = 67_108_864
    history_batch_events_max: int = 1_000
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


AWS = Limits()
