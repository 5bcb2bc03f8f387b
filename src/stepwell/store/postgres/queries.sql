-- The queries of the PostgreSQL store, called by name. Parameters are numbered; a result's columns come in the order
-- of the fields of the record that is made of them. At the end stand the parts of a commit: each is one CTE of the one
-- statement that a group is written with, and each of its parameters is a whole column, as an array.

-- name: load_meta
-- One value that the database says about itself or keeps for the server.
SELECT value FROM meta WHERE key = $1;

-- name: insert_meta
-- Set a value that is not there.
INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING;

-- name: put_meta
-- Set such a value.
INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value;

-- name: insert_state_machine
-- Create a state machine unless its name is taken.
INSERT INTO state_machines (id, account, region, name, type, status, created_ms, revision)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (account, region, name) DO NOTHING;

-- name: insert_revision
-- Add a revision to a machine that exists.
INSERT INTO revisions (machine_id, revision, revision_id, definition, role_arn, settings, created_ms)
SELECT id, $2, $3, $4, $5, $6, $7 FROM state_machines WHERE id = $1;

-- name: set_current_revision
-- Make a revision the current one of its machine.
UPDATE state_machines SET revision = $2 WHERE id = $1;

-- name: find_state_machine
-- A state machine by its name.
SELECT id, account, region, name, type, status, created_ms, revision
FROM state_machines WHERE account = $1 AND region = $2 AND name = $3;

-- name: load_state_machine
-- A state machine by its id.
SELECT id, account, region, name, type, status, created_ms, revision FROM state_machines WHERE id = $1;

-- name: list_state_machines
-- The state machines after a name, in order of name.
SELECT id, account, region, name, type, status, created_ms, revision
FROM state_machines WHERE account = $1 AND region = $2 AND name > $3 ORDER BY name LIMIT $4;

-- name: load_revision
-- One revision of a state machine.
SELECT machine_id, revision, revision_id, definition, role_arn, settings, created_ms
FROM revisions WHERE machine_id = $1 AND revision = $2;

-- name: mark_deleting
-- A state machine begins to go away: it starts nothing any more.
UPDATE state_machines SET status = 'DELETING' WHERE id = $1;

-- name: list_deleting
-- The state machines that are on their way out; read once, when a server opens.
SELECT id, account, region, name, type, status, created_ms, revision FROM state_machines WHERE status = 'DELETING';

-- name: delete_state_machine
-- Remove a state machine.
DELETE FROM state_machines WHERE id = $1;

-- name: delete_revisions
-- Remove all revisions of a state machine.
DELETE FROM revisions WHERE machine_id = $1;

-- name: insert_version
-- Publish a revision under the next number, unless it is published already.
INSERT INTO versions (machine_id, number, revision, description, created_ms)
SELECT id, last_version + 1, $2, $3, $4 FROM state_machines
WHERE id = $1 AND EXISTS (SELECT 1 FROM revisions WHERE machine_id = $1 AND revision = $2)
AND NOT EXISTS (SELECT 1 FROM versions WHERE machine_id = $1 AND revision = $2);

-- name: count_version
-- Remember the highest number that a machine's versions have had.
UPDATE state_machines SET last_version =
    greatest(last_version, coalesce((SELECT max(number) FROM versions WHERE machine_id = $1), 0)) WHERE id = $1;

-- name: find_version
-- A version by its number.
SELECT machine_id, number, revision, description, created_ms FROM versions WHERE machine_id = $1 AND number = $2;

-- name: find_version_of_revision
-- The version that a revision was published as.
SELECT machine_id, number, revision, description, created_ms FROM versions WHERE machine_id = $1 AND revision = $2;

-- name: list_versions
-- The versions of a machine below a number, newest first.
SELECT machine_id, number, revision, description, created_ms
FROM versions WHERE machine_id = $1 AND number < $2 ORDER BY number DESC LIMIT $3;

-- name: count_versions
-- How many versions a machine has.
SELECT count(*) FROM versions WHERE machine_id = $1;

-- name: delete_version
-- Remove a version that no alias leads to.
DELETE FROM versions WHERE machine_id = $1 AND number = $2
AND NOT EXISTS (SELECT 1 FROM aliases WHERE machine_id = $1 AND $2 IN (first_version, second_version));

-- name: delete_versions
-- Remove all versions of a machine.
DELETE FROM versions WHERE machine_id = $1;

-- name: insert_alias
-- Create an alias of versions that exist, unless its name is taken.
INSERT INTO aliases (machine_id, name, description, first_version, first_weight, second_version, second_weight,
    created_ms, updated_ms)
SELECT id, $2, $3, $4, $5, $6, $7, $8, $9 FROM state_machines
WHERE id = $1 AND EXISTS (SELECT 1 FROM versions WHERE machine_id = $1 AND number = $4)
AND ($6::bigint IS NULL OR EXISTS (SELECT 1 FROM versions WHERE machine_id = $1 AND number = $6))
AND NOT EXISTS (SELECT 1 FROM aliases WHERE machine_id = $1 AND name = $2);

