-- One row a location: where its rows are, what the plan costs, and what it wants the CRM to hold.
-- location_id, extracted, rejected, merged, unchanged, held, deferred, create, update,
-- requests (if every one succeeds at once; without the deferred ones), deferred_create,
-- deferred_update, deferred_requests,
-- gone, data_version (of all that the contacts should hold)
with planned as (
    select
        location_id,
        count(*) as identities,
        count(*) filter (action = 'unchanged') as unchanged,
        count(*) filter (action = 'hold') as held
    from upsert_plan
    group by location_id
),

sent as (
    select
        location_id,
        count(*) filter (is_deferred) as deferred,
        count(*) filter (action = 'create' and not is_deferred) as "create",
        count(*) filter (action = 'update' and not is_deferred) as "update",
        count(*) filter (action = 'create' and is_deferred) as deferred_create,
        count(*) filter (action = 'update' and is_deferred) as deferred_update,
        coalesce(sum(requests) filter (not is_deferred), 0)::bigint as requests,
        coalesce(sum(requests) filter (is_deferred), 0)::bigint as deferred_requests
    from sending_order
    group by location_id
),

gone as (
    select location_id, count(*) as gone
    from gone_contacts
    group by location_id
),

wanted as (
    select location_id, md5(bit_xor(md5_number(row_hash))::varchar) as data_version
    from row_hashes
    group by location_id
)

select
    locations.location_id,
    coalesce(judged.extracted, 0) as extracted,
    coalesce(judged.rejected, 0) as rejected,
    coalesce(judged.extracted - judged.rejected - coalesce(planned.identities, 0), 0) as merged,
    coalesce(planned.unchanged, 0) as unchanged,
    coalesce(planned.held, 0) as held,
    coalesce(sent.deferred, 0) as deferred,
    coalesce(sent."create", 0) as "create",
    coalesce(sent."update", 0) as "update",
    coalesce(sent.requests, 0) as requests,
    coalesce(sent.deferred_create, 0) as deferred_create,
    coalesce(sent.deferred_update, 0) as deferred_update,
    coalesce(sent.deferred_requests, 0) as deferred_requests,
    coalesce(gone.gone, 0) as gone,
    coalesce(wanted.data_version, 'empty') as data_version
from locations
left join judged_rows as judged using (location_id)
left join planned using (location_id)
left join sent using (location_id)
left join gone using (location_id)
left join wanted using (location_id)
