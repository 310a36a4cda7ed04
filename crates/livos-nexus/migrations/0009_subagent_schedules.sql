-- The subagent that is asked, if one is. What it says is told in the conversation in which it was scheduled.
alter table schedules add column subagent text;
-- What was followed by whoever scheduled it, as JSON: it narrows the run as well.
alter table schedules add column follows text not null default '[]';
-- A loop: so many seconds after a run the next one comes, so many in all, and the last answer goes with it.
alter table schedules add column every integer;
alter table schedules add column most integer;
alter table schedules add column done integer not null default 0;
alter table schedules add column state text not null default '';
-- How many runs of a loop failed in a row, up to the last one.
alter table schedules add column failures integer not null default 0;
create index schedules_of_loop on schedules (last_run) where every is not null;

-- Where the outcome of a run is told that nobody waits for.
alter table inbox add column reports_to text;

-- A loop counts between two of its runs as well.
drop view schedules_to_come;
create view schedules_to_come as
    select * from schedules
    where removed_at is null
        and (next_at is not null or due_at is not null or paused or (every is not null and done < most));

-- What is to be asked of a subagent goes with it, whatever it goes by.
create trigger subagents_gone after delete on subagents begin
    delete from schedules where person = old.person and subagent = old.id;
end;
