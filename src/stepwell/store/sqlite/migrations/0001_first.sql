-- The first schema.
--
-- `shard` (who drives an execution) or `bucket` (where a name lives) leads the key of every table that grows with the
-- number of executions; SQLite has one of each, always 0, so that other databases can have the same tables.
-- Ordinary tables where a row may be large: their rows are appended, and the key is a narrow index beside them.
-- WITHOUT ROWID only where rows are narrow. User text is BLOB; TEXT holds only names that were checked.

CREATE TABLE state_machines (
    id BLOB NOT NULL PRIMARY KEY,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    status TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    last_version INTEGER NOT NULL DEFAULT 0,
    UNIQUE (account, region, name)
) STRICT;

CREATE TABLE revisions (
    machine_id BLOB NOT NULL,
    revision INTEGER NOT NULL,
    revision_id TEXT,
    definition BLOB NOT NULL,
    role_arn BLOB NOT NULL,
    settings BLOB NOT NULL,
    created_ms INTEGER NOT NULL,
    PRIMARY KEY (machine_id, revision)
) STRICT;

-- Published revisions. A number is used once, also after its version was deleted: state_machines.last_version counts.
CREATE TABLE versions (
    machine_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    description BLOB,
    created_ms INTEGER NOT NULL,
    PRIMARY KEY (machine_id, number),
    UNIQUE (machine_id, revision)
) STRICT, WITHOUT ROWID;

-- Names that lead to one or two versions. Columns, not bytes: a version that an alias leads to is not deleted.
CREATE TABLE aliases (
    machine_id BLOB NOT NULL,
    name TEXT NOT NULL,
    description BLOB,
    first_version INTEGER NOT NULL,
    first_weight INTEGER NOT NULL,
    second_version INTEGER,
    second_weight INTEGER,
    created_ms INTEGER NOT NULL,
    updated_ms INTEGER,
    PRIMARY KEY (machine_id, name)
) STRICT, WITHOUT ROWID;

-- Which execution holds a name; the id leads to its shard.
CREATE TABLE names (
    bucket INTEGER NOT NULL,
    machine_id BLOB NOT NULL,
    name TEXT NOT NULL,
    execution_id BLOB NOT NULL,
    PRIMARY KEY (bucket, machine_id, name)
) STRICT, WITHOUT ROWID;

-- Names of executions that were removed before their names may be used again.
CREATE TABLE kept_names (
    bucket INTEGER NOT NULL,
    ended_ms INTEGER NOT NULL,
    machine_id BLOB NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (bucket, ended_ms, machine_id, name)
) STRICT, WITHOUT ROWID;

-- Written at the start and at the end of an execution, never between.
CREATE TABLE executions (
    shard INTEGER NOT NULL,
    id BLOB NOT NULL,
    machine_id BLOB NOT NULL,
    revision INTEGER NOT NULL,
    name TEXT NOT NULL,
    status TEXT NOT NULL,
    started_ms INTEGER NOT NULL,
    stopped_ms INTEGER,
    detail BLOB NOT NULL,
    result BLOB,
    version INTEGER,
    alias TEXT,
    redrives INTEGER NOT NULL DEFAULT 0,
    redriven_ms INTEGER,
    redrive BLOB,
    PRIMARY KEY (shard, id)
) STRICT;

-- Asynchronous Express executions that have not ended: what is needed to begin them again after a crash.
CREATE TABLE express_executions (
    shard INTEGER NOT NULL,
    id BLOB NOT NULL,
    machine_id BLOB NOT NULL,
    revision INTEGER NOT NULL,
    name TEXT NOT NULL,
    started_ms INTEGER NOT NULL,
    detail BLOB NOT NULL,
    version INTEGER,
    alias TEXT,
    PRIMARY KEY (shard, id)
) STRICT;

-- One row for each execution that has not ended, replaced at every step. The snapshot comes last: a scan of
-- the other columns need not read the pages that it spills into.
CREATE TABLE open_executions (
    shard INTEGER NOT NULL,
    execution_id BLOB NOT NULL,
    due_ms INTEGER,
    calls INTEGER NOT NULL,
    state BLOB NOT NULL,
    snapshot BLOB NOT NULL,
    PRIMARY KEY (shard, execution_id)
) STRICT;

CREATE TABLE branch_pages (
    shard INTEGER NOT NULL,
    execution_id BLOB NOT NULL,
    page INTEGER NOT NULL,
    branches BLOB NOT NULL,
    PRIMARY KEY (shard, execution_id, page)
) STRICT;

CREATE TABLE history (
    shard INTEGER NOT NULL,
    execution_id BLOB NOT NULL,
    first_event_id INTEGER NOT NULL,
    events INTEGER NOT NULL,
    batch BLOB NOT NULL,
    PRIMARY KEY (shard, execution_id, first_event_id)
) STRICT;

-- Values too large to be kept inside snapshots and batches.
CREATE TABLE blobs (
    shard INTEGER NOT NULL,
    execution_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    content BLOB NOT NULL,
    PRIMARY KEY (shard, execution_id, number)
) STRICT;

