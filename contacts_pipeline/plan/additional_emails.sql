-- Emails that a contact holds beside its primary one. An upsert finds it by them as well, and makes
-- the one that it was sent primary: the primary one is lost.
-- location_id, contact_id, email_hash (only where the location matches on email)
with listed as (
    select location_id, contact_id, unnest(additional_emails) as email
    from crm_contacts
    semi join (from locations where matches_email) using (location_id)
    where len(additional_emails) > 0
),

hashed as (
    select distinct location_id, contact_id, keyed_hash('email', lower(trim(email))) as email_hash
    from listed
)

select location_id, contact_id, hashed.email_hash
from hashed
join known_contacts as known using (location_id, contact_id)
where not known.is_deleted and known.email_hash is distinct from hashed.email_hash
