-- What the agent writes down for itself in a conversation, and finds again however long that becomes.
create table task_state (
    conversation text not null references conversations (id) on delete cascade,
    key text not null,
    data text not null,
    -- A stranger may have had a say in it.
    tainted integer not null,
    at integer not null,
    primary key (conversation, key)
) strict, without rowid;

-- What a provider's model is used for beside the usual, and what a conversation asks for: `fast`, `best`, or '' for
-- the usual.
alter table providers add column tier text not null default '';
alter table conversations add column tier text not null default '';
