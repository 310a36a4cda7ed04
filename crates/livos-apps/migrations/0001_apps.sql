create table sources (
    id text primary key,
    url text not null unique,
    label text not null,
    -- umbrel, casaos, runtipi, livinity, compose; empty until it was read
    format text not null default '',
    refreshed_at integer not null default 0,
    error text not null default '',
    added_at integer not null
) strict;

-- What the list of a store shows, so that starting and listing parse nothing.
create table entries (
    store text not null references sources (id) on delete cascade,
    id text not null,
    position integer not null,
    name text not null,
    tagline text not null,
    category text not null,
    version text not null,
    developer text not null,
    icon text not null,
    format text not null,
    installable integer not null,
    -- the app's own files, verbatim, as JSON
    source text not null,
    primary key (store, id)
) strict, without rowid;

create table apps (
    id text primary key,
    name text not null,
    store text not null,
    version text not null,
    icon text not null,
    -- installing, installed, removing
    phase text not null,
    -- what the owner wants: running or stopped
    wanted text not null,
    -- the spec that containers are made from, as JSON
    spec text not null,
    -- the app's own files, verbatim, as JSON
    source text not null,
    host text not null,
    upstream_port integer not null,
    gateway_port integer not null,
    -- what was there before the installation, and stays if it is undone: JSON
    kept text not null,
    problem text not null default '',
    installed_at integer not null
) strict;

create table facts (
    name text primary key,
    value text not null
) strict, without rowid;
