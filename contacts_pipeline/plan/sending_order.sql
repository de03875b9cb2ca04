-- The order in which the requests of a location go, and which of them its day has no room for.
-- What an earlier push had to leave goes first, then what is new to the CRM, each the newest first.
-- A hundred contacts that get the same tags take one request for these, the first one's here.
-- location_id, identity, place (from 1), requests, is_deferred
with sent as (
    select
        upsert_plan.location_id,
        identity,
        action,
        updated_at,
        body,
        add_tags,
        earlier.identity is not null as has_waited
    from upsert_plan
    left join deferred_contacts as earlier using (location_id, identity)
    where action in ('create', 'update')
),

placed as (
    select
        *,
        row_number() over (
            partition by location_id
            order by has_waited desc, action, updated_at desc nulls last, identity
        ) as place
    from sent
),

counted as (
    select
        *,
        (body is not null)::int
            + (
                add_tags is not null
                and (row_number() over (partition by location_id, add_tags order by place) - 1)
                    % 100 = 0
            )::int as requests
    from placed
),

spending as (
    select
        *,
        sum(requests) over (
            partition by location_id order by place rows unbounded preceding
        ) as spent
    from counted
)

select
    location_id,
    identity,
    place,
    spending.requests,
    spent > day_left.requests as is_deferred
from spending
join day_left using (location_id)
