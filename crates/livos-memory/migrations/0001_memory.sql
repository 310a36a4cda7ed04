-- What is remembered, one row a turn or note. Text is kept verbatim: it is what gets cited.
create table memory_entries (
    id integer primary key,
    person text not null,
    -- Where it was said or written: a conversation, a file, a person's own note.
    source text not null,
    -- Turns of one source and session follow each other by position.
    session text not null,
    position integer not null,
    -- The name of a turn in its source, for citing it.
    turn text not null,
    speaker text not null,
    body text not null,
    -- UTC seconds.
    at integer not null,
    -- owner, agent, untrusted or system: who vouches for it.
    origin text not null check (origin in ('owner', 'agent', 'untrusted', 'system')),
    -- 0 to 1; 0.5 is a plain turn.
    importance real not null default 0.5 check (importance between 0 and 1),
    unique (person, source, session, position)
) strict;

create index memory_entries_by_time on memory_entries (person, at desc, id desc);

-- Stems, not words: they are cut and reduced before they come here, so that the question and the
-- memory go through the same mill. `around` is what was said directly before and after.
create virtual table memory_words using fts5(
    owner, body, around,
    content = '', contentless_delete = 1, tokenize = "unicode61 remove_diacritics 0"
);

-- In how many entries a stem is.
create virtual table memory_stems using fts5vocab('memory_words', 'row');
