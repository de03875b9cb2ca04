-- One row a location: where its rows are, what the plan costs, and what it wants the CRM to hold.
-- location_id, extracted, rejected, merged, unchanged, held, create, update,
-- requests (if every one succeeds at once), data_version (of all that the contacts should hold)
with judged as (
    select location_id, count(*) as extracted, count(rejection) as rejected
    from valid_contacts
    semi join locations using (location_id)
    group by location_id
),

planned as (
    select
        location_id,
        count(*) as identities,
        count(*) filter (action = 'unchanged') as unchanged,
        count(*) filter (action = 'hold') as held,
        count(*) filter (action = 'create') as "create",
        count(*) filter (action = 'update') as "update",
        count(body) + count(add_tags) as requests
    from upsert_plan
    group by location_id
),

wanted as (
    select location_id, md5(bit_xor(md5_number(row_hash))::varchar) as data_version
    from decisions
    group by location_id
)

select
    locations.location_id,
    coalesce(judged.extracted, 0) as extracted,
    coalesce(judged.rejected, 0) as rejected,
    coalesce(judged.extracted - judged.rejected - coalesce(planned.identities, 0), 0) as merged,
    coalesce(planned.unchanged, 0) as unchanged,
    coalesce(planned.held, 0) as held,
    coalesce(planned."create", 0) as "create",
    coalesce(planned."update", 0) as "update",
    coalesce(planned.requests, 0) as requests,
    coalesce(wanted.data_version, 'empty') as data_version
from locations
left join judged using (location_id)
left join planned using (location_id)
left join wanted using (location_id)
