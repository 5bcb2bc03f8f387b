-- The queries of the SQLite store, called by name. Parameters are numbered; a result's columns come in the order of
-- the fields of the record that is made of them.

-- name: load_meta
-- One value that the database says about itself or keeps for the server.
SELECT value FROM meta WHERE key = ?1;

-- name: insert_meta
-- Set a value that is not there.
INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO NOTHING;

-- name: put_meta
-- Set such a value.
INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value;

-- name: insert_state_machine
-- Create a state machine unless its name is taken.
INSERT INTO state_machines (id, account, region, name, type, status, created_ms, revision)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (account, region, name) DO NOTHING;

-- name: insert_revision
-- Add a revision to a machine that exists.
INSERT INTO revisions (machine_id, revision, revision_id, definition, role_arn, settings, created_ms)
SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE EXISTS (SELECT 1 FROM state_machines WHERE id = ?1);

-- name: set_current_revision
-- Make a revision the current one of its machine.
UPDATE state_machines SET revision = ?2 WHERE id = ?1;

-- name: find_state_machine
-- A state machine by its name.
SELECT id, account, region, name, type, status, created_ms, revision
FROM state_machines WHERE account = ?1 AND region = ?2 AND name = ?3;

-- name: load_state_machine
-- A state machine by its id.
SELECT id, account, region, name, type, status, created_ms, revision FROM state_machines WHERE id = ?1;

-- name: list_state_machines
-- The state machines after a name, in order of name.
SELECT id, account, region, name, type, status, created_ms, revision
FROM state_machines WHERE account = ?1 AND region = ?2 AND name > ?3 ORDER BY name LIMIT ?4;

-- name: load_revision
-- One revision of a state machine.
SELECT machine_id, revision, revision_id, definition, role_arn, settings, created_ms
FROM revisions WHERE machine_id = ?1 AND revision = ?2;

-- name: mark_deleting
-- A state machine begins to go away: it starts nothing any more.
UPDATE state_machines SET status = 'DELETING' WHERE id = ?1;

-- name: list_deleting
-- The state machines that are on their way out; read once, when a server opens.
SELECT id, account, region, name, type, status, created_ms, revision FROM state_machines WHERE status = 'DELETING';

-- name: delete_state_machine
-- Remove a state machine.
DELETE FROM state_machines WHERE id = ?1;

-- name: delete_revisions
-- Remove all revisions of a state machine.
DELETE FROM revisions WHERE machine_id = ?1;

-- name: insert_version
-- Publish a revision under the next number, unless it is published already.
INSERT INTO versions (machine_id, number, revision, description, created_ms)
SELECT id, last_version + 1, ?2, ?3, ?4 FROM state_machines
WHERE id = ?1 AND EXISTS (SELECT 1 FROM revisions WHERE machine_id = ?1 AND revision = ?2)
AND NOT EXISTS (SELECT 1 FROM versions WHERE machine_id = ?1 AND revision = ?2);

-- name: count_version
-- Remember the highest number that a machine's versions have had.
UPDATE state_machines SET last_version =
    max(last_version, coalesce((SELECT max(number) FROM versions WHERE machine_id = ?1), 0)) WHERE id = ?1;

-- name: find_version
-- A version by its number.
SELECT machine_id, number, revision, description, created_ms FROM versions WHERE machine_id = ?1 AND number = ?2;

-- name: find_version_of_revision
-- The version that a revision was published as.
SELECT machine_id, number, revision, description, created_ms FROM versions WHERE machine_id = ?1 AND revision = ?2;

-- name: list_versions
-- The versions of a machine below a number, newest first.
SELECT machine_id, number, revision, description, created_ms
FROM versions WHERE machine_id = ?1 AND number < ?2 ORDER BY number DESC LIMIT ?3;

-- name: count_versions
-- How many versions a machine has.
SELECT count(*) FROM versions WHERE machine_id = ?1;

-- name: delete_version
-- Remove a version that no alias leads to.
DELETE FROM versions WHERE machine_id = ?1 AND number = ?2
AND NOT EXISTS (SELECT 1 FROM aliases WHERE machine_id = ?1 AND ?2 IN (first_version, second_version));

-- name: delete_versions
-- Remove all versions of a machine.
DELETE FROM versions WHERE machine_id = ?1;

