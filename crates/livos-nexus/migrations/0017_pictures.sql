-- The pictures that a person showed. They are rows and no files, so that one is there exactly when what speaks of it is.
create table pictures (
    conversation text not null references conversations (id) on delete cascade,
    -- Made of the bytes: the same picture again is the same row.
    id text not null,
    kind text not null,
    size integer not null,
    width integer not null,
    height integer not null,
    at integer not null,
    -- A message speaks of it; one of which none does is forgotten after a day.
    sent integer not null default 0,
    file blob not null,
    primary key (conversation, id)
) strict;

create index pictures_unsent on pictures (at) where sent = 0;

-- What a message that waits shows, as its step will say it.
alter table inbox add column pictures text;