-- name: update_alias
-- Change an alias; the versions that it is to lead to exist.
UPDATE aliases SET description = $3, first_version = $4, first_weight = $5, second_version = $6, second_weight = $7,
    updated_ms = $8
WHERE machine_id = $1 AND name = $2 AND EXISTS (SELECT 1 FROM versions WHERE machine_id = $1 AND number = $4)
AND ($6::bigint IS NULL OR EXISTS (SELECT 1 FROM versions WHERE machine_id = $1 AND number = $6));

-- name: find_alias
-- An alias by its name.
SELECT machine_id, name, description, first_version, first_weight, second_version, second_weight, created_ms, updated_ms
FROM aliases WHERE machine_id = $1 AND name = $2;

-- name: list_aliases
-- The aliases of a machine, or of one version, in order of creation, after one of them.
SELECT machine_id, name, description, first_version, first_weight, second_version, second_weight, created_ms, updated_ms
FROM aliases WHERE machine_id = $1 AND (created_ms, name) > ($2, $3)
AND ($5::bigint IS NULL OR $5 IN (first_version, second_version)) ORDER BY created_ms, name LIMIT $4;

-- name: delete_alias
-- Remove an alias.
DELETE FROM aliases WHERE machine_id = $1 AND name = $2;

-- name: delete_aliases
-- Remove all aliases of a machine.
DELETE FROM aliases WHERE machine_id = $1;

-- name: find_execution
-- The id of the execution that holds a name.
SELECT execution_id FROM names WHERE bucket = $1 AND machine_id = $2 AND name = $3;

-- name: load_execution
-- The row of an execution.
SELECT id, shard, machine_id, revision, name, status, started_ms, stopped_ms, detail, result, version, alias,
    redrives, redriven_ms, redrive
FROM executions WHERE shard = $1 AND id = $2;

-- name: load_open
-- The open row of an execution.
SELECT due_ms, calls, state, snapshot FROM open_executions WHERE shard = $1 AND execution_id = $2;

-- name: load_branches
-- The branch pages of an execution.
SELECT page, branches FROM branch_pages WHERE shard = $1 AND execution_id = $2 ORDER BY page;

-- name: load_next_event_id
-- The id that the next history event of an execution will have.
SELECT first_event_id + events FROM history
WHERE shard = $1 AND execution_id = $2 ORDER BY first_event_id DESC LIMIT 1;

-- name: scan_open
-- What recovery needs of the open executions of a shard, a page of them in order of id.
SELECT execution_id, due_ms, calls FROM open_executions
WHERE shard = $1 AND execution_id > $2 ORDER BY execution_id LIMIT $3;

-- name: insert_express
-- Asynchronous Express executions begin.
INSERT INTO express_executions (shard, id, machine_id, revision, name, started_ms, detail, version, alias)
SELECT * FROM unnest($1::int[], $2::bytea[], $3::bytea[], $4::bigint[], $5::text[], $6::bigint[], $7::bytea[],
    $8::bigint[], $9::text[]);

-- name: delete_express
-- Express executions have ended.
DELETE FROM express_executions USING unnest($1::int[], $2::bytea[]) AS over (shard, id)
WHERE express_executions.shard = over.shard AND express_executions.id = over.id;

-- name: scan_express
-- The Express executions of a shard that have not ended, a page of them in order of id.
SELECT id, shard, machine_id, revision, name, started_ms, detail, version, alias
FROM express_executions WHERE shard = $1 AND id > $2 ORDER BY id LIMIT $3;

-- name: count_open
-- How many executions of a machine are open.
SELECT count(*) FROM listing WHERE bucket = $1 AND machine_id = $2 AND status = 'RUNNING';

-- name: list_open
-- Open executions of a machine, oldest first.
SELECT execution_id FROM listing WHERE bucket = $1 AND machine_id = $2 AND status = 'RUNNING'
ORDER BY sort_ms, execution_id LIMIT $3;

-- name: list_executions
-- Executions of a machine in one status, newest first, before a line.
SELECT sort_ms, execution_id, shard, name, status, started_ms, stopped_ms, version, alias, redrives, redriven_ms
FROM listing
WHERE bucket = $1 AND machine_id = $2 AND (sort_ms, execution_id) < ($3, $4) AND status = $6
ORDER BY sort_ms DESC, execution_id DESC LIMIT $5;

