-- The order in which the requests of a location go, and which of them its day has no room for.
-- What an earlier push had to leave goes first, then what is new to the CRM, each the newest first.
-- A hundred contacts that get the same tags take one request for these, the first one's here.
-- location_id, identity, action, place (from 1), requests, is_deferred
with sent as (
    select
        upsert_plan.location_id,
        identity,
        action,
        updated_at,
        body is not null as has_body,
        to_json(add_tags)::varchar as tags,
        earlier.identity is not null as has_waited
    from upsert_plan
    left join deferred_contacts as earlier using (location_id, identity)
    where action in ('create', 'update')
),

counted as (
    select
        *,
        has_body::int
            + (
                tags is not null
                and (
                    row_number() over (
                        partition by location_id, tags
                        order by has_waited desc, action, updated_at desc nulls last, identity
                    ) - 1
                ) % 100 = 0
            )::int as requests
    from sent
),

placed as (
    select
        location_id,
        identity,
        action,
        requests,
        row_number() over going as place,
        sum(requests) over (going rows unbounded preceding) as spent
    from counted
    window going as (
        partition by location_id
        order by has_waited desc, action, updated_at desc nulls last, identity
    )
)

select
    location_id,
    identity,
    action,
    place,
    placed.requests,
    spent > day_left.requests as is_deferred
from placed
join day_left using (location_id)
