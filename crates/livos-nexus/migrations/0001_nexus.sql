create table conversations (
    id text primary key,
    person text not null,
    title text not null default '',
    pinned integer not null default 0,
    archived integer not null default 0,
    updated_at integer not null
) strict, without rowid;

create index conversations_of_person on conversations (person, updated_at);

-- What was said and done, only ever added to. What a model is told and what people see both come from here.
create table steps (
    conversation text not null references conversations (id) on delete cascade,
    seq integer not null,
    run integer not null,
    body text not null,
    at integer not null,
    primary key (conversation, seq)
) strict, without rowid;

-- Messages in the order in which they came. A row is waiting, running or ended; the number is the run's.
create table inbox (
    run integer primary key autoincrement,
    conversation text not null references conversations (id) on delete cascade,
    actor text not null,
    message text not null,
    key text not null,
    state text not null,
    stop integer not null default 0,
    at integer not null
) strict;

create unique index inbox_key on inbox (conversation, key) where key <> '';
create index inbox_of_conversation on inbox (conversation, run);
create index inbox_unfinished on inbox (run) where state <> 'ended';

create table providers (
    id text primary key,
    position integer not null,
    dialect text not null,
    label text not null,
    base_url text not null,
    model text not null,
    sealed blob,
    is_default integer not null default 0,
    checked_at integer,
    problem text
) strict, without rowid;
