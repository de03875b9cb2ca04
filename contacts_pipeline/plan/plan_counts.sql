-- One row a location: where its rows are, what the plan costs, and what it wants the CRM to hold.
-- location_id, extracted, rejected, merged, unchanged, held, create, update,
-- requests (if every one succeeds at once), data_version (of all that the contacts should hold)
with judged as (
    select location_id, count(*) as extracted, count(rejection) as rejected
    from valid_contacts
    semi join locations using (location_id)
    group by location_id
),

decided as (
    select
        location_id,
        count(*) as identities,
        count(*) filter (action = 'unchanged') as unchanged,
        count(*) filter (action = 'hold') as held,
        count(*) filter (action = 'create') as "create",
        count(*) filter (action = 'update') as "update",
        count(body) + count(add_tags) as requests,
        md5(string_agg(row_hash, '' order by identity)) as data_version
    from upsert_plan
    group by location_id
)

select
    locations.location_id,
    coalesce(judged.extracted, 0) as extracted,
    coalesce(judged.rejected, 0) as rejected,
    coalesce(judged.extracted - judged.rejected - coalesce(decided.identities, 0), 0) as merged,
    coalesce(decided.unchanged, 0) as unchanged,
    coalesce(decided.held, 0) as held,
    coalesce(decided."create", 0) as "create",
    coalesce(decided."update", 0) as "update",
    coalesce(decided.requests, 0) as requests,
    coalesce(decided.data_version, 'empty') as data_version
from locations
left join judged using (location_id)
left join decided using (location_id)
