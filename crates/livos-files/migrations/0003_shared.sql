-- Folders that a person lets Nexus look into. A row may outlive what it names: then it gives nothing.
create table nexus_shares (
    person text not null,
    root text not null,
    path text not null,
    added_at integer not null,
    primary key (person, root, path)
) strict, without rowid;
