-- name: v1
CREATE TABLE threads(
  thread_id TEXT PRIMARY KEY, tenant TEXT NOT NULL, created REAL NOT NULL, updated REAL NOT NULL,
  metadata TEXT NOT NULL, status TEXT NOT NULL, interrupts TEXT NOT NULL DEFAULT '{}',
  temporary INTEGER NOT NULL DEFAULT 0, trimmed INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX threads_tenant ON threads(tenant, updated);
CREATE TABLE runs(
  ordinal INTEGER PRIMARY KEY, run_id TEXT NOT NULL UNIQUE, thread_id TEXT NOT NULL, tenant TEXT NOT NULL,
  user TEXT NOT NULL, assistant_id TEXT NOT NULL, graph_id TEXT NOT NULL, created REAL NOT NULL, updated REAL NOT NULL,
  status TEXT NOT NULL, metadata TEXT NOT NULL, request BLOB NOT NULL, epoch INTEGER NOT NULL, attempt INTEGER NOT NULL,
  owner TEXT, lease_until REAL, cancel TEXT, error TEXT, first_seq INTEGER NOT NULL, last_seq INTEGER
);
CREATE INDEX runs_thread ON runs(thread_id, ordinal);
CREATE INDEX runs_live ON runs(status, thread_id, ordinal) WHERE status IN ('pending', 'running');
CREATE TABLE idempotency_keys(
  tenant TEXT NOT NULL, key TEXT NOT NULL, run_id TEXT NOT NULL, fingerprint TEXT NOT NULL, created REAL NOT NULL,
  PRIMARY KEY(tenant, key)
) WITHOUT ROWID;
CREATE TABLE events(
  thread_id TEXT NOT NULL, seq INTEGER NOT NULL, run_id TEXT NOT NULL, event TEXT NOT NULL, ns TEXT NOT NULL,
  at REAL NOT NULL, data BLOB NOT NULL, PRIMARY KEY(thread_id, seq)
) WITHOUT ROWID;
CREATE TABLE checkpoints(
  thread_id TEXT NOT NULL, ns TEXT NOT NULL, checkpoint_id TEXT NOT NULL, parent_id TEXT, run_id TEXT,
  checkpoint BLOB NOT NULL, metadata BLOB NOT NULL, PRIMARY KEY(thread_id, ns, checkpoint_id)
) WITHOUT ROWID;
CREATE INDEX checkpoints_run ON checkpoints(run_id) WHERE run_id IS NOT NULL;
CREATE TABLE blobs(
  thread_id TEXT NOT NULL, ns TEXT NOT NULL, channel TEXT NOT NULL, version INTEGER NOT NULL, kind TEXT NOT NULL,
  value BLOB NOT NULL, PRIMARY KEY(thread_id, ns, channel, version)
) WITHOUT ROWID;
CREATE TABLE writes(
  thread_id TEXT NOT NULL, ns TEXT NOT NULL, checkpoint_id TEXT NOT NULL, task_id TEXT NOT NULL, idx INTEGER NOT NULL,
  path TEXT NOT NULL, channel TEXT NOT NULL, kind TEXT NOT NULL, value BLOB NOT NULL, run_id TEXT,
  PRIMARY KEY(thread_id, ns, checkpoint_id, task_id, idx)
) WITHOUT ROWID;
PRAGMA user_version = 1;
-- name: v2
CREATE TABLE assistants(
  tenant TEXT NOT NULL, assistant_id TEXT NOT NULL, version INTEGER NOT NULL, created REAL NOT NULL,
  updated REAL NOT NULL, PRIMARY KEY(tenant, assistant_id)
) WITHOUT ROWID;
CREATE TABLE assistant_versions(
  tenant TEXT NOT NULL, assistant_id TEXT NOT NULL, version INTEGER NOT NULL, created REAL NOT NULL,
  graph_id TEXT NOT NULL, name TEXT NOT NULL, description TEXT, config TEXT NOT NULL, context TEXT NOT NULL,
  metadata TEXT NOT NULL, PRIMARY KEY(tenant, assistant_id, version)
) WITHOUT ROWID;
CREATE TABLE api_keys(
  key_id TEXT PRIMARY KEY, digest BLOB NOT NULL, name TEXT NOT NULL, tenant TEXT NOT NULL, user TEXT NOT NULL,
  role TEXT NOT NULL, created REAL NOT NULL, revoked REAL
) WITHOUT ROWID;
ALTER TABLE threads ADD COLUMN ttl_minutes REAL;
ALTER TABLE threads ADD COLUMN ttl_strategy TEXT NOT NULL DEFAULT 'delete';
ALTER TABLE threads ADD COLUMN swept REAL NOT NULL DEFAULT 0;
ALTER TABLE threads ADD COLUMN state_updated REAL NOT NULL DEFAULT 0;
UPDATE threads SET state_updated = updated;
ALTER TABLE runs ADD COLUMN due REAL NOT NULL DEFAULT 0;
CREATE INDEX threads_ending ON threads(updated) WHERE ttl_minutes IS NOT NULL OR temporary > 0;
PRAGMA user_version = 2;
-- name: v3
CREATE TABLE crons(
  tenant TEXT NOT NULL, cron_id TEXT NOT NULL, user TEXT NOT NULL, assistant_id TEXT NOT NULL, thread_id TEXT,
  schedule TEXT NOT NULL, timezone TEXT, end_time REAL, enabled INTEGER NOT NULL, on_run_completed TEXT,
  metadata TEXT NOT NULL, request BLOB NOT NULL, created REAL NOT NULL, updated REAL NOT NULL, next_run REAL,
  PRIMARY KEY(tenant, cron_id)
) WITHOUT ROWID;
CREATE INDEX crons_due ON crons(next_run) WHERE next_run IS NOT NULL;
CREATE INDEX crons_thread ON crons(thread_id) WHERE thread_id IS NOT NULL;
ALTER TABLE runs ADD COLUMN webhook TEXT;
CREATE TABLE webhooks(
  run_id TEXT PRIMARY KEY, thread_id TEXT NOT NULL, tenant TEXT NOT NULL, url TEXT NOT NULL, body BLOB,
  created REAL NOT NULL, updated REAL NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, next_attempt REAL,
  outcome TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE INDEX webhooks_due ON webhooks(next_attempt) WHERE next_attempt IS NOT NULL;
CREATE INDEX webhooks_thread ON webhooks(thread_id);
PRAGMA user_version = 3;
-- name: v4
ALTER TABLE threads ADD COLUMN user TEXT NOT NULL DEFAULT '';
PRAGMA user_version = 4;
