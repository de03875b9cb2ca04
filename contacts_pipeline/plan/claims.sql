-- One row an identity: the match values that it claims, hashed as the ledger hashes them.
-- location_id, identity, source_keys, updated_at, hold,
-- email_hash, phone_hash (null where the location's duplicate rule does not look at the field)
select
    unique_contacts.location_id,
    identity,
    source_keys,
    updated_at,
    hold,
    if(locations.matches_email, keyed_hash('email', email), null) as email_hash,
    if(locations.matches_phone, keyed_hash('phone', phone), null) as phone_hash
from unique_contacts
join locations using (location_id)
