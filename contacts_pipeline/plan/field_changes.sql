-- What a request to each contact that may have changed would send, and leave the contact with.
-- While an earlier request is unsettled nobody knows what the contact holds: all is sent again.
-- location_id, identity, tags, changed_fields, would_clear (API fields),
-- sent (struct(field, value, hash)[] in the order of the body, tags left out if unchanged),
-- hashes (map of API field to keyed hash: what the contact holds after the request),
-- conflicts (fields that warehouse and people have both changed since the last push, and that hold
-- the contact then),
-- is_all (whether it then holds all that the identity says, and nothing else that we sent)
with compared as (
    select
        fields.*,
        decisions.contact_id,
        decisions.request,
        locations.matches_email,
        locations.matches_phone,
        coalesce(known.hashes, map {}) as known_hashes,
        coalesce(edited.hashes, map {}) as edited_hashes,
        coalesce(edited.holding, []) as holding,
        list_transform(
            list_filter(
                fields,
                lambda entry: decisions.unsettled_since is not null
                    or entry.hash is distinct from coalesce(
                        edited.put_back[entry.field], known.hashes[entry.field]
                    )
            ),
            lambda entry: entry.field
        ) as changed_fields
    from contact_fields as fields
    join decisions using (location_id, identity)
    join locations using (location_id)
    left join known_fields as known
        on known.location_id = decisions.location_id
        and known.contact_id = decisions.contact_id
    left join edited_fields as edited
        on edited.location_id = decisions.location_id
        and edited.contact_id = decisions.contact_id
),

-- An update by id takes neither of the two: they wait for an upsert.
sendable as (
    select
        *,
        list_filter(
            fields,
            lambda entry: request = 'upsert' or entry.field not in ('companyName', 'gender')
        ) as sendable_fields,
        list_filter(
            map_keys(known_hashes),
            lambda field: not starts_with(field, 'customFields.')
                and not list_contains(list_transform(fields, lambda entry: entry.field), field)
        ) as would_clear,
        list_filter(
            list_transform(fields, lambda entry: entry.field),
            lambda field: (field = 'email' and matches_email) or (field = 'phone' and matches_phone)
        ) as match_fields,
        list_filter(
            match_fields,
            lambda field: edited_hashes[field] is not null
                and not list_contains(changed_fields, field)
        ) as edited_match_fields
    from compared
),

-- By what people have edited the contact is not found; it stays theirs if something else finds it.
addressed as (
    select
        *,
        if(
            request = 'update' or len(edited_match_fields) < len(match_fields),
            edited_match_fields,
            []
        ) as left_to_them
    from sendable
)

select
    location_id,
    identity,
    tags,
    changed_fields,
    would_clear,
    list_transform(
        list_filter(
            fields,
            lambda entry: list_contains(changed_fields, entry.field)
                and list_contains(holding, entry.field)
                and entry.hash <> edited_hashes[entry.field]
        ),
        lambda entry: entry.field
    ) as conflicts,
    list_filter(
        sendable_fields,
        lambda entry: list_contains(changed_fields, entry.field)
            or (
                list_contains(match_fields, entry.field)
                and not list_contains(left_to_them, entry.field)
            )
    ) as sent,
    map_concat(
        known_hashes,
        map_from_entries(list_transform(
            sendable_fields, lambda entry: (entry.field, entry.hash)
        ))
    ) as hashes,
    len(would_clear) = 0 and len(sendable_fields) = len(fields) as is_all
from addressed
