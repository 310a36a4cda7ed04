-- In which order things were done, so that they can be taken back the other way round, and how far that is.
alter table proposals add column done integer;
alter table proposals add column undoing text;

create index proposals_undoing on proposals (id) where undoing in ('waiting', 'working');
create index inbox_asked_by_run on inbox (asker_run) where asker_run is not null;
