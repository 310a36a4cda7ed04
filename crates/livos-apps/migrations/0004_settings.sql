-- what the owner wants otherwise than the app's store: JSON
alter table apps add column overlay text not null default '{}';

-- apps that stay on the version they have
create table pins (
    app text primary key
) strict, without rowid;