-- name: insert_alias
-- Create an alias of versions that exist, unless its name is taken.
INSERT INTO aliases (machine_id, name, description, first_version, first_weight, second_version, second_weight,
    created_ms, updated_ms)
SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9
WHERE EXISTS (SELECT 1 FROM versions WHERE machine_id = ?1 AND number = ?4)
AND (?6 IS NULL OR EXISTS (SELECT 1 FROM versions WHERE machine_id = ?1 AND number = ?6))
AND NOT EXISTS (SELECT 1 FROM aliases WHERE machine_id = ?1 AND name = ?2);

-- name: update_alias
-- Change an alias; the versions that it is to lead to exist.
UPDATE aliases SET description = ?3, first_version = ?4, first_weight = ?5, second_version = ?6, second_weight = ?7,
    updated_ms = ?8
WHERE machine_id = ?1 AND name = ?2 AND EXISTS (SELECT 1 FROM versions WHERE machine_id = ?1 AND number = ?4)
AND (?6 IS NULL OR EXISTS (SELECT 1 FROM versions WHERE machine_id = ?1 AND number = ?6));

-- name: find_alias
-- An alias by its name.
SELECT machine_id, name, description, first_version, first_weight, second_version, second_weight, created_ms, updated_ms
FROM aliases WHERE machine_id = ?1 AND name = ?2;

-- name: list_aliases
-- The aliases of a machine, or of one version, in order of creation, after one of them.
SELECT machine_id, name, description, first_version, first_weight, second_version, second_weight, created_ms, updated_ms
FROM aliases WHERE machine_id = ?1 AND (created_ms, name) > (?2, ?3)
AND (?5 IS NULL OR ?5 IN (first_version, second_version)) ORDER BY created_ms, name LIMIT ?4;

-- name: delete_alias
-- Remove an alias.
DELETE FROM aliases WHERE machine_id = ?1 AND name = ?2;

-- name: delete_aliases
-- Remove all aliases of a machine.
DELETE FROM aliases WHERE machine_id = ?1;

-- name: find_execution
-- The id of the execution that holds a name.
SELECT execution_id FROM names WHERE bucket = ?1 AND machine_id = ?2 AND name = ?3;

-- name: load_execution
-- The row of an execution.
SELECT id, shard, machine_id, revision, name, status, started_ms, stopped_ms, detail, result, version, alias,
    redrives, redriven_ms, redrive
FROM executions WHERE shard = ?1 AND id = ?2;

-- name: load_open
-- The open row of an execution.
SELECT due_ms, calls, state, snapshot FROM open_executions WHERE shard = ?1 AND execution_id = ?2;

-- name: load_branches
-- The branch pages of an execution.
SELECT page, branches FROM branch_pages WHERE shard = ?1 AND execution_id = ?2 ORDER BY page;

-- name: load_next_event_id
-- The id that the next history event of an execution will have.
SELECT first_event_id + events FROM history
WHERE shard = ?1 AND execution_id = ?2 ORDER BY first_event_id DESC LIMIT 1;

-- name: scan_open
-- What recovery needs of the open executions of a shard, a page of them in order of id.
SELECT execution_id, due_ms, calls FROM open_executions
WHERE shard = ?1 AND execution_id > ?2 ORDER BY execution_id LIMIT ?3;

-- name: insert_express
-- An asynchronous Express execution begins.
INSERT INTO express_executions (shard, id, machine_id, revision, name, started_ms, detail, version, alias)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9);

-- name: delete_express
-- An Express execution has ended.
DELETE FROM express_executions WHERE shard = ?1 AND id = ?2;

-- name: scan_express
-- The Express executions of a shard that have not ended, a page of them in order of id.
SELECT id, shard, machine_id, revision, name, started_ms, detail, version, alias
FROM express_executions WHERE shard = ?1 AND id > ?2 ORDER BY id LIMIT ?3;

-- name: count_open
-- How many executions of a machine are open.
SELECT count(*) FROM listing WHERE bucket = ?1 AND machine_id = ?2 AND status = 'RUNNING';

-- name: list_open
-- Open executions of a machine, oldest first.
SELECT execution_id FROM listing WHERE bucket = ?1 AND machine_id = ?2 AND status = 'RUNNING'
ORDER BY sort_ms, execution_id LIMIT ?3;

