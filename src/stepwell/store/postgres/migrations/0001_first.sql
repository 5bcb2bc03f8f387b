-- The first schema.
--
-- `shard` (who drives an execution) or `bucket` (where a name or a list lives) leads the key of every table that grows
-- with the number of executions, so that a distributed database can cut the tables along it. Plain tables and keys: no
-- sequence, trigger, foreign key or clock. User text is bytea, since text refuses NUL and lone surrogates, which JSON
-- allows; text holds only names that were checked, in the order of their bytes.

-- Which node drives which shard. `epoch` grows when it gets another owner, `last_group` with every commit of its owner;
-- writes prove both.
CREATE TABLE shards (
    shard integer NOT NULL PRIMARY KEY,
    epoch bigint NOT NULL,
    last_group bigint NOT NULL DEFAULT 0,
    node bytea,
    handover bytea
) WITH (fillfactor = 50);

CREATE TABLE state_machines (
    id bytea NOT NULL PRIMARY KEY,
    account text COLLATE "C" NOT NULL,
    region text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    type text COLLATE "C" NOT NULL,
    status text COLLATE "C" NOT NULL,
    created_ms bigint NOT NULL,
    revision bigint NOT NULL,
    last_version bigint NOT NULL DEFAULT 0,
    UNIQUE (account, region, name)
);

CREATE TABLE revisions (
    machine_id bytea NOT NULL,
    revision bigint NOT NULL,
    revision_id text COLLATE "C",
    definition bytea NOT NULL,
    role_arn bytea NOT NULL,
    settings bytea NOT NULL,
    created_ms bigint NOT NULL,
    PRIMARY KEY (machine_id, revision)
);

-- Published revisions. A number is used once, also after its version was deleted: state_machines.last_version counts.
CREATE TABLE versions (
    machine_id bytea NOT NULL,
    number bigint NOT NULL,
    revision bigint NOT NULL,
    description bytea,
    created_ms bigint NOT NULL,
    PRIMARY KEY (machine_id, number),
    UNIQUE (machine_id, revision)
);

-- Names that lead to one or two versions. Columns, not bytes: a version that an alias leads to is not deleted.
CREATE TABLE aliases (
    machine_id bytea NOT NULL,
    name text COLLATE "C" NOT NULL,
    description bytea,
    first_version bigint NOT NULL,
    first_weight bigint NOT NULL,
    second_version bigint,
    second_weight bigint,
    created_ms bigint NOT NULL,
    updated_ms bigint,
    PRIMARY KEY (machine_id, name)
);

-- Which execution holds a name; the id leads to its shard.
CREATE TABLE names (
    bucket integer NOT NULL,
    machine_id bytea NOT NULL,
    name text COLLATE "C" NOT NULL,
    execution_id bytea NOT NULL,
    PRIMARY KEY (bucket, machine_id, name)
);

-- Names of executions that were removed before their names may be used again.
CREATE TABLE kept_names (
    bucket integer NOT NULL,
    ended_ms bigint NOT NULL,
    machine_id bytea NOT NULL,
    name text COLLATE "C" NOT NULL,
    PRIMARY KEY (bucket, ended_ms, machine_id, name)
);

-- Written at the start and at the end of an execution, never between; the end finds room on the same page.
CREATE TABLE executions (
    shard integer NOT NULL,
    id bytea NOT NULL,
    machine_id bytea NOT NULL,
    revision bigint NOT NULL,
    name text COLLATE "C" NOT NULL,
    status text COLLATE "C" NOT NULL,
    started_ms bigint NOT NULL,
    stopped_ms bigint,
    detail bytea NOT NULL,
    result bytea,
    version bigint,
    alias text COLLATE "C",
    redrives bigint NOT NULL DEFAULT 0,
    redriven_ms bigint,
    redrive bytea,
    PRIMARY KEY (shard, id)
) WITH (fillfactor = 60);

-- Asynchronous Express executions that have not ended: what is needed to begin them again after a crash.
CREATE TABLE express_executions (
    shard integer NOT NULL,
    id bytea NOT NULL,
    machine_id bytea NOT NULL,
    revision bigint NOT NULL,
    name text COLLATE "C" NOT NULL,
    started_ms bigint NOT NULL,
    detail bytea NOT NULL,
    version bigint,
    alias text COLLATE "C",
    PRIMARY KEY (shard, id)
);

-- One row for each execution that has not ended, replaced at every step: room is left on its page for the next one, so
-- that no index has to follow.
CREATE TABLE open_executions (
    shard integer NOT NULL,
    execution_id bytea NOT NULL,
    due_ms bigint,
    calls bigint NOT NULL,
    state bytea NOT NULL,
    snapshot bytea NOT NULL,
    PRIMARY KEY (shard, execution_id)
) WITH (fillfactor = 60);

CREATE TABLE branch_pages (
    shard integer NOT NULL,
    execution_id bytea NOT NULL,
    page bigint NOT NULL,
    branches bytea NOT NULL,
    PRIMARY KEY (shard, execution_id, page)
);

