-- Identities that say what they said when the CRM acknowledged all of it, and of whose contact
-- nothing else is known: they need not be spelled out. Found by the hashes of an earlier plan.
-- location_id, identity, row_hash (of all that the identity says)
with withheld as (
    select location_id, identity, list_sort(list(field)) as fields
    from withheld_values
    group by location_id, identity
),

same as (
    select claims.location_id, claims.identity, remembered.row_hash, own.contact_id
    from claims
    join remembered_hashes as remembered using (location_id, identity, content)
    join own_contacts as own using (location_id, identity)
    left join withheld using (location_id, identity)
    where coalesce(withheld.fields, []) = remembered.withheld
)

select same.location_id, same.identity, same.row_hash
from same
join known_contacts as known using (location_id, contact_id, row_hash)
anti join unsettled using (location_id, contact_id)
anti join edited_fields using (location_id, contact_id)
