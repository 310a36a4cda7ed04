-- People whose accounts are gone, of whom the agent has not yet said that it has forgotten them.
create table farewells (
    user_id     text primary key
) strict, without rowid;

create trigger users_are_forgotten after delete on users
begin
    insert or ignore into farewells (user_id) values (old.id);
end;