CREATE TABLE history (
    shard integer NOT NULL,
    execution_id bytea NOT NULL,
    first_event_id bigint NOT NULL,
    events bigint NOT NULL,
    batch bytea NOT NULL,
    PRIMARY KEY (shard, execution_id, first_event_id)
);

-- Values too large to be kept inside snapshots and batches.
CREATE TABLE blobs (
    shard integer NOT NULL,
    execution_id bytea NOT NULL,
    number bigint NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (shard, execution_id, number)
);

-- The lists of executions in the order of the key; sort_ms is the start of a running and the stop of a closed one.
CREATE TABLE listing (
    bucket integer NOT NULL,
    machine_id bytea NOT NULL,
    status text COLLATE "C" NOT NULL,
    sort_ms bigint NOT NULL,
    execution_id bytea NOT NULL,
    shard integer NOT NULL,
    name text COLLATE "C" NOT NULL,
    started_ms bigint NOT NULL,
    stopped_ms bigint,
    version bigint,
    alias text COLLATE "C",
    redrives bigint NOT NULL DEFAULT 0,
    redriven_ms bigint,
    PRIMARY KEY (bucket, machine_id, status, sort_ms, execution_id)
);

-- The lists of one version and of one alias. Executions that were started without either cost nothing here.
CREATE INDEX listing_by_version ON listing (bucket, machine_id, version, sort_ms, execution_id)
WHERE version IS NOT NULL;
CREATE INDEX listing_by_alias ON listing (bucket, machine_id, alias, sort_ms, execution_id) WHERE alias IS NOT NULL;

CREATE TABLE activities (
    id bytea NOT NULL PRIMARY KEY,
    account text COLLATE "C" NOT NULL,
    region text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    created_ms bigint NOT NULL,
    settings bytea,
    UNIQUE (account, region, name)
);

-- Activity tasks that no worker has taken.
CREATE TABLE activity_tasks (
    shard integer NOT NULL,
    activity_id bytea NOT NULL,
    sequence bigint NOT NULL,
    execution_id bytea NOT NULL,
    branch bigint NOT NULL,
    attempt bigint NOT NULL,
    PRIMARY KEY (shard, activity_id, sequence)
);

-- History batches whose records are still to be logged.
CREATE TABLE log_queue (
    shard integer NOT NULL,
    execution_id bytea NOT NULL,
    first_event_id bigint NOT NULL,
    PRIMARY KEY (shard, execution_id, first_event_id)
);

CREATE TABLE tags (
    arn bytea NOT NULL,
    key bytea NOT NULL,
    value bytea NOT NULL,
    PRIMARY KEY (arn, key)
);

-- What the console keeps for its users.
CREATE TABLE documents (
    owner bytea NOT NULL,
    kind text COLLATE "C" NOT NULL,
    key bytea NOT NULL,
    updated_ms bigint NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (owner, kind, key)
);

-- Runs of distributed Maps. A child execution's machine_id is its run's id.
CREATE TABLE map_runs (
    shard integer NOT NULL,
    id bytea NOT NULL,
    execution_id bytea NOT NULL,
    branch bigint NOT NULL,
    attempt bigint NOT NULL,
    machine_id bytea NOT NULL,
    revision bigint NOT NULL,
    label bytea NOT NULL,
    status text COLLATE "C" NOT NULL,
    told bigint NOT NULL,
    started_ms bigint NOT NULL,
    stopped_ms bigint,
    detail bytea NOT NULL,
    progress bytea NOT NULL,
    redrives bigint NOT NULL DEFAULT 0,
    redriven_ms bigint,
    PRIMARY KEY (shard, id)
);

CREATE INDEX map_runs_of_executions ON map_runs (shard, execution_id, id);

CREATE INDEX map_runs_to_go_on_with ON map_runs (shard, id) WHERE told = 0;

-- Where each child of a run stands, 1,024 children a page.
CREATE TABLE map_run_pages (
    shard integer NOT NULL,
    map_run_id bytea NOT NULL,
    page bigint NOT NULL,
    state bytea NOT NULL,
    PRIMARY KEY (shard, map_run_id, page)
);

-- How children ended, appended as they do.
CREATE TABLE map_run_parts (
    shard integer NOT NULL,
    map_run_id bytea NOT NULL,
    page bigint NOT NULL,
    part bigint NOT NULL,
    results bytea NOT NULL,
    PRIMARY KEY (shard, map_run_id, page, part)
);

-- Processes that drive executions of this database; one that was given up for dead is removed.
CREATE TABLE nodes (
    id bytea NOT NULL PRIMARY KEY,
    name bytea NOT NULL,
    address bytea NOT NULL,
    started_ms bigint NOT NULL,
    beats bigint NOT NULL
);

-- Requests to owners of shards, and the replies to them.
CREATE TABLE inbox (
    shard integer NOT NULL,
    id bytea NOT NULL,
    sender bytea,
    execution_id bytea NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (shard, id)
);

CREATE TABLE replies (
    node bytea NOT NULL,
    id bytea NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (node, id)
);
