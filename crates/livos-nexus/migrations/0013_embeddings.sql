-- Who makes vectors of what is remembered, if anybody does.
create table embeddings (
    only_one integer primary key check (only_one = 1),
    -- Nothing for this server itself.
    provider text references providers (id) on delete cascade,
    model text not null,
    checked_at integer not null,
    problem text
) strict;

-- What that took, by month (2026-11) and model.
create table embeddings_used (
    month text not null,
    model text not null,
    calls integer not null,
    -- As far as the provider says.
    tokens integer not null,
    primary key (month, model)
) strict;
