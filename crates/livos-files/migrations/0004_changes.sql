-- Whether Nexus may also change files in the folder. Off until its person says so.
alter table nexus_shares add column writes integer not null default 0;

-- What was changed for Nexus, by the id of what its person agreed to, and what is needed to put it back. What an
-- overwritten file was is in the trash.
create table changes (
    id text primary key,
    person text not null,
    kind text not null,
    root text not null,
    path text not null,
    new_path text not null,
    -- The revision that was agreed to be changed.
    revision text not null,
    -- Under which id what was before is in the trash; empty when nothing is.
    trashed text not null,
    -- Under which id what was written is in the trash once it is put back; empty before.
    away text not null,
    -- How what is there now is known again.
    mark text not null,
    -- planned, done or undone; written before what it names is begun, but for the ends.
    state text not null,
    at integer not null
) strict, without rowid;
