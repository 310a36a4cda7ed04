-- An index of the trash directory, which is the truth: it can be made again from there.
create table trashed (
    id text primary key,
    root text not null,
    path text not null,
    kind text not null,
    size integer not null,
    deleted_at integer not null
) strict, without rowid;

-- Files on their way in. How far one is, is the size of its hidden file.
create table uploads (
    id text primary key,
    owner text not null,
    root text not null,
    path text not null,
    name text not null,
    size integer not null,
    on_conflict text not null,
    modified_at integer not null,
    expires_at integer not null
) strict, without rowid;
create index uploads_by_expiry on uploads (expires_at);
create index uploads_by_owner on uploads (owner);

-- How far each item of a move or copy is, so that a killed one goes on where it was.
create table transfers (
    job text not null,
    item integer not null,
    state text not null,
    root text not null,
    path text not null,
    partial text not null,
    inode integer not null,
    name text not null,
    primary key (job, item)
) strict, without rowid;
