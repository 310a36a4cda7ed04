-- What a scheduled message was due at, whether that is long ago, and whether a stranger may have had a say in it.
alter table inbox add column due_at integer;
alter table inbox add column late integer not null default 0;
alter table inbox add column tainted integer not null default 0;

-- What is to be asked later, once or again and again.
create table schedules (
    id text primary key,
    person text not null,
    -- Where it was asked for, and where its answers go.
    conversation text not null,
    task text not null,
    -- '' for once.
    cron text not null,
    time_zone text not null,
    -- When it was to come first.
    first_at integer not null,
    -- None while it is paused, and when nothing more is to come.
    next_at integer,
    -- It came, and waits to be begun with the rights that its person has then.
    due_at integer,
    late integer not null default 0,
    paused integer not null default 0,
    tainted integer not null default 0,
    last_at integer,
    last_run integer,
    problem text,
    removed_at integer,
    created_at integer not null
) strict, without rowid;

create index schedules_next on schedules (next_at) where next_at is not null;
create index schedules_due on schedules (due_at) where due_at is not null;
create index schedules_of_person on schedules (person);

-- Those that count for how many a person may have.
create view schedules_to_come as
    select * from schedules
    where removed_at is null and (next_at is not null or due_at is not null or paused);