-- name: list_all_executions
-- The same in every status: a page of each of six ranges of the key, and of those the newest.
(SELECT sort_ms, execution_id, shard, name, status, started_ms, stopped_ms, version, alias, redrives, redriven_ms
FROM listing
WHERE bucket = $1 AND machine_id = $2 AND (sort_ms, execution_id) < ($3, $4) AND status = 'RUNNING'
ORDER BY sort_ms DESC, execution_id DESC LIMIT $5)
UNION ALL
(SELECT sort_ms, execution_id, shard, name, status, started_ms, stopped_ms, version, alias, redrives, redriven_ms
FROM listing
WHERE bucket = $1 AND machine_id = $2 AND (sort_ms, execution_id) < ($3, $4) AND status = 'SUCCEEDED'
ORDER BY sort_ms DESC, execution_id DESC LIMIT $5)
UNION ALL
(SELECT sort_ms, execution_id, shard, name, status, started_ms, stopped_ms, version, alias, redrives, redriven_ms
FROM listing
WHERE bucket = $1 AND machine_id = $2 AND (sort_ms, execution_id) < ($3, $4) AND status = 'FAILED'
ORDER BY sort_ms DESC, execution_id DESC LIMIT $5)
UNION ALL
(SELECT sort_ms, execution_id, shard, name, status, started_ms, stopped_ms, version, alias, redrives, redriven_ms
FROM listing
WHERE bucket = $1 AND machine_id = $2 AND (sort_ms, execution_id) < ($3, $4) AND status = 'TIMED_OUT'
ORDER BY sort_ms DESC, execution_id DESC LIMIT $5)
UNION ALL
(SELECT sort_ms, execution_id, shard, name, status, started_ms, stopped_ms, version, alias, redrives, redriven_ms
FROM listing
WHERE bucket = $1 AND machine_id = $2 AND (sort_ms, execution_id) < ($3, $4) AND status = 'ABORTED'
ORDER BY sort_ms DESC, execution_id DESC LIMIT $5)
UNION ALL
(SELECT sort_ms, execution_id, shard, name, status, started_ms, stopped_ms, version, alias, redrives, redriven_ms
FROM listing
WHERE bucket = $1 AND machine_id = $2 AND (sort_ms, execution_id) < ($3, $4) AND status = 'PENDING_REDRIVE'
ORDER BY sort_ms DESC, execution_id DESC LIMIT $5)
ORDER BY sort_ms DESC, execution_id DESC LIMIT $5;

-- name: list_version_executions
-- Executions of one version of a machine, newest first, before a line; those of another status are passed over.
SELECT sort_ms, execution_id, shard, name, status, started_ms, stopped_ms, version, alias, redrives, redriven_ms
FROM listing WHERE bucket = $1 AND machine_id = $2 AND (sort_ms, execution_id) < ($3, $4) AND version = $6
AND ($7::text IS NULL OR status = $7) ORDER BY sort_ms DESC, execution_id DESC LIMIT $5;

-- name: list_alias_executions
-- The same of those that were started by an alias.
SELECT sort_ms, execution_id, shard, name, status, started_ms, stopped_ms, version, alias, redrives, redriven_ms
FROM listing WHERE bucket = $1 AND machine_id = $2 AND (sort_ms, execution_id) < ($3, $4) AND alias = $6
AND ($7::text IS NULL OR status = $7) ORDER BY sort_ms DESC, execution_id DESC LIMIT $5;

-- name: load_history
-- The batches that hold the events from one id up to, and without, another, in order.
SELECT first_event_id, events, batch FROM history
WHERE shard = $1 AND execution_id = $2 AND first_event_id < $4 AND first_event_id + events > $3
AND first_event_id >= coalesce(
    (SELECT max(first_event_id) FROM history WHERE shard = $1 AND execution_id = $2 AND first_event_id <= $3), $3)
ORDER BY first_event_id;

-- name: load_history_back
-- The same batches, newest first.
SELECT first_event_id, events, batch FROM history
WHERE shard = $1 AND execution_id = $2 AND first_event_id < $4 AND first_event_id + events > $3
AND first_event_id >= coalesce(
    (SELECT max(first_event_id) FROM history WHERE shard = $1 AND execution_id = $2 AND first_event_id <= $3), $3)
ORDER BY first_event_id DESC;

-- name: load_blob
-- One large value of an execution.
SELECT content FROM blobs WHERE shard = $1 AND execution_id = $2 AND number = $3;

-- name: insert_activity
-- Create an activity unless its name is taken.
INSERT INTO activities (id, account, region, name, created_ms, settings)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (account, region, name) DO NOTHING;

-- name: find_activity
-- An activity by its name.
SELECT id, account, region, name, created_ms, settings
FROM activities WHERE account = $1 AND region = $2 AND name = $3;

-- name: list_activities
-- The activities after a name, in order of name.
SELECT id, account, region, name, created_ms, settings
FROM activities WHERE account = $1 AND region = $2 AND name > $3 ORDER BY name LIMIT $4;

-- name: delete_activity
-- Remove an activity.
DELETE FROM activities WHERE id = $1;

