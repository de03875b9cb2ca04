-- Each location that a row names, '' for none, and what the registry says of it.
-- location_raw varchar, location_known, enabled, match_email, match_phone boolean, match, region,
-- international_prefix, home_scope varchar
with written as (
    select distinct coalesce(location_id, '') as location_raw
    from warehouse_contacts
)

select
    w.location_raw,
    l.location_id is not null as location_known,
    coalesce(l.enabled, false) as enabled,
    coalesce(l.match_email, true) as match_email,
    coalesce(l.match_phone, true) as match_phone,
    coalesce(l.match, 'email,phone') as match,
    l.region,
    r.international_prefix,
    r.region as home_scope
from written as w
left join resolved_locations as l on l.location_id = w.location_raw and w.location_raw <> ''
left join phone_regions as r on r.region = l.region