-- name: list_executions
-- Executions of a machine in one status, newest first, before a line.
SELECT sort_ms, execution_id, shard, name, status, started_ms, stopped_ms, version, alias, redrives, redriven_ms
FROM listing
WHERE bucket = ?1 AND machine_id = ?2 AND (sort_ms, execution_id) < (?3, ?4) AND status = ?6
ORDER BY sort_ms DESC, execution_id DESC LIMIT ?5;

-- name: list_all_executions
-- The same in every status: six ranges of the key, merged as they are read.
SELECT sort_ms, execution_id, shard, name, status, started_ms, stopped_ms, version, alias, redrives, redriven_ms
FROM listing
WHERE bucket = ?1 AND machine_id = ?2 AND (sort_ms, execution_id) < (?3, ?4) AND status = 'RUNNING'
UNION ALL
SELECT sort_ms, execution_id, shard, name, status, started_ms, stopped_ms, version, alias, redrives, redriven_ms
FROM listing
WHERE bucket = ?1 AND machine_id = ?2 AND (sort_ms, execution_id) < (?3, ?4) AND status = 'SUCCEEDED'
UNION ALL
SELECT sort_ms, execution_id, shard, name, status, started_ms, stopped_ms, version, alias, redrives, redriven_ms
FROM listing
WHERE bucket = ?1 AND machine_id = ?2 AND (sort_ms, execution_id) < (?3, ?4) AND status = 'FAILED'
UNION ALL
SELECT sort_ms, execution_id, shard, name, status, started_ms, stopped_ms, version, alias, redrives, redriven_ms
FROM listing
WHERE bucket = ?1 AND machine_id = ?2 AND (sort_ms, execution_id) < (?3, ?4) AND status = 'TIMED_OUT'
UNION ALL
SELECT sort_ms, execution_id, shard, name, status, started_ms, stopped_ms, version, alias, redrives, redriven_ms
FROM listing
WHERE bucket = ?1 AND machine_id = ?2 AND (sort_ms, execution_id) < (?3, ?4) AND status = 'ABORTED'
UNION ALL
SELECT sort_ms, execution_id, shard, name, status, started_ms, stopped_ms, version, alias, redrives, redriven_ms
FROM listing
WHERE bucket = ?1 AND machine_id = ?2 AND (sort_ms, execution_id) < (?3, ?4) AND status = 'PENDING_REDRIVE'
ORDER BY sort_ms DESC, execution_id DESC LIMIT ?5;

-- name: list_version_executions
-- Executions of one version of a machine, newest first, before a line; those of another status are passed over.
SELECT sort_ms, execution_id, shard, name, status, started_ms, stopped_ms, version, alias, redrives, redriven_ms
FROM listing WHERE bucket = ?1 AND machine_id = ?2 AND (sort_ms, execution_id) < (?3, ?4) AND version = ?6
AND (?7 IS NULL OR status = ?7) ORDER BY sort_ms DESC, execution_id DESC LIMIT ?5;

-- name: list_alias_executions
-- The same of those that were started by an alias.
SELECT sort_ms, execution_id, shard, name, status, started_ms, stopped_ms, version, alias, redrives, redriven_ms
FROM listing WHERE bucket = ?1 AND machine_id = ?2 AND (sort_ms, execution_id) < (?3, ?4) AND alias = ?6
AND (?7 IS NULL OR status = ?7) ORDER BY sort_ms DESC, execution_id DESC LIMIT ?5;

-- name: load_history
-- The batches that hold the events from one id up to, and without, another, in order.
SELECT first_event_id, events, batch FROM history
WHERE shard = ?1 AND execution_id = ?2 AND first_event_id < ?4 AND first_event_id + events > ?3
AND first_event_id >= coalesce(
    (SELECT max(first_event_id) FROM history WHERE shard = ?1 AND execution_id = ?2 AND first_event_id <= ?3), ?3)
ORDER BY first_event_id;

-- name: load_history_back
-- The same batches, newest first.
SELECT first_event_id, events, batch FROM history
WHERE shard = ?1 AND execution_id = ?2 AND first_event_id < ?4 AND first_event_id + events > ?3
AND first_event_id >= coalesce(
    (SELECT max(first_event_id) FROM history WHERE shard = ?1 AND execution_id = ?2 AND first_event_id <= ?3), ?3)
