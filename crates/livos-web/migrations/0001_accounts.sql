create table users (
    id             text primary key,
    username       text not null unique,
    name           text not null,
    role           text not null check (role in ('owner', 'admin', 'member')),
    password_hash  text not null,
    -- Made by somebody else; the person is asked to choose their own.
    temporary      integer not null default 0,
    disabled       integer not null default 0,
    -- Null: no second factor. Pending secrets wait for their first code in totp_offered.
    totp_secret    text,
    totp_offered   text,
    -- The last time step a code was accepted for; none is accepted twice.
    totp_step      integer not null default -1,
    failures       integer not null default 0,
    locked_until   integer not null default 0,
    created_at     integer not null,
    last_seen_at   integer not null default 0
) strict;

-- A household has one owner.
create unique index users_owner on users (role) where role = 'owner';

create table recovery_codes (
    user_id  text not null references users (id) on delete cascade,
    hash     text not null,
    primary key (user_id, hash)
) strict, without rowid;

create table sessions (
    id          text primary key,
    user_id     text not null references users (id) on delete cascade,
    -- Refresh tokens are made from the server's key, this seed and the generation; none is stored.
    seed        text not null,
    generation  integer not null default 0,
    created_at  integer not null,
    rotated_at  integer not null,
    seen_at     integer not null,
    expires_at  integer not null,
    address     text not null,
    agent       text not null
) strict;

create index sessions_user on sessions (user_id);

create table settings (
    user_id  text primary key references users (id) on delete cascade,
    json     text not null
) strict, without rowid;

create table audit (
    id       integer primary key autoincrement,
    at       integer not null,
    -- Who, by account and by the name they had then; empty for somebody unknown.
    user_id  text not null,
    actor    text not null,
    address  text not null,
    action   text not null,
    subject  text not null,
    outcome  text not null
) strict;

create table outcomes (
    user_id     text not null references users (id) on delete cascade,
    key         text not null,
    -- What the request was, so that a key is not used for another one.
    request     text not null,
    -- 0 while it is being worked on.
    status      integer not null default 0,
    media_type  text not null default '',
    body        blob not null default x'',
    created_at  integer not null,
    primary key (user_id, key)
) strict, without rowid;

create index outcomes_age on outcomes (created_at);

-- A piece of an upload whose checksum is not known yet: where it begins.
create table unverified (
    upload_id  text primary key,
    offset     integer not null
) strict, without rowid;
