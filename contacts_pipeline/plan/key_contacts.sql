-- The contact that is recorded for each source key: the one that was written for it last.
-- location_id, source_key, contact_id, is_deleted
with records as (
    select
        location_id,
        contact_id,
        is_deleted,
        changes,
        known_at,
        unnest(source_keys) as source_key
    from known_contacts
    union all
    select
        location_id,
        contact_id,
        false as is_deleted,
        changes,
        intended_at,
        unnest(source_keys)
    from unsettled
    where not is_shown
),

newest as (
    select
        location_id,
        source_key,
        arg_max(
            {'contact_id': contact_id, 'is_deleted': is_deleted},
            {'changes': changes, 'known_at': known_at, 'contact_id': contact_id}
        ) as record
    from records
    group by location_id, source_key
)

select location_id, source_key, record.contact_id, record.is_deleted
from newest