-- name: delete_tasks_of_activity
-- Remove the waiting tasks of an activity in one shard.
DELETE FROM activity_tasks WHERE shard = $1 AND activity_id = $2;

-- name: scan_activity_tasks
-- All waiting activity tasks of a shard.
SELECT activity_id, shard, sequence, execution_id, branch, attempt
FROM activity_tasks WHERE shard = $1 ORDER BY activity_id, sequence;

-- name: scan_log_queue
-- History batches of a shard that are still to be logged, the oldest executions first.
SELECT shard, execution_id, first_event_id FROM log_queue WHERE shard = $1
ORDER BY execution_id, first_event_id LIMIT $2;

-- name: delete_log
-- A history batch was logged.
DELETE FROM log_queue
USING unnest($1::int[], $2::bytea[], $3::bigint[]) AS logged (shard, execution_id, first_event_id)
WHERE log_queue.shard = logged.shard AND log_queue.execution_id = logged.execution_id
AND log_queue.first_event_id = logged.first_event_id;

-- name: put_tag
-- Set one tag.
INSERT INTO tags (arn, key, value) VALUES ($1, $2, $3) ON CONFLICT (arn, key) DO UPDATE SET value = excluded.value;

-- name: delete_tag
-- Remove one tag.
DELETE FROM tags WHERE arn = $1 AND key = $2;

-- name: load_tags
-- All tags of a resource, in order of key.
SELECT key, value FROM tags WHERE arn = $1 ORDER BY key;

-- name: put_document
-- Write a document, unless its kind holds so many of this owner already.
INSERT INTO documents (owner, kind, key, updated_ms, content)
SELECT $1::bytea, $2::text, $3::bytea, $4::bigint, $5::bytea
WHERE EXISTS (SELECT 1 FROM documents WHERE owner = $1 AND kind = $2 AND key = $3)
OR (SELECT count(*) FROM documents WHERE owner = $1 AND kind = $2) < $6::bigint
ON CONFLICT (owner, kind, key) DO UPDATE SET updated_ms = excluded.updated_ms, content = excluded.content;

-- name: load_document
-- A document.
SELECT owner, kind, key, updated_ms, content FROM documents WHERE owner = $1 AND kind = $2 AND key = $3;

-- name: list_documents
-- The documents of one kind, without their contents but with the length of these, in order of key.
SELECT key, updated_ms, length(content) FROM documents WHERE owner = $1 AND kind = $2 ORDER BY key;

-- name: delete_document
-- Remove a document.
DELETE FROM documents WHERE owner = $1 AND kind = $2 AND key = $3;

-- name: load_map_run
-- A run of a distributed Map.
SELECT id, shard, execution_id, branch, attempt, machine_id, revision, label, status, told, started_ms, stopped_ms,
    detail, progress, redrives, redriven_ms
FROM map_runs WHERE shard = $1 AND id = $2;

-- name: list_map_runs
-- The runs of an execution, newest first, before an id.
SELECT id, shard, execution_id, branch, attempt, machine_id, revision, label, status, told, started_ms, stopped_ms,
    detail, progress, redrives, redriven_ms
FROM map_runs WHERE shard = $1 AND execution_id = $2 AND id < $3 ORDER BY id DESC LIMIT $4;

-- name: scan_map_runs
-- The runs whose parents have not heard of their end.
SELECT id FROM map_runs WHERE shard = $1 AND told = 0 ORDER BY id;

-- name: update_map_run
-- How far a run has come.
UPDATE map_runs SET status = $3, told = $4, stopped_ms = $5, progress = $6 WHERE shard = $1 AND id = $2;

-- name: load_map_run_pages
-- All pages of a run.
SELECT page, state FROM map_run_pages WHERE shard = $1 AND map_run_id = $2 ORDER BY page;

-- name: load_map_run_page
-- One page of a run.
SELECT state FROM map_run_pages WHERE shard = $1 AND map_run_id = $2 AND page = $3;

-- name: put_map_run_page
-- Write one page of a run.
INSERT INTO map_run_pages (shard, map_run_id, page, state) VALUES ($1, $2, $3, $4)
ON CONFLICT (shard, map_run_id, page) DO UPDATE SET state = excluded.state;

-- name: insert_map_run_part
-- Some ends of children.
INSERT INTO map_run_parts (shard, map_run_id, page, part, results) VALUES ($1, $2, $3, $4, $5);

-- name: load_map_run_parts
-- Ends of children in order, after a part.
SELECT page, part, results FROM map_run_parts
WHERE shard = $1 AND map_run_id = $2 AND (page, part) > ($3, $4) ORDER BY page, part LIMIT $5;

-- name: load_map_run_parts_back
-- The same from the end backwards, before a part.
SELECT page, part, results FROM map_run_parts
WHERE shard = $1 AND map_run_id = $2 AND (page, part) < ($3, $4) ORDER BY page DESC, part DESC LIMIT $5;

