-- Browsers somebody has signed in with before. What others guess does not slow these down.
create table devices (
    user_id  text not null references users (id) on delete cascade,
    -- Of the random value in the browser's cookie, made with the server's key.
    hash     text not null,
    seen_at  integer not null,
    primary key (user_id, hash)
) strict, without rowid;
