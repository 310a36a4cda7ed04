-- Other servers whose tools are used. What they are sent as headers lies here sealed; the names of those do not.
create table tool_servers (
    name text primary key,
    url text not null,
    title text not null,
    sealed blob,
    -- A JSON list of names.
    headers text not null,
    enabled integer not null,
    checked_at integer not null,
    problem text
) strict, without rowid;

-- Their tools: as they were said to be last, and as somebody agreed to them.
create table server_tools (
    server text not null references tool_servers (name) on delete cascade,
    tool text not null,
    -- What a model calls it.
    known_as text not null,
    -- As it was said last, and the digest of that.
    seen text not null,
    digest text not null,
    -- As it was agreed to.
    agreed text,
    agreed_digest text,
    agreed_at integer not null default 0,
    -- `ask` or `look`; '' for one that is not used.
    how text not null default '',
    -- Somebody has looked at it.
    known integer not null default 0,
    -- The server does not name it any more.
    gone integer not null default 0,
    primary key (server, tool)
) strict, without rowid;

-- Calls that were made. One that is here without a result in the log may have been done.
create table server_calls (
    id text primary key,
    conversation text not null references conversations (id) on delete cascade
) strict, without rowid;
create index server_calls_of on server_calls (conversation);