ORDER BY first_event_id DESC;

-- name: load_blob
-- One large value of an execution.
SELECT content FROM blobs WHERE shard = ?1 AND execution_id = ?2 AND number = ?3;

-- name: insert_activity
-- Create an activity unless its name is taken.
INSERT INTO activities (id, account, region, name, created_ms, settings)
VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT (account, region, name) DO NOTHING;

-- name: find_activity
-- An activity by its name.
SELECT id, account, region, name, created_ms, settings
FROM activities WHERE account = ?1 AND region = ?2 AND name = ?3;

-- name: list_activities
-- The activities after a name, in order of name.
SELECT id, account, region, name, created_ms, settings
FROM activities WHERE account = ?1 AND region = ?2 AND name > ?3 ORDER BY name LIMIT ?4;

-- name: delete_activity
-- Remove an activity.
DELETE FROM activities WHERE id = ?1;

-- name: delete_tasks_of_activity
-- Remove the waiting tasks of an activity in one shard.
DELETE FROM activity_tasks WHERE shard = ?1 AND activity_id = ?2;

-- name: scan_activity_tasks
-- All waiting activity tasks of a shard.
SELECT activity_id, shard, sequence, execution_id, branch, attempt
FROM activity_tasks WHERE shard = ?1 ORDER BY activity_id, sequence;

-- name: scan_log_queue
-- History batches of a shard that are still to be logged, the oldest executions first.
SELECT shard, execution_id, first_event_id FROM log_queue WHERE shard = ?1
ORDER BY execution_id, first_event_id LIMIT ?2;

-- name: delete_log
-- A history batch was logged.
DELETE FROM log_queue WHERE shard = ?1 AND execution_id = ?2 AND first_event_id = ?3;

-- name: put_tag
-- Set one tag.
INSERT INTO tags (arn, key, value) VALUES (?1, ?2, ?3) ON CONFLICT (arn, key) DO UPDATE SET value = excluded.value;

-- name: delete_tag
-- Remove one tag.
DELETE FROM tags WHERE arn = ?1 AND key = ?2;

-- name: load_tags
-- All tags of a resource, in order of key.
SELECT key, value FROM tags WHERE arn = ?1 ORDER BY key;

-- name: put_document
-- Write a document, unless its kind holds so many of this owner already.
INSERT INTO documents (owner, kind, key, updated_ms, content)
SELECT ?1, ?2, ?3, ?4, ?5
WHERE EXISTS (SELECT 1 FROM documents WHERE owner = ?1 AND kind = ?2 AND key = ?3)
OR (SELECT count(*) FROM documents WHERE owner = ?1 AND kind = ?2) < ?6
ON CONFLICT (owner, kind, key) DO UPDATE SET updated_ms = excluded.updated_ms, content = excluded.content;

-- name: load_document
-- A document.
SELECT owner, kind, key, updated_ms, content FROM documents WHERE owner = ?1 AND kind = ?2 AND key = ?3;

-- name: list_documents
-- The documents of one kind, without their contents but with the length of these, in order of key.
SELECT key, updated_ms, length(content) FROM documents WHERE owner = ?1 AND kind = ?2 ORDER BY key;

-- name: delete_document
-- Remove a document.
DELETE FROM documents WHERE owner = ?1 AND kind = ?2 AND key = ?3;

-- name: insert_name
-- Commit: take a name unless another execution holds it.
INSERT INTO names (bucket, machine_id, name, execution_id) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (bucket, machine_id, name) DO NOTHING;

-- name: insert_execution
-- Commit: a new execution, open or already in its final form.
INSERT INTO executions
    (shard, id, machine_id, revision, name, status, started_ms, stopped_ms, detail, result, version, alias)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12);

-- name: insert_listing
-- Commit: the listing line of a new execution.
INSERT INTO listing
    (bucket, machine_id, status, sort_ms, execution_id, shard, name, started_ms, stopped_ms, version, alias)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11);

-- name: insert_open
-- Commit: the open row of a new execution.
INSERT INTO open_executions (shard, execution_id, due_ms, calls, state, snapshot) VALUES (?1, ?2, ?3, ?4, ?5, ?6);

-- name: update_open
-- Commit: an open execution took a step.
UPDATE open_executions SET due_ms = ?3, calls = ?4, state = ?5, snapshot = ?6 WHERE shard = ?1 AND execution_id = ?2;

