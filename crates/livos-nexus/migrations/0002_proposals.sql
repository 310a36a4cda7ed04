-- What the agent proposed, as it stands now. Its story is in the steps; this is how it is found.
create table proposals (
    id text primary key,
    conversation text not null references conversations (id) on delete cascade,
    actor text not null,
    -- The call of the run that waits for it.
    call text not null,
    body text not null,
    state text not null
) strict, without rowid;

create index proposals_open on proposals (conversation) where state in ('waiting', 'working', 'unknown');
