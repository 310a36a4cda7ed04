-- Keys that people give to other programs.
create table keys (
    id          text primary key,
    user_id     text not null references users (id) on delete cascade,
    name        text not null,
    -- Of the key, made with the server's secret.
    hash        text not null unique,
    -- It may do more than look.
    acts        integer not null,
    created_at  integer not null,
    -- 0: it does not end by itself.
    expires_at  integer not null,
    used_at     integer not null default 0,
    -- When what a stranger may have written was last read with it.
    tainted_at  integer not null default 0
) strict;

create index keys_user on keys (user_id);
