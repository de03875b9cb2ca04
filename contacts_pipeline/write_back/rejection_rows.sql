-- A row a source row or field of the location that could not be used.
-- The columns of rejections, without those of its place.
with judged as (
    select source_key, rejection, warnings
    from valid_contacts
    where location_id = (select location_id from push)
),

rejected as (
    select source_key, rejection.code, rejection.field, rejection.raw, true as whole_row
    from judged
    where rejection is not null
),

warned as (
    select source_key, unnest(warnings, recursive := true), false as whole_row
    from judged
)

select source_key, code, field, masked(raw) as masked_value, whole_row
from (
    from rejected
    union all by name
    from warned
)
where source_key is not null
order by source_key, field, code
