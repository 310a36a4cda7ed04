-- under which name the picture of an app is kept that its store names by an address
create table pictures (
    url text not null primary key,
    name text not null
) strict, without rowid;
