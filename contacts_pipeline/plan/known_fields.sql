-- What the contacts hold that a request may go to, field by field: as the CRM has acknowledged it,
-- else as it lists it. What people edit in the CRM stays until the warehouse changes it.
-- location_id, contact_id, hashes (map of API field to keyed hash)
with acknowledged as (
    select location_id, contact_id, from_json(hashes, '"MAP(VARCHAR, VARCHAR)"') as hashes
    from acknowledged_fields
    semi join compared_contacts using (location_id, contact_id)
)

from acknowledged
union all
select
    location_id,
    contact_id,
    map_from_entries(list_transform(
        fields, lambda entry: (entry.field, keyed_hash(entry.field, entry.value))
    )) as hashes
from listed_fields
semi join compared_contacts using (location_id, contact_id)
anti join acknowledged using (location_id, contact_id)
