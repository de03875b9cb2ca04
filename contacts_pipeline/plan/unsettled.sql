-- Requests that may or may not have been applied, and the contact that each is about: the one
-- that was predicted, else the one with its email, else the one with its phone. A create that
-- nothing shows has no id yet, and its contact goes by '?' and its identity.
-- location_id, identity, contact_id, source_keys (varchar[]), intended_at, changes,
-- email_hash, phone_hash (null where the location does not match on the field),
-- is_shown (a list that was read later shows what became of it)
with requests as (
    select
        unsettled_requests.location_id,
        identity,
        predicted_contact_id,
        from_json(source_keys, '["VARCHAR"]') as source_keys,
        intended_at,
        if(locations.matches_email, email_hash, null) as email_hash,
        if(locations.matches_phone, phone_hash, null) as phone_hash,
        changes,
        is_shown(locations.listed_at, locations.listed_changes, intended_at, changes) as is_shown
    from unsettled_requests
    join locations using (location_id)
),

email_holders as (
    select location_id, email_hash, min(contact_id) as contact_id
    from known_contacts
    semi join requests using (location_id, email_hash)
    group by location_id, email_hash
),

phone_holders as (
    select location_id, phone_hash, min(contact_id) as contact_id
    from known_contacts
    semi join requests using (location_id, phone_hash)
    group by location_id, phone_hash
)

select
    location_id,
    identity,
    coalesce(
        predicted_contact_id, email_holders.contact_id, phone_holders.contact_id, '?' || identity
    ) as contact_id,
    source_keys,
    intended_at,
    changes,
    email_hash,
    phone_hash,
    is_shown
from requests
left join email_holders using (location_id, email_hash)
left join phone_holders using (location_id, phone_hash)
