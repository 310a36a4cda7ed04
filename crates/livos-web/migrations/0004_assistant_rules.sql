-- What a person settled beforehand for something that the agent proposes: in one conversation, or ('') everywhere.
-- Without a row they are asked.
create table assistant_rules (
    user_id       text not null references users (id) on delete cascade,
    tool          text not null,
    conversation  text not null,
    verdict       text not null check (verdict in ('allow', 'ask', 'deny')),
    primary key (user_id, tool, conversation)
) strict, without rowid;
