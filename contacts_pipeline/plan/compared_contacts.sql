-- The contacts that are to be compared field by field.
-- location_id, contact_id
select distinct location_id, contact_id
from decisions
where contact_id is not null and not is_acknowledged
