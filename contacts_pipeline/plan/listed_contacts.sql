-- The contacts of each location's list, with the match values that they held when it was read.
-- Emails and phones are brought to the form in which prepare writes them, as far as that is
-- possible without knowing a country: a phone in national form is no evidence of a number.
-- location_id, contact_id, email_hash, phone_hash
select
    crm_contacts.location_id,
    contact_id,
    keyed_hash('email', lower(trim(email))) as email_hash,
    keyed_hash('phone', nullif(regexp_replace(phone, '[^+0-9]', '', 'g'), '')) as phone_hash
from crm_contacts
