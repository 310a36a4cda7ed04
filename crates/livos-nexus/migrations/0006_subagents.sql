-- What the runs of a subagent's conversation follow, and may at most; none for a person's own.
alter table conversations add column brief text;
-- The conversation that had it made for one task, and takes it with it.
alter table conversations add column parent text references conversations (id) on delete cascade;
create index conversations_of_parent on conversations (parent) where parent is not null;

-- The brief as it was when this was asked: what changes meanwhile is for the next message.
alter table inbox add column brief text;
-- The call that waits for what this run says: the conversation, the run and the call.
alter table inbox add column asker text;
alter table inbox add column asker_run integer;
alter table inbox add column asker_call text;
create index inbox_asked on inbox (asker, asker_run) where asker is not null and state <> 'ended';

-- A person's subagents. What one is told and may is the brief of its conversation, which is its history.
create table subagents (
    person text not null,
    id text not null,
    conversation text not null references conversations (id) on delete cascade,
    description text not null,
    -- The call that made it, so that the same call makes it once.
    made_by text not null,
    created_at integer not null,
    primary key (person, id)
) strict, without rowid;

create unique index subagents_conversation on subagents (conversation);
