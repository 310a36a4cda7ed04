-- How hard the model of a conversation thinks; '' for as its provider thinks best.
alter table conversations add column thinking text not null default '';

-- What has to happen for a schedule to come, if it is no time, and to what; '' for any.
alter table schedules add column event text;
alter table schedules add column subject text not null default '';
-- As whom it is looked whether it has happened: a person, as JSON. What comes of it is begun with the rights of then.
alter table schedules add column looks_as text not null default '';
-- What happened, for whoever is asked next.
alter table schedules add column happened text not null default '';

-- What waits for something to happen counts as well.
drop view schedules_to_come;
create view schedules_to_come as
    select * from schedules
    where removed_at is null
        and (next_at is not null or due_at is not null or paused or event is not null
            or (every is not null and done < most));
