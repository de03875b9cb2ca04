-- The plan: one row an identity of the planned locations.
-- location_id, identity, source_keys, updated_at,
-- action ('create' | 'update' | 'unchanged' | 'hold'; on disk also 'gone', by gone_contacts), hold (a code, null unless held),
-- request ('upsert' | 'update', null if nothing is sent),
-- body (the exact JSON text, null if the contact itself needs no request),
-- add_tags (varchar[], null if no tags are added on their own), contact_id (the predicted one),
-- changed_fields, would_clear (API fields), warnings,
-- email_hash, phone_hash (of the match values sent, or held where only tags are added),
-- hashes (JSON: API field to keyed hash, what the contact then holds beyond the body's fields),
-- row_hash (null where the contact will hold something else as well, or not yet all),
-- unsettled_since (timestamp), unsettled_identities (varchar[])
with compared as (
    select
        decisions.* exclude (row_hash),
        is_acknowledged
            or coalesce(len(changes.changed_fields) = 0 and unsettled_since is null, false)
            as is_unchanged,
        decisions.contact_id is null or (creates_another and not is_unchanged) as is_new,
        if(is_new, new_contacts.changed_fields, changes.changed_fields) as changed_fields,
        if(is_new, null, changes.would_clear) as would_clear,
        if(is_new, new_contacts.add_tags, changes.tags) as tags,
        if(is_new, new_contacts.hashes, to_json(changes.hashes)::varchar) as hashes,
        if(is_new or changes.is_all, decisions.row_hash, null) as row_hash,
        changes.sent,
        changes.conflicts,
        new_contacts.body as new_body,
        known.email_hash as known_email_hash,
        known.phone_hash as known_phone_hash
    from decisions
    left join field_changes as changes using (location_id, identity)
    left join new_contacts using (location_id, identity)
    left join known_contacts as known
        on known.location_id = decisions.location_id
        and known.contact_id = decisions.contact_id
),

decided as (
    select
        compared.* replace (if(is_new, null, contact_id) as contact_id),
        coalesce(
            hold,
            if(is_unchanged, null, hold_of_changes),
            if(not is_new and len(conflicts) > 0, 'crm_edited', null)
        ) as reason,
        case
            when reason is not null then 'hold'
            when is_new then 'create'
            when is_unchanged then 'unchanged'
            else 'update'
        end as action
    from compared
),

apportioned as (
    select
        decided.*,
        action in ('create', 'update') as is_sent,
        is_sent
            and action = 'update'
            and policy.tags = 'add'
            and list_contains(changed_fields, 'tags') as adds_tags,
        adds_tags
            and unsettled_since is null
            and changed_fields = ['tags'] as adds_tags_alone
    from decided
    cross join policy
)

select
    location_id,
    identity,
    source_keys,
    updated_at,
    action,
    reason as hold,
    if(is_sent, request, null) as request,
    case
        when action = 'create' then new_body
        when action = 'update' and not adds_tags_alone
            then '{' || array_to_string(
                if(request = 'upsert', ['"locationId":' || to_json(location_id)::varchar], [])
                || list_transform(
                    list_filter(sent, lambda entry: not (adds_tags and entry.field = 'tags')),
                    lambda entry: '"' || entry.field || '":' || entry.value
                ),
                ','
            ) || '}'
    end as body,
    case when action = 'create' or adds_tags then tags end as add_tags,
    contact_id,
    if(action = 'unchanged', [], coalesce(changed_fields, [])) as changed_fields,
    coalesce(would_clear, []) as would_clear,
    coalesce(plan_warnings.warnings, []) as warnings,
    if(adds_tags_alone, known_email_hash, email_hash) as email_hash,
    if(adds_tags_alone, known_phone_hash, phone_hash) as phone_hash,
    if(is_sent, hashes, null) as hashes,
    row_hash,
    unsettled_since,
    unsettled_identities
from apportioned
left join plan_warnings using (location_id, identity)
