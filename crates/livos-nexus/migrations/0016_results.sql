-- What tools answered at greater length than a model is told: the log has the beginning and the end of each, and the
-- whole is here.
create table results (
    id integer primary key,
    conversation text not null references conversations (id) on delete cascade,
    -- Its place in the log, by which the model and people ask for it.
    reference text not null,
    -- Empty once newer ones needed the room.
    text text,
    bytes integer not null,
    -- A stranger may have had a say in it.
    tainted integer not null,
    unique (conversation, reference)
) strict;