-- name: delete_open
-- Commit: an execution is no longer open.
DELETE FROM open_executions WHERE shard = ?1 AND execution_id = ?2;

-- name: close_execution
-- Commit: how an open execution ended.
UPDATE executions SET status = ?3, stopped_ms = ?4, result = ?5 WHERE shard = ?1 AND id = ?2 AND stopped_ms IS NULL;

-- name: close_listing
-- Commit: move the listing line of an execution from the running ones to its final status.
UPDATE listing SET status = ?4, sort_ms = ?5, stopped_ms = ?5
WHERE bucket = ?1 AND status = 'RUNNING' AND (machine_id, sort_ms, execution_id) =
    (SELECT machine_id, coalesce(redriven_ms, started_ms), id FROM executions WHERE shard = ?2 AND id = ?3);

-- name: reopen_listing
-- Commit: move the listing line of a closed execution back to the running ones; before the execution itself.
UPDATE listing SET status = 'RUNNING', sort_ms = ?5, stopped_ms = NULL, redrives = ?4, redriven_ms = ?5
WHERE bucket = ?1 AND (machine_id, status, sort_ms, execution_id) =
    (SELECT machine_id, status, stopped_ms, id FROM executions WHERE shard = ?2 AND id = ?3);

-- name: reopen_execution
-- Commit: a closed execution goes on, for the first time or the next.
UPDATE executions SET status = 'RUNNING', stopped_ms = NULL, result = NULL, redrives = ?3, redriven_ms = ?4, redrive = ?5
WHERE shard = ?1 AND id = ?2 AND stopped_ms IS NOT NULL AND redrives = ?3 - 1;

-- name: put_branch
-- Commit: write one branch page.
INSERT INTO branch_pages (shard, execution_id, page, branches) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (shard, execution_id, page) DO UPDATE SET branches = excluded.branches;

-- name: delete_branch
-- Commit: remove one branch page.
DELETE FROM branch_pages WHERE shard = ?1 AND execution_id = ?2 AND page = ?3;

-- name: delete_branches
-- Commit: remove all branch pages of an execution.
DELETE FROM branch_pages WHERE shard = ?1 AND execution_id = ?2;

-- name: insert_history
-- Commit: one batch of history events.
INSERT INTO history (shard, execution_id, first_event_id, events, batch) VALUES (?1, ?2, ?3, ?4, ?5);

-- name: insert_blob
-- Commit: one large value.
INSERT INTO blobs (shard, execution_id, number, content) VALUES (?1, ?2, ?3, ?4);

-- name: insert_log
-- Commit: a history batch is to be logged.
INSERT INTO log_queue (shard, execution_id, first_event_id) VALUES (?1, ?2, ?3);

-- name: insert_task
-- Commit: an activity task begins to wait for a worker.
INSERT INTO activity_tasks (shard, activity_id, sequence, execution_id, branch, attempt)
VALUES (?1, ?2, ?3, ?4, ?5, ?6);

-- name: delete_task
-- Commit: a worker took an activity task, or it was withdrawn.
DELETE FROM activity_tasks WHERE shard = ?1 AND activity_id = ?2 AND sequence = ?3;

-- name: insert_map_run
-- Commit: a run of a distributed Map begins.
INSERT INTO map_runs
    (id, shard, execution_id, branch, attempt, machine_id, revision, label, status, told, started_ms, stopped_ms,
     detail, progress)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14);

-- name: reopen_map_run
-- Commit: a run that is over goes on.
UPDATE map_runs SET status = 'RUNNING', told = 0, stopped_ms = NULL, attempt = ?4, redrives = ?5, redriven_ms = ?6
WHERE shard = ?1 AND execution_id = ?2 AND id = ?3 AND told = 1 AND redrives = ?5 - 1;

-- name: load_map_run
-- A run of a distributed Map.
SELECT id, shard, execution_id, branch, attempt, machine_id, revision, label, status, told, started_ms, stopped_ms,
    detail, progress, redrives, redriven_ms
FROM map_runs WHERE shard = ?1 AND id = ?2;

-- name: list_map_runs
-- The runs of an execution, newest first, before an id.
SELECT id, shard, execution_id, branch, attempt, machine_id, revision, label, status, told, started_ms, stopped_ms,
    detail, progress, redrives, redriven_ms