-- name: load_map_run_parts_of
-- Ends of the children of one page.
SELECT page, part, results FROM map_run_parts WHERE shard = $1 AND map_run_id = $2 AND page = $3 ORDER BY part;

-- name: find_activity_tasks
-- Waiting tasks of an activity in some shards, those that wait longest first.
SELECT activity_id, task.shard, sequence, execution_id, branch, attempt
FROM unnest($2::int[]) AS place (shard) CROSS JOIN LATERAL (
    SELECT * FROM activity_tasks WHERE activity_tasks.shard = place.shard AND activity_id = $1 ORDER BY sequence LIMIT $3
) AS task ORDER BY sequence, task.shard LIMIT $3;

-- name: insert_node
-- A process begins to drive executions.
INSERT INTO nodes (id, name, address, started_ms, beats, line) VALUES ($1, $2, $3, $4, $5, $6);

-- name: beat_node
-- It lives.
UPDATE nodes SET beats = beats + 1 WHERE id = $1;

-- name: delete_node
-- It has ended, if it has not beaten since.
DELETE FROM nodes WHERE id = $1 AND beats = coalesce($2::bigint, beats);

-- name: delete_lost_replies
-- What no node will read.
DELETE FROM replies WHERE node NOT IN (SELECT id FROM nodes);

-- name: list_nodes
-- All of them.
SELECT id, name, address, started_ms, beats, line FROM nodes ORDER BY started_ms, id;

-- name: list_shards
-- Who drives which shard.
SELECT shard, epoch, node, handover FROM shards ORDER BY shard;

-- name: take_shard
-- A node becomes the owner of a shard, unless somebody was faster or the node itself is gone.
UPDATE shards SET node = $1, epoch = epoch + 1, handover = NULL
WHERE shard = $2 AND epoch = $3 AND EXISTS (SELECT 1 FROM nodes WHERE id = $1);

-- name: release_shard
-- An owner lets a shard go.
UPDATE shards SET node = NULL, epoch = epoch + 1, handover = $3 WHERE shard = $1 AND epoch = $2;

-- name: insert_message
-- A request to the owner of a shard.
INSERT INTO inbox (shard, id, sender, execution_id, body)
SELECT * FROM unnest($1::int[], $2::bytea[], $3::bytea[], $4::bytea[], $5::bytea[]) ON CONFLICT (shard, id) DO NOTHING;

-- name: receive_messages
-- The requests to the owner of some shards.
SELECT shard, id, sender, execution_id, body FROM inbox
WHERE shard = ANY($1::int[]) ORDER BY shard, id LIMIT $2;

-- name: load_replies
-- All replies to a node.
SELECT id, body FROM replies WHERE node = $1 ORDER BY id;

-- name: delete_reply
-- A reply was read.
DELETE FROM replies USING unnest($1::bytea[], $2::bytea[]) AS read (node, id)
WHERE replies.node = read.node AND replies.id = read.id;

-- name: next_list
-- The next list of executions: its bucket and whose it is.
SELECT bucket, machine_id FROM listing WHERE (bucket, machine_id) > ($1, $2) ORDER BY bucket, machine_id LIMIT 1;

-- name: closed_lines
-- The lines of a list in one status that ended before a time, oldest first.
SELECT status, sort_ms, execution_id, shard, name FROM listing
WHERE bucket = $1 AND machine_id = $2 AND status = $3 AND sort_ms < $4 ORDER BY sort_ms, execution_id LIMIT $5;

-- name: remove_execution
-- Retention: an execution, unless it goes on. What follows asks whether it is gone.
DELETE FROM executions USING unnest($1::int[], $2::bytea[], $3::bigint[]) AS gone (shard, id, before_ms)
WHERE executions.shard = gone.shard AND executions.id = gone.id AND executions.stopped_ms < gone.before_ms;

-- name: remove_history
-- Retention: its history.
DELETE FROM history USING unnest($1::int[], $2::bytea[]) AS gone (shard, id)
WHERE history.shard = gone.shard AND history.execution_id = gone.id
AND NOT EXISTS (SELECT 1 FROM executions WHERE executions.shard = gone.shard AND executions.id = gone.id);

-- name: remove_blobs
-- Retention: its large values.
DELETE FROM blobs USING unnest($1::int[], $2::bytea[]) AS gone (shard, id)
WHERE blobs.shard = gone.shard AND blobs.execution_id = gone.id
AND NOT EXISTS (SELECT 1 FROM executions WHERE executions.shard = gone.shard AND executions.id = gone.id);

-- name: remove_line
-- Retention: its line in the list, last of all.
DELETE FROM listing USING unnest($1::int[], $2::bytea[], $3::text[], $4::bigint[], $5::bytea[], $6::int[])
    AS gone (bucket, machine_id, status, sort_ms, id, shard)
