-- Each way a row writes its timezone, '' for none, and the IANA name that it means.
-- timezone_raw, zone varchar
with texts as (
    select distinct timezone
    from warehouse_contacts
),

written as (
    select distinct coalesce(present(tidy(timezone)), '') as timezone_raw
    from texts
)

select w.timezone_raw, n.zone
from written as w
left join timezone_names as n on n.name = lower(w.timezone_raw)
