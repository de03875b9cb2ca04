-- Who holds what in the CRM, as far as we know: every match value and source key of a contact.
-- An unsettled request counts as applied and as not applied, so its values are held as well.
-- A create of unknown fate has no contact id yet and goes by '?' and its identity.
-- location_id, contact_id, kind ('email' | 'phone' | 'key'), value (keyed hash, or the source key)
with unsettled_contacts as (
    select
        unsettled.location_id,
        coalesce(
            unsettled.predicted_contact_id,
            min(known.contact_id),
            '?' || unsettled.identity
        ) as contact_id,
        unsettled.source_keys,
        unsettled.email_hash,
        unsettled.phone_hash,
        unsettled.intended_at as known_at
    from unsettled
    left join known_contacts as known
        on known.location_id = unsettled.location_id
        and case
            when unsettled.email_hash is not null then known.email_hash = unsettled.email_hash
            else known.phone_hash = unsettled.phone_hash
        end
    group by
        unsettled.location_id,
        unsettled.identity,
        unsettled.predicted_contact_id,
        unsettled.source_keys,
        unsettled.email_hash,
        unsettled.phone_hash,
        unsettled.intended_at
),

contacts as (
    select location_id, contact_id, source_keys, email_hash, phone_hash, known_at
    from known_contacts
    union all
    select location_id, contact_id, source_keys, email_hash, phone_hash, known_at
    from unsettled_contacts
),

newest_contact_of_key as (
    select location_id, source_key, arg_max(contact_id, (known_at, contact_id)) as contact_id
    from (select location_id, contact_id, known_at, unnest(source_keys) as source_key from contacts)
    group by location_id, source_key
)

select distinct location_id, contact_id, 'email' as kind, email_hash as value
from contacts
where email_hash is not null
union all
select distinct location_id, contact_id, 'phone' as kind, phone_hash as value
from contacts
where phone_hash is not null
union all
select location_id, contact_id, 'key' as kind, source_key as value
from newest_contact_of_key
