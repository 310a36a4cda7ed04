-- What a message was sent by: a person in a chat, and later a schedule.
alter table inbox add column cause text not null default 'chat';

-- What an admin entered as the price of a provider's model, as JSON. Without it the price list is asked.
alter table providers add column price text;

-- A row for each time a model is asked: set aside before, settled after. It outlives its conversation, because the
-- money is spent.
create table spending (
    id integer primary key,
    person text not null,
    username text not null,
    cause text not null,
    conversation text not null,
    -- The step that asks.
    turn integer not null,
    model text not null,
    -- Days since 1970, in UTC.
    day integer not null,
    at integer not null,
    -- Set aside. Money is in millionths of a US dollar; none where the price is not known.
    reserved_tokens integer not null check (reserved_tokens >= 0),
    reserved_money integer check (reserved_money >= 0),
    -- What it came to; none before it is settled.
    tokens integer check (tokens >= 0),
    money integer check (money >= 0),
    -- As the provider told it, or as it was estimated.
    input integer,
    cached integer,
    cache_written integer,
    output integer
) strict;

create unique index spending_turn on spending (conversation, turn);
create index spending_day on spending (day, person);

-- What may be spent a day. `person` is '' for everybody who has none of their own, `cause` is '' for everything together.
create table budgets (
    person text not null,
    cause text not null,
    tokens integer check (tokens >= 0),
    money integer check (money >= 0),
    primary key (person, cause)
) strict, without rowid;
