-- What each person keeps for themselves. A row may outlive what it names: that is left out when it is shown,
-- and is there again with a drive that comes back or a file that is restored.
create table favourites (
    person text not null,
    root text not null,
    path text not null,
    added_at integer not null,
    primary key (person, root, path)
) strict, without rowid;

create table recents (
    person text not null,
    root text not null,
    path text not null,
    -- Milliseconds, because an upload of many files ends more than one a second.
    used_at integer not null,
    primary key (person, root, path)
) strict, without rowid;
create index recents_by_time on recents (person, used_at);
