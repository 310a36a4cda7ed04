-- what the owner answered; updates ask only for what is new
alter table apps add column answers text not null default '{}';

-- what an app was before its update, so that it can be that again
create table previous (
    app text not null,
    -- pending while an update runs, kept after it
    slot text not null,
    -- pending: whether everything is kept already
    ready integer not null,
    -- the app's row as it was, as JSON
    record text not null,
    -- what else is needed to be it again, as JSON
    keeping text not null,
    until integer not null,
    primary key (app, slot)
) strict, without rowid;
