-- Models that made vectors. Vectors of different models can't be compared.
create table memory_models (
    id integer primary key,
    name text not null unique,
    dimensions integer not null check (dimensions between 1 and 8192)
) strict;

-- What an entry means, as a model sees it. `number` only grows, so that whoever has read up to one
-- knows what came since.
create table memory_vectors (
    number integer primary key autoincrement,
    entry integer not null unique,
    model integer not null references memory_models (id),
    -- A factor (f32) and then a signed byte for each dimension, little-endian.
    vector blob not null
) strict;

-- A trigger and not a foreign key, since it holds whatever the connection was told.
create trigger memory_vectors_go after delete on memory_entries begin
    delete from memory_vectors where entry = old.id;
end;
