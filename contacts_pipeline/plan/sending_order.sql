-- The order in which the requests of a location go, and which of them its day has no room for.
-- What an earlier push had to leave goes first, then what is new to the CRM, each the newest first.
-- location_id, identity, place (from 1), requests, is_deferred
with sent as (
    select
        upsert_plan.location_id,
        identity,
        action,
        updated_at,
        (body is not null)::int + (add_tags is not null)::int as requests,
        earlier.identity is not null as has_waited
    from upsert_plan
    left join deferred_contacts as earlier using (location_id, identity)
    where action in ('create', 'update')
),

placed as (
    select
        *,
        row_number() over sending as place,
        sum(requests) over (sending rows unbounded preceding) as spent
    from sent
    window sending as (
        partition by location_id
        order by has_waited desc, action, updated_at desc nulls last, identity
    )
)

select
    location_id,
    identity,
    place,
    placed.requests,
    spent > day_left.requests as is_deferred
from placed
join day_left using (location_id)
