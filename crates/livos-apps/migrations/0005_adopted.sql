-- stacks and containers that somebody else made and that are looked after here; nothing of them is ours
create table adopted (
    id text primary key,
    name text not null,
    -- stack or container
    kind text not null,
    -- the compose project, or the name of the container
    subject text not null,
    -- its containers as they were found, in the order in which they are started: JSON
    parts text not null,
    adopted_at integer not null,
    unique (kind, subject)
) strict, without rowid;