WHERE listing.bucket = gone.bucket AND listing.machine_id = gone.machine_id AND listing.status = gone.status
AND listing.sort_ms = gone.sort_ms AND listing.execution_id = gone.id
AND NOT EXISTS (SELECT 1 FROM executions WHERE executions.shard = gone.shard AND executions.id = gone.id);

-- name: remove_name
-- Retention: its name.
DELETE FROM names USING unnest($1::int[], $2::bytea[], $3::text[], $4::bytea[], $5::int[])
    AS gone (bucket, machine_id, name, id, shard)
WHERE names.bucket = gone.bucket AND names.machine_id = gone.machine_id AND names.name = gone.name
AND names.execution_id = gone.id
AND NOT EXISTS (SELECT 1 FROM executions WHERE executions.shard = gone.shard AND executions.id = gone.id);

-- name: keep_name
-- Retention: its name, which nobody else may have yet.
INSERT INTO kept_names (bucket, machine_id, name, ended_ms)
SELECT bucket, machine_id, name, ended_ms
FROM unnest($1::int[], $2::bytea[], $3::text[], $4::bigint[], $5::bytea[], $6::int[])
    AS gone (bucket, machine_id, name, ended_ms, id, shard)
WHERE NOT EXISTS (SELECT 1 FROM executions WHERE executions.shard = gone.shard AND executions.id = gone.id)
ON CONFLICT (bucket, ended_ms, machine_id, name) DO NOTHING;

-- name: kept_names
-- Names that were kept, of executions that ended before a time.
SELECT bucket, machine_id, name, ended_ms FROM kept_names WHERE bucket = $1 AND ended_ms < $2 ORDER BY ended_ms LIMIT $3;

-- name: free_name
-- A name that was kept is free.
DELETE FROM names USING unnest($1::int[], $2::bytea[], $3::text[]) AS free (bucket, machine_id, name)
WHERE names.bucket = free.bucket AND names.machine_id = free.machine_id AND names.name = free.name;

-- name: forget_kept_name
-- And no longer kept.
DELETE FROM kept_names
USING unnest($1::int[], $2::bytea[], $3::text[], $4::bigint[]) AS free (bucket, machine_id, name, ended_ms)
WHERE kept_names.bucket = free.bucket AND kept_names.machine_id = free.machine_id AND kept_names.name = free.name
AND kept_names.ended_ms = free.ended_ms;

-- name: runs_of_removed
-- The runs of distributed Maps of an execution that is gone.
SELECT id FROM map_runs WHERE shard = $1 AND execution_id = $2
AND NOT EXISTS (SELECT 1 FROM executions WHERE shard = $1 AND id = $2);

-- name: remove_map_run_parts
-- Some of the results of a run.
DELETE FROM map_run_parts WHERE (shard, map_run_id, page, part) IN (
    SELECT shard, map_run_id, page, part FROM map_run_parts WHERE shard = $1 AND map_run_id = $2 LIMIT $3
);

-- name: remove_map_run_pages
-- The pages of a run.
DELETE FROM map_run_pages WHERE shard = $1 AND map_run_id = $2;

-- name: remove_map_run
-- A run.
DELETE FROM map_runs WHERE shard = $1 AND id = $2;

-- name: settle_shards
-- What each of some shards is at, once nobody writes to them: whose, and after which group. Those that are still of the
-- epoch given (NULL: of any) are counted on by two, so that a group which is on its way will not be written any more.
UPDATE shards
SET last_group = last_group + CASE WHEN shards.epoch = coalesce(mine.epoch, shards.epoch) THEN 2 ELSE 0 END
FROM unnest($1::int[], $2::bigint[]) AS mine (shard, epoch) WHERE shards.shard = mine.shard
RETURNING shards.shard, shards.epoch, shards.last_group;

-- name: hold_shards
-- Nobody takes over these shards before this transaction is over; those that this owner still has.
SELECT shards.shard FROM shards JOIN unnest($1::int[], $2::bigint[]) AS mine (shard, epoch)
ON shards.shard = mine.shard AND shards.epoch = mine.epoch ORDER BY shards.shard FOR SHARE OF shards;

-- name: fence
-- Commit: count the group on each of its shards, as long as their owner is this one and has written all but this group.
UPDATE shards SET last_group = shards.last_group + 1
FROM unnest($1::int[], $2::bigint[], $3::bigint[]) AS mine (shard, epoch, last_group)
WHERE shards.shard = mine.shard AND shards.epoch = mine.epoch AND shards.last_group = mine.last_group
RETURNING shards.shard;

-- name: insert_name
-- Commit: take names unless other executions hold them.
INSERT INTO names (bucket, machine_id, name, execution_id)
SELECT * FROM unnest($1::int[], $2::bytea[], $3::text[], $4::bytea[])
ON CONFLICT (bucket, machine_id, name) DO NOTHING RETURNING execution_id;

