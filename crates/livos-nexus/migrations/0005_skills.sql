-- Instructions for tasks of a kind. A row is a person's own skill, or their word about one that LivOS brings along.
create table skills (
    person text not null,
    name text not null,
    enabled integer not null,
    -- What is in use: a whole SKILL.md that its person has looked at. None for one of LivOS.
    text text,
    -- What waits to be looked at, and is not used until then.
    waiting text,
    -- That was written by the agent,
    generated integer not null default 0,
    -- after it had read what a stranger may have written.
    tainted integer not null default 0,
    changed_at integer not null,
    primary key (person, name)
) strict, without rowid;
