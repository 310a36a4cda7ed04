-- A member's folder is named after the user name and stays when the account goes. Whoever took the name next
-- would inherit it, so a name is given once.
create table former_usernames (
    username    text primary key
) strict, without rowid;

create trigger users_leave after delete on users
begin
    insert or ignore into former_usernames (username) values (old.username);
end;
