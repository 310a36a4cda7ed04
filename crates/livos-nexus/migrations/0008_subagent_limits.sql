-- All that a run asked of subagents, also what is over.
drop index inbox_asked;
create index inbox_asked on inbox (asker, asker_run) where asker is not null;
