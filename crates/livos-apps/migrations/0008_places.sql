-- on which mounted file system a folder lies that an app is given; '/' if on the machine's own
create table places (
    app text not null,
    path text not null,
    mount text not null,
    primary key (app, path)
) strict, without rowid;