-- The lists of executions in the order of the key; sort_ms is the start of a running and the stop of a closed one.
CREATE TABLE listing (
    bucket INTEGER NOT NULL,
    machine_id BLOB NOT NULL,
    status TEXT NOT NULL,
    sort_ms INTEGER NOT NULL,
    execution_id BLOB NOT NULL,
    shard INTEGER NOT NULL,
    name TEXT NOT NULL,
    started_ms INTEGER NOT NULL,
    stopped_ms INTEGER,
    version INTEGER,
    alias TEXT,
    redrives INTEGER NOT NULL DEFAULT 0,
    redriven_ms INTEGER,
    PRIMARY KEY (bucket, machine_id, status, sort_ms, execution_id)
) STRICT, WITHOUT ROWID;

-- The lists of one version and of one alias. Executions that were started without either cost nothing here.
CREATE INDEX listing_by_version ON listing (bucket, machine_id, version, sort_ms, execution_id)
WHERE version IS NOT NULL;
CREATE INDEX listing_by_alias ON listing (bucket, machine_id, alias, sort_ms, execution_id) WHERE alias IS NOT NULL;

CREATE TABLE activities (
    id BLOB NOT NULL PRIMARY KEY,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    settings BLOB,
    UNIQUE (account, region, name)
) STRICT;

-- Activity tasks that no worker has taken.
CREATE TABLE activity_tasks (
    shard INTEGER NOT NULL,
    activity_id BLOB NOT NULL,
    sequence INTEGER NOT NULL,
    execution_id BLOB NOT NULL,
    branch INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    PRIMARY KEY (shard, activity_id, sequence)
) STRICT, WITHOUT ROWID;

-- History batches whose records are still to be logged.
CREATE TABLE log_queue (
    shard INTEGER NOT NULL,
    execution_id BLOB NOT NULL,
    first_event_id INTEGER NOT NULL,
    PRIMARY KEY (shard, execution_id, first_event_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE tags (
    arn BLOB NOT NULL,
    key BLOB NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (arn, key)
) STRICT, WITHOUT ROWID;

-- What the console keeps for its users.
CREATE TABLE documents (
    owner BLOB NOT NULL,
    kind TEXT NOT NULL,
    key BLOB NOT NULL,
    updated_ms INTEGER NOT NULL,
    content BLOB NOT NULL,
    PRIMARY KEY (owner, kind, key)
) STRICT;

-- Runs of distributed Maps. A child execution's machine_id is its run's id.
CREATE TABLE map_runs (
    shard INTEGER NOT NULL,
    id BLOB NOT NULL,
    execution_id BLOB NOT NULL,
    branch INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    machine_id BLOB NOT NULL,
    revision INTEGER NOT NULL,
    label BLOB NOT NULL,
    status TEXT NOT NULL,
    told INTEGER NOT NULL,
    started_ms INTEGER NOT NULL,
    stopped_ms INTEGER,
    detail BLOB NOT NULL,
    progress BLOB NOT NULL,
    redrives INTEGER NOT NULL DEFAULT 0,
    redriven_ms INTEGER,
    PRIMARY KEY (shard, id)
) STRICT;

CREATE INDEX map_runs_of_executions ON map_runs (shard, execution_id, id);

CREATE INDEX map_runs_to_go_on_with ON map_runs (shard, id) WHERE told = 0;

-- Where each child of a run stands, 1,024 children a page.
CREATE TABLE map_run_pages (
    shard INTEGER NOT NULL,
    map_run_id BLOB NOT NULL,
    page INTEGER NOT NULL,
    state BLOB NOT NULL,
    PRIMARY KEY (shard, map_run_id, page)
) STRICT;

-- How children ended, appended as they do.
CREATE TABLE map_run_parts (
    shard INTEGER NOT NULL,
    map_run_id BLOB NOT NULL,
    page INTEGER NOT NULL,
    part INTEGER NOT NULL,
    results BLOB NOT NULL,
    PRIMARY KEY (shard, map_run_id, page, part)
) STRICT;

-- Processes that drive executions of this database; one that was given up for dead is removed.
CREATE TABLE nodes (
    id BLOB NOT NULL PRIMARY KEY,
    name BLOB NOT NULL,
    address BLOB NOT NULL,
    started_ms INTEGER NOT NULL,
    beats INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Which node drives which shard. Each change of owner is a new epoch, and writes prove theirs.
CREATE TABLE shards (
    shard INTEGER NOT NULL PRIMARY KEY,
    epoch INTEGER NOT NULL,
    node BLOB,
    handover BLOB
) STRICT;

INSERT INTO shards (shard, epoch)
SELECT value, 0 FROM (
    WITH RECURSIVE counted (value) AS (
        SELECT 0 UNION ALL
        SELECT value + 1 FROM counted WHERE value + 1 < (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'shards')
    )
    SELECT value FROM counted
);

-- Requests to owners of shards, and the replies to them.
CREATE TABLE inbox (
    shard INTEGER NOT NULL,
    id BLOB NOT NULL,
    sender BLOB,
    execution_id BLOB NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (shard, id)
) STRICT;

CREATE TABLE replies (
    node BLOB NOT NULL,
    id BLOB NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (node, id)
) STRICT;
