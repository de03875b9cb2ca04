-- One row an identity: the match values that it claims, hashed as the ledger hashes them.
-- location_id, identity, source_keys, updated_at, hold, email_hash, phone_hash,
-- matches_email, matches_phone (whether the location's duplicate rule looks at the field)
select
    unique_contacts.location_id,
    identity,
    source_keys,
    updated_at,
    hold,
    keyed_hash('email', email) as email_hash,
    keyed_hash('phone', phone) as phone_hash,
    contains(locations.match, 'email') as matches_email,
    contains(locations.match, 'phone') as matches_phone
from unique_contacts
join locations using (location_id)