FROM map_runs WHERE shard = ?1 AND execution_id = ?2 AND id < ?3 ORDER BY id DESC LIMIT ?4;

-- name: scan_map_runs
-- The runs whose parents have not heard of their end.
SELECT id FROM map_runs WHERE shard = ?1 AND told = 0 ORDER BY id;

-- name: update_map_run
-- How far a run has come.
UPDATE map_runs SET status = ?3, told = ?4, stopped_ms = ?5, progress = ?6 WHERE shard = ?1 AND id = ?2;

-- name: load_map_run_pages
-- All pages of a run.
SELECT page, state FROM map_run_pages WHERE shard = ?1 AND map_run_id = ?2 ORDER BY page;

-- name: load_map_run_page
-- One page of a run.
SELECT state FROM map_run_pages WHERE shard = ?1 AND map_run_id = ?2 AND page = ?3;

-- name: put_map_run_page
-- Write one page of a run.
INSERT INTO map_run_pages (shard, map_run_id, page, state) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (shard, map_run_id, page) DO UPDATE SET state = excluded.state;

-- name: insert_map_run_part
-- Some ends of children.
INSERT INTO map_run_parts (shard, map_run_id, page, part, results) VALUES (?1, ?2, ?3, ?4, ?5);

-- name: load_map_run_parts
-- Ends of children in order, after a part.
SELECT page, part, results FROM map_run_parts
WHERE shard = ?1 AND map_run_id = ?2 AND (page, part) > (?3, ?4) ORDER BY page, part LIMIT ?5;

-- name: load_map_run_parts_back
-- The same from the end backwards, before a part.
SELECT page, part, results FROM map_run_parts
WHERE shard = ?1 AND map_run_id = ?2 AND (page, part) < (?3, ?4) ORDER BY page DESC, part DESC LIMIT ?5;

-- name: load_map_run_parts_of
-- Ends of the children of one page.
SELECT page, part, results FROM map_run_parts WHERE shard = ?1 AND map_run_id = ?2 AND page = ?3 ORDER BY part;

-- name: find_activity_tasks
-- Waiting tasks of an activity in some shards, those that wait longest first.
SELECT activity_id, shard, sequence, execution_id, branch, attempt FROM activity_tasks
WHERE shard IN (SELECT value FROM json_each(?2)) AND activity_id = ?1 ORDER BY sequence, shard LIMIT ?3;

-- name: insert_node
-- A process begins to drive executions.
INSERT INTO nodes (id, name, address, started_ms, beats, line) VALUES (?1, ?2, ?3, ?4, ?5, ?6);

-- name: beat_node
-- It lives.
UPDATE nodes SET beats = beats + 1 WHERE id = ?1;

-- name: delete_node
-- It has ended, if it has not beaten since.
DELETE FROM nodes WHERE id = ?1 AND beats = coalesce(?2, beats);

-- name: delete_lost_replies
-- What no node will read.
DELETE FROM replies WHERE node NOT IN (SELECT id FROM nodes);

-- name: list_nodes
-- All of them.
SELECT id, name, address, started_ms, beats, line FROM nodes ORDER BY started_ms, id;

-- name: list_shards
-- Who drives which shard.
SELECT shard, epoch, node, handover FROM shards ORDER BY shard;

-- name: load_epoch
-- Whether a fence stands.
SELECT epoch FROM shards WHERE shard = ?1;

-- name: take_shard
-- A node becomes the owner of a shard, unless somebody was faster or the node itself is gone.
UPDATE shards SET node = ?1, epoch = epoch + 1, handover = NULL
WHERE shard = ?2 AND epoch = ?3 AND EXISTS (SELECT 1 FROM nodes WHERE id = ?1);

-- name: release_shard
-- An owner lets a shard go.
UPDATE shards SET node = NULL, epoch = epoch + 1, handover = ?3 WHERE shard = ?1 AND epoch = ?2;

-- name: insert_message
-- A request to the owner of a shard.
INSERT INTO inbox (shard, id, sender, execution_id, body) VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT (shard, id) DO NOTHING;

-- name: receive_messages
-- The requests to the owner of some shards.
SELECT shard, id, sender, execution_id, body FROM inbox
WHERE shard IN (SELECT value FROM json_each(?1)) ORDER BY shard, id LIMIT ?2;

