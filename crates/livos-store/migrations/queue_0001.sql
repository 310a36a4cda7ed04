-- Times that end in _ms are UTC milliseconds, those that end in _at UTC seconds.
create table jobs (
    id integer primary key autoincrement,
    kind text not null,
    subject text not null,
    title text not null,
    payload text not null,
    state text not null check (state in ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
    priority integer not null,
    dedup_key text,
    started_by text not null,
    run_at_ms integer not null,
    -- Which process runs it; that one holds a lock for as long as it lives.
    owner text,
    attempts integer not null default 0,
    crashes integer not null default 0,
    cancel_requested integer not null default 0,
    step text not null default '',
    step_index integer not null default 0,
    step_count integer not null default 0,
    done integer not null default 0,
    total integer not null default 0,
    unit text not null default '',
    detail text not null default '',
    rate integer not null default 0,
    error_code text not null default '',
    error_message text not null default '',
    created_at integer not null,
    started_at integer not null default 0,
    finished_at integer not null default 0
) strict;

-- Only one unfinished job may have a key; a finished one frees it.
create unique index jobs_dedup on jobs (dedup_key) where dedup_key is not null and state in ('queued', 'running');
create index jobs_queued on jobs (priority desc, run_at_ms, id, kind) where state = 'queued';
create index jobs_due on jobs (run_at_ms) where state = 'queued';
create index jobs_running on jobs (id) where state = 'running';
create index jobs_finished on jobs (finished_at) where state in ('succeeded', 'cancelled');

create table job_lines (
    id integer primary key,
    job_id integer not null references jobs (id) on delete cascade,
    at integer not null,
    line text not null
) strict;

create index job_lines_job on job_lines (job_id, id);

create table schedules (
    name text primary key,
    cron text not null,
    time_zone text not null,
    kind text not null,
    subject text not null,
    title text not null,
    payload text not null,
    priority integer not null,
    next_ms integer not null
) strict, without rowid;
