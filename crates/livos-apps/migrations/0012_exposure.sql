-- how this server is reached; one row, and none while everything is as it was at first
create table exposure (
    only_one integer primary key check (only_one = 1),
    domain text not null default '',
    email text not null default '',
    always_https integer not null default 0
) strict;