-- name: delete_message
-- Commit: a request was dealt with.
DELETE FROM inbox WHERE shard = ?1 AND id = ?2;

-- name: insert_reply
-- Commit: what came of it.
INSERT INTO replies (node, id, body) VALUES (?1, ?2, ?3) ON CONFLICT (node, id) DO NOTHING;

-- name: load_replies
-- All replies to a node.
SELECT id, body FROM replies WHERE node = ?1 ORDER BY id;

-- name: delete_reply
-- A reply was read.
DELETE FROM replies WHERE node = ?1 AND id = ?2;

-- name: next_list
-- The next list of executions: its bucket and whose it is.
SELECT bucket, machine_id FROM listing WHERE (bucket, machine_id) > (?1, ?2) ORDER BY bucket, machine_id LIMIT 1;

-- name: closed_lines
-- The lines of a list in one status that ended before a time, oldest first.
SELECT status, sort_ms, execution_id, shard, name FROM listing
WHERE bucket = ?1 AND machine_id = ?2 AND status = ?3 AND sort_ms < ?4 ORDER BY sort_ms, execution_id LIMIT ?5;

-- name: remove_execution
-- Retention: an execution, unless it goes on. What follows asks whether it is gone.
DELETE FROM executions WHERE shard = ?1 AND id = ?2 AND stopped_ms < ?3;

-- name: remove_history
-- Retention: its history.
DELETE FROM history WHERE shard = ?1 AND execution_id = ?2
AND NOT EXISTS (SELECT 1 FROM executions WHERE shard = ?1 AND id = ?2);

-- name: remove_blobs
-- Retention: its large values.
DELETE FROM blobs WHERE shard = ?1 AND execution_id = ?2
AND NOT EXISTS (SELECT 1 FROM executions WHERE shard = ?1 AND id = ?2);

-- name: remove_line
-- Retention: its line in the list, last of all.
DELETE FROM listing WHERE bucket = ?1 AND machine_id = ?2 AND status = ?3 AND sort_ms = ?4 AND execution_id = ?5
AND NOT EXISTS (SELECT 1 FROM executions WHERE shard = ?6 AND id = ?5);

-- name: remove_name
-- Retention: its name.
DELETE FROM names WHERE bucket = ?1 AND machine_id = ?2 AND name = ?3 AND execution_id = ?4
AND NOT EXISTS (SELECT 1 FROM executions WHERE shard = ?5 AND id = ?4);

-- name: keep_name
-- Retention: its name, which nobody else may have yet.
INSERT INTO kept_names (bucket, machine_id, name, ended_ms) SELECT ?1, ?2, ?3, ?4
WHERE NOT EXISTS (SELECT 1 FROM executions WHERE shard = ?6 AND id = ?5)
ON CONFLICT (bucket, ended_ms, machine_id, name) DO NOTHING;

-- name: kept_names
-- Names that were kept, of executions that ended before a time.
SELECT bucket, machine_id, name, ended_ms FROM kept_names WHERE bucket = ?1 AND ended_ms < ?2 ORDER BY ended_ms LIMIT ?3;

-- name: free_name
-- A name that was kept is free.
DELETE FROM names WHERE bucket = ?1 AND machine_id = ?2 AND name = ?3;

-- name: forget_kept_name
-- And no longer kept.
DELETE FROM kept_names WHERE bucket = ?1 AND machine_id = ?2 AND name = ?3 AND ended_ms = ?4;

-- name: runs_of_removed
-- The runs of distributed Maps of an execution that is gone.
SELECT id FROM map_runs WHERE shard = ?1 AND execution_id = ?2
AND NOT EXISTS (SELECT 1 FROM executions WHERE shard = ?1 AND id = ?2);

-- name: remove_map_run_parts
-- Some of the results of a run.
DELETE FROM map_run_parts WHERE (shard, map_run_id, page, part) IN (
    SELECT shard, map_run_id, page, part FROM map_run_parts WHERE shard = ?1 AND map_run_id = ?2 LIMIT ?3
);

-- name: remove_map_run_pages
-- The pages of a run.
DELETE FROM map_run_pages WHERE shard = ?1 AND map_run_id = ?2;

-- name: remove_map_run
-- A run.
DELETE FROM map_runs WHERE shard = ?1 AND id = ?2;
