-- a version that its owner does not want; the next one is offered again
create table skips (
    app text primary key,
    version text not null
) strict, without rowid;

-- since when a store offers an app; 0 if since it was first read, which makes nothing new
create table first_seen (
    store text not null references sources (id) on delete cascade,
    app text not null,
    at integer not null,
    primary key (store, app)
) strict, without rowid;

insert into first_seen (store, app, at) select store, id, 0 from entries;
