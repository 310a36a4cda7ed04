-- an app is kept as it was before its last update ('version') and before its last change of settings ('settings')
update previous
set slot = case
    when json_extract(record, '$.source') = (select source from apps where apps.id = previous.app) then 'settings'
    else 'version'
end
where slot = 'kept';

-- kept: counts up with every change of an app, so that it is known which came later
alter table previous add column number integer not null default 0;

-- kept: the app is on its way back to this
alter table previous add column chosen integer not null default 0;
