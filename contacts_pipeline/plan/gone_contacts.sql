-- Contacts of the ledger of which no source row is left. They stay in the CRM as they are.
-- location_id, contact_id, source_keys (varchar[])
with missing as (
    select location_id, contact_id, known.source_keys
    from known_contacts as known
    anti join own_contacts using (location_id, contact_id)
    where not known.is_deleted and len(known.source_keys) > 0
),

present as (
    select distinct location_id, contact_id
    from (select location_id, contact_id, unnest(source_keys) as source_key from missing)
    join valid_contacts using (location_id, source_key)
)

select location_id, contact_id, source_keys
from missing
anti join present using (location_id, contact_id)
