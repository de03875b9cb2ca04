-- Every contact of the CRM that we know of, with the match values that it holds.
-- Newer evidence wins. Of a contact in both ledger and list: what the CRM acknowledged after the
-- list was read stands against the list, what the list shows later against the ledger. Of two
-- contacts with one value: the one that was seen with it last, unless the location allows
-- duplicates. A contact that a fresh list should show and does not is deleted, and holds nothing.
-- location_id, contact_id, source_keys (varchar[]), known_at, changes (when we wrote to it last;
-- 1970 and 0 if never), email_hash, phone_hash (null where the location does not match on the
-- field), row_hash, is_deleted
with acknowledged as (
    select
        ledger.* replace (from_json(ledger.source_keys, '["VARCHAR"]') as source_keys),
        is_shown(locations.listed_at, locations.listed_changes, ledger.known_at, ledger.changes)
            as is_older,
        locations.is_fresh and is_older as would_be_listed
    from acknowledged_contacts as ledger
    join locations using (location_id)
),

seen as (
    select
        coalesce(ledger.location_id, listed.location_id) as location_id,
        coalesce(ledger.contact_id, listed.contact_id) as contact_id,
        coalesce(ledger.source_keys, []) as source_keys,
        coalesce(ledger.known_at, timestamp '1970-01-01') as known_at,
        coalesce(ledger.changes, 0) as changes,
        ledger.row_hash,
        listed.contact_id is null and ledger.would_be_listed as is_deleted,
        ledger.contact_id is null or (listed.contact_id is not null and ledger.is_older)
            as by_list,
        if(by_list, listed.email_hash, ledger.email_hash) as email_hash,
        if(by_list, listed.phone_hash, ledger.phone_hash) as phone_hash,
        {
            'place': case when by_list then 1 when ledger.is_older then 0 else 2 end,
            'changes': if(by_list, null, ledger.changes),
            'at': if(by_list, null, ledger.known_at)
        } as seen
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
    select location_id, email_hash, max(seen) as last_seen
    from holding
    semi join (
        select location_id, email_hash
        from holding
        where email_hash is not null and not allows_duplicates
        group by location_id, email_hash
        having count(*) > 1
    ) using (location_id, email_hash)
    group by location_id, email_hash
),

phones_seen_twice as (
    select location_id, phone_hash, max(seen) as last_seen
    from holding
    semi join (
        select location_id, phone_hash
        from holding
        where phone_hash is not null and not allows_duplicates
        group by location_id, phone_hash
        having count(*) > 1
    ) using (location_id, phone_hash)
    group by location_id, phone_hash
)

select
    location_id,
    contact_id,
    source_keys,
    known_at,
    changes,
    if(seen < emails.last_seen, null, email_hash) as email_hash,
    if(seen < phones.last_seen, null, phone_hash) as phone_hash,
    row_hash,
    is_deleted
from holding
left join emails_seen_twice as emails using (location_id, email_hash)
left join phones_seen_twice as phones using (location_id, phone_hash)
