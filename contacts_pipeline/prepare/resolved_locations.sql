-- The registry as this room needs it.
-- location_id varchar, enabled boolean, region varchar (alpha-2), match varchar,
-- match_email boolean, match_phone boolean
select
    l.location_id,
    l.enabled,
    c.country as region,
    l.match,
    contains(l.match, 'email') as match_email,
    contains(l.match, 'phone') as match_phone
from crm_locations as l
left join resolved_countries as c on c.country_raw = l.country
