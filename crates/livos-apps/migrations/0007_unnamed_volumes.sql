-- volumes of apps that nobody gave a name: nothing but this says whose they are and where they belong. They stay noted
-- when an app is removed and its data kept.
create table unnamed_volumes (
    -- the later, the more it counts
    number integer primary key,
    app text not null,
    service text not null,
    target text not null,
    volume text not null,
    unique (app, service, target, volume)
) strict;
