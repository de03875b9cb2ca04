-- Which of a location's pushes is its last, when clocks are set: a number that only rises.
alter table pushes add column number integer not null default 0;
update pushes set number = ordered.number
from (
    select
        crm,
        location_id,
        run_id,
        row_number() over (
            partition by crm, location_id order by started_at, finished_at, run_id
        ) as number
    from pushes
) as ordered
where
    pushes.crm = ordered.crm
    and pushes.location_id = ordered.location_id
    and pushes.run_id = ordered.run_id;
