-- Apps that a member asked the admins for. What was granted or declined stays a while, so that the person hears of it.
create table wishes (
    id          integer primary key,
    user_id     text not null references users (id) on delete cascade,
    store       text not null,
    app         text not null,
    -- What the store called it.
    name        text not null,
    state       text not null check (state in ('open', 'granted', 'declined')),
    asked_at    integer not null,
    settled_at  integer not null,
    unique (user_id, store, app)
) strict;
