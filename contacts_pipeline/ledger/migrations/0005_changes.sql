-- What came before what, when clocks are set: a number that each commit raises for its location.
alter table locations add column changes integer not null default 0;
alter table contacts add column changes integer not null default 0;
alter table requests add column changes integer not null default 0;