-- name: lost
-- Commit: the executions that did not get their names; nothing is written of them.
SELECT unnest($1::bytea[]) AS execution_id EXCEPT SELECT execution_id FROM insert_name;

-- name: nobody_lost
-- Commit: the same of a group in which nothing starts.
SELECT NULL::bytea AS execution_id WHERE false;

-- name: insert_execution
-- Commit: new executions, open or already in their final form.
INSERT INTO executions
    (shard, id, machine_id, revision, name, status, started_ms, stopped_ms, detail, result, version, alias)
SELECT * FROM unnest($1::int[], $2::bytea[], $3::bytea[], $4::bigint[], $5::text[], $6::text[], $7::bigint[],
    $8::bigint[], $9::bytea[], $10::bytea[], $11::bigint[], $12::text[]) AS new (shard, id)
WHERE id NOT IN (SELECT execution_id FROM lost);

-- name: insert_listing
-- Commit: the listing lines of new executions.
INSERT INTO listing
    (bucket, machine_id, status, sort_ms, execution_id, shard, name, started_ms, stopped_ms, version, alias)
SELECT * FROM unnest($1::int[], $2::bytea[], $3::text[], $4::bigint[], $5::bytea[], $6::int[], $7::text[],
    $8::bigint[], $9::bigint[], $10::bigint[], $11::text[]) AS new (bucket, machine_id, status, sort_ms, execution_id)
WHERE execution_id NOT IN (SELECT execution_id FROM lost);

-- name: insert_open
-- Commit: the open rows of new executions, and of those that are redriven.
INSERT INTO open_executions (shard, execution_id, due_ms, calls, state, snapshot)
SELECT * FROM unnest($1::int[], $2::bytea[], $3::bigint[], $4::bigint[], $5::bytea[], $6::bytea[])
    AS new (shard, execution_id)
WHERE execution_id NOT IN (SELECT execution_id FROM lost);

-- name: update_open
-- Commit: open executions took a step.
UPDATE open_executions SET due_ms = new.due_ms, calls = new.calls, state = new.state, snapshot = new.snapshot
FROM unnest($1::int[], $2::bytea[], $3::bigint[], $4::bigint[], $5::bytea[], $6::bytea[])
    AS new (shard, execution_id, due_ms, calls, state, snapshot)
WHERE open_executions.shard = new.shard AND open_executions.execution_id = new.execution_id RETURNING 1;

-- name: delete_open
-- Commit: executions are no longer open.
DELETE FROM open_executions USING unnest($1::int[], $2::bytea[]) AS over (shard, execution_id)
WHERE open_executions.shard = over.shard AND open_executions.execution_id = over.execution_id RETURNING 1;

-- name: close_execution
-- Commit: how open executions ended.
UPDATE executions SET status = over.status, stopped_ms = over.stopped_ms, result = over.result
FROM unnest($1::int[], $2::bytea[], $3::text[], $4::bigint[], $5::bytea[], $6::int[])
    AS over (shard, id, status, stopped_ms, result, bucket)
WHERE executions.shard = over.shard AND executions.id = over.id AND executions.stopped_ms IS NULL
RETURNING over.bucket, executions.machine_id, 'RUNNING' AS was, executions.id, executions.status, executions.stopped_ms,
    coalesce(executions.redriven_ms, executions.started_ms) AS sort_ms;

-- name: close_listing
-- Commit: move the listing lines of those from the running ones to their final status. The whole key comes from one side
-- of the join, so that no plan looks for less than the whole key.
UPDATE listing SET status = over.status, sort_ms = over.stopped_ms, stopped_ms = over.stopped_ms
FROM close_execution AS over
WHERE listing.bucket = over.bucket AND listing.machine_id = over.machine_id AND listing.status = over.was
AND listing.sort_ms = over.sort_ms AND listing.execution_id = over.id RETURNING 1;

-- name: reopen_execution
-- Commit: closed executions go on, for the first time or the next.
UPDATE executions SET status = 'RUNNING', stopped_ms = NULL, result = NULL, redrives = again.redrives,
    redriven_ms = again.redriven_ms, redrive = again.redrive
FROM unnest($1::int[], $2::bytea[], $3::bigint[], $4::bigint[], $5::bytea[], $6::int[])
    AS again (shard, id, redrives, redriven_ms, redrive, bucket)
JOIN executions AS before ON before.shard = again.shard AND before.id = again.id
WHERE executions.shard = again.shard AND executions.id = again.id
AND executions.stopped_ms IS NOT NULL AND executions.redrives = again.redrives - 1
RETURNING again.bucket, executions.machine_id, before.status, before.stopped_ms, executions.id, executions.redrives,
    executions.redriven_ms;

-- name: reopen_listing
-- Commit: move the listing lines of those back to the running ones.
UPDATE listing SET status = 'RUNNING', sort_ms = again.redriven_ms, stopped_ms = NULL, redrives = again.redrives,
    redriven_ms = again.redriven_ms
