-- The contacts of each location's list, with the match values that they held when it was read.
-- location_id, contact_id, email_hash, phone_hash
select
    location_id,
    contact_id,
    keyed_hash('email', email) as email_hash,
    keyed_hash('phone', phone) as phone_hash
from crm_contacts
