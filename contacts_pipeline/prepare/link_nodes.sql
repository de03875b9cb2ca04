-- The ends of the links, numbered from 0; only used within one run, so any numbering will do.
-- location_id, email, phone varchar (one of the two), node bigint
with ends as (
    select distinct location_id, email, null::varchar as phone from contact_links
    union all
    select distinct location_id, null, phone from contact_links
)

select location_id, email, phone, row_number() over () - 1 as node
from ends