FROM reopen_execution AS again
WHERE listing.bucket = again.bucket AND listing.machine_id = again.machine_id AND listing.status = again.status
AND listing.sort_ms = again.stopped_ms AND listing.execution_id = again.id RETURNING 1;

-- name: put_branch
-- Commit: write branch pages.
INSERT INTO branch_pages (shard, execution_id, page, branches)
SELECT * FROM unnest($1::int[], $2::bytea[], $3::bigint[], $4::bytea[]) AS new (shard, execution_id)
WHERE execution_id NOT IN (SELECT execution_id FROM lost)
ON CONFLICT (shard, execution_id, page) DO UPDATE SET branches = excluded.branches;

-- name: delete_branch
-- Commit: remove branch pages.
DELETE FROM branch_pages USING unnest($1::int[], $2::bytea[], $3::bigint[]) AS gone (shard, execution_id, page)
WHERE branch_pages.shard = gone.shard AND branch_pages.execution_id = gone.execution_id
AND branch_pages.page = gone.page;

-- name: delete_branches
-- Commit: remove all branch pages of executions.
DELETE FROM branch_pages USING unnest($1::int[], $2::bytea[]) AS gone (shard, execution_id)
WHERE branch_pages.shard = gone.shard AND branch_pages.execution_id = gone.execution_id;

-- name: insert_history
-- Commit: batches of history events.
INSERT INTO history (shard, execution_id, first_event_id, events, batch)
SELECT * FROM unnest($1::int[], $2::bytea[], $3::bigint[], $4::bigint[], $5::bytea[]) AS new (shard, execution_id)
WHERE execution_id NOT IN (SELECT execution_id FROM lost);

-- name: insert_blob
-- Commit: large values.
INSERT INTO blobs (shard, execution_id, number, content)
SELECT * FROM unnest($1::int[], $2::bytea[], $3::bigint[], $4::bytea[]) AS new (shard, execution_id)
WHERE execution_id NOT IN (SELECT execution_id FROM lost);

-- name: insert_log
-- Commit: history batches are to be logged.
INSERT INTO log_queue (shard, execution_id, first_event_id)
SELECT * FROM unnest($1::int[], $2::bytea[], $3::bigint[]) AS new (shard, execution_id)
WHERE execution_id NOT IN (SELECT execution_id FROM lost);

-- name: insert_task
-- Commit: activity tasks begin to wait for workers.
INSERT INTO activity_tasks (shard, activity_id, sequence, execution_id, branch, attempt)
SELECT * FROM unnest($1::int[], $2::bytea[], $3::bigint[], $4::bytea[], $5::bigint[], $6::bigint[])
    AS new (shard, activity_id, sequence, execution_id)
WHERE execution_id NOT IN (SELECT execution_id FROM lost);

-- name: delete_task
-- Commit: workers took activity tasks, or they were withdrawn.
DELETE FROM activity_tasks USING unnest($1::int[], $2::bytea[], $3::bigint[]) AS taken (shard, activity_id, sequence)
WHERE activity_tasks.shard = taken.shard AND activity_tasks.activity_id = taken.activity_id
AND activity_tasks.sequence = taken.sequence;

-- name: insert_map_run
-- Commit: runs of distributed Maps begin.
INSERT INTO map_runs
    (id, shard, execution_id, branch, attempt, machine_id, revision, label, status, told, started_ms, stopped_ms,
     detail, progress)
SELECT * FROM unnest($1::bytea[], $2::int[], $3::bytea[], $4::bigint[], $5::bigint[], $6::bytea[], $7::bigint[],
    $8::bytea[], $9::text[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bytea[], $14::bytea[])
    AS new (id, shard, execution_id)
WHERE execution_id NOT IN (SELECT execution_id FROM lost);

-- name: reopen_map_run
-- Commit: runs that are over go on.
UPDATE map_runs SET status = 'RUNNING', told = 0, stopped_ms = NULL, attempt = again.attempt, redrives = again.redrives,
    redriven_ms = again.redriven_ms
FROM unnest($1::int[], $2::bytea[], $3::bytea[], $4::bigint[], $5::bigint[], $6::bigint[])
    AS again (shard, execution_id, id, attempt, redrives, redriven_ms)
WHERE map_runs.shard = again.shard AND map_runs.execution_id = again.execution_id AND map_runs.id = again.id
AND map_runs.told = 1 AND map_runs.redrives = again.redrives - 1 RETURNING 1;

-- name: delete_message
-- Commit: requests were dealt with.
DELETE FROM inbox USING unnest($1::int[], $2::bytea[]) AS done (shard, id)
WHERE inbox.shard = done.shard AND inbox.id = done.id;

-- name: insert_reply
-- Commit: what came of them.
INSERT INTO replies (node, id, body) SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::bytea[])
ON CONFLICT (node, id) DO NOTHING;
