-- Who searches the web for everybody: one row, or none. Its key lies here sealed.
create table search (
    only integer primary key check (only = 1),
    provider text not null,
    base_url text not null,
    sealed blob,
    checked_at integer not null,
    problem text
) strict;

-- For whom the web is off: a person, who chose so for themselves, or '' for everybody.
create table web_off (
    person text primary key
) strict, without rowid;
