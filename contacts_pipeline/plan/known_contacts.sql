-- Every contact of the CRM that we know of, with the match values that it holds.
-- Newer evidence wins. Of a contact in both ledger and list: what the CRM acknowledged after the
-- list was read stands against the list, what the list shows later against the ledger. Of two
-- contacts with one value: the one that was seen with it last, unless the location allows
-- duplicates. A contact that a fresh list should show and does not is deleted, and holds nothing.
-- location_id, contact_id, source_keys (varchar[]), known_at (when we wrote to it last, or 1970),
-- email_hash, phone_hash (null where the location does not match on the field), row_hash,
-- is_deleted
with acknowledged as (
    select
        ledger.* replace (from_json(ledger.source_keys, '["VARCHAR"]') as source_keys),
        coalesce(locations.is_fresh and locations.listed_at > ledger.known_at, false)
            as would_be_listed
    from acknowledged_contacts as ledger
    join locations using (location_id)
),

seen as (
    select
        coalesce(ledger.location_id, listed.location_id) as location_id,
        coalesce(ledger.contact_id, listed.contact_id) as contact_id,
        coalesce(ledger.source_keys, []) as source_keys,
        coalesce(ledger.known_at, timestamp '1970-01-01') as known_at,
        ledger.row_hash,
        listed.contact_id is null and ledger.would_be_listed as is_deleted,
        ledger.contact_id is null or coalesce(listed.listed_at > ledger.known_at, false) as by_list,
        if(by_list, listed.email_hash, ledger.email_hash) as email_hash,
        if(by_list, listed.phone_hash, ledger.phone_hash) as phone_hash,
        coalesce(if(by_list, listed.listed_at, ledger.known_at), timestamp '1970-01-01') as seen_at
    from acknowledged as ledger
    full join listed_contacts as listed using (location_id, contact_id)
),

holding as (
    select
        seen.* replace (
            if(locations.matches_email and not is_deleted, email_hash, null) as email_hash,
            if(locations.matches_phone and not is_deleted, phone_hash, null) as phone_hash
        ),
        locations.allows_duplicates
    from seen
    join locations using (location_id)
),

emails_seen_twice as (
    select location_id, email_hash, max(seen_at) as last_seen_at
    from holding
    where email_hash is not null and not allows_duplicates
    group by location_id, email_hash
    having count(*) > 1
),

phones_seen_twice as (
    select location_id, phone_hash, max(seen_at) as last_seen_at
    from holding
    where phone_hash is not null and not allows_duplicates
    group by location_id, phone_hash
    having count(*) > 1
)

select
    location_id,
    contact_id,
    source_keys,
    known_at,
    if(seen_at < emails.last_seen_at, null, email_hash) as email_hash,
    if(seen_at < phones.last_seen_at, null, phone_hash) as phone_hash,
    row_hash,
    is_deleted
from holding
left join emails_seen_twice as emails using (location_id, email_hash)
left join phones_seen_twice as phones using (location_id, phone_hash)
