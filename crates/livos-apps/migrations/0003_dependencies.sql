-- ids of the apps that one of a store needs, and of those in whose place it can serve; with a space between
alter table entries add column dependencies text not null default '';
alter table entries add column implements text not null default '';

-- what an app's own script exports, and what those it needs exported when it was planned: JSON
alter table apps add column exports text not null default '{}';
