-- The plan: one row an identity of the planned locations, in the order of sending.
-- location_id, position, identity, source_keys, action ('create' | 'update' | 'unchanged' | 'hold'),
-- hold (a code, null unless held), request ('upsert' | 'update', null if nothing is sent),
-- body (the exact JSON text, null if the contact itself needs no request),
-- add_tags (varchar[], null if no tags are added on their own), contact_id (the predicted one),
-- changed_fields, would_clear (API fields), warnings, email_hash, phone_hash (as sent),
-- hashes (JSON: API field to keyed hash, all that the contact then holds), row_hash,
-- unsettled_since (timestamp), unsettled_identities (varchar[])
with compared as (
    select
        decisions.*,
        claims.source_keys,
        claims.updated_at,
        fields.email,
        fields.phone,
        fields.tags,
        fields.fields,
        if(fields.email is null, null, claims.email_hash) as email_hash,
        if(fields.phone is null, null, claims.phone_hash) as phone_hash,
        keyed_hash('row', fields.fields::varchar) as row_hash,
        known.row_hash as known_row_hash,
        coalesce(from_json(known.hashes, '"MAP(VARCHAR, VARCHAR)"'), map {}) as known_hashes
    from decisions
    join claims using (location_id, identity)
    join contact_fields as fields using (location_id, identity)
    left join known_contacts as known
        on known.location_id = decisions.location_id
        and known.contact_id = decisions.contact_id
),

differing as (
    select
        *,
        case
            when row_hash = known_row_hash then []
            else list_transform(
                list_filter(fields, lambda entry: entry.hash is distinct from known_hashes[entry.field]),
                lambda entry: entry.field
            )
        end as changed_fields,
        list_filter(
            map_keys(known_hashes),
            lambda field: not list_contains(list_transform(fields, lambda entry: entry.field), field)
        ) as would_clear
    from compared
),

decided as (
    select
        *,
        case
            when hold is not null then 'hold'
            when contact_id is null then 'create'
            when len(changed_fields) = 0 and unsettled_since is null then 'unchanged'
            else 'update'
        end as action
    from differing
),

apportioned as (
    select
        decided.*,
        policy.tags = 'add'
            and not decided.proven_absent
            and list_contains(changed_fields, 'tags') as tags_on_their_own,
        policy.tags = 'add'
            and action = 'update'
            and unsettled_since is null
            and changed_fields = ['tags'] as tags_alone
    from decided
    cross join policy
),

bodies as (
    select
        *,
        list_filter(
            fields,
            lambda entry: (contact_id is null
                or list_contains(changed_fields, entry.field)
                or entry.field in ('email', 'phone'))
                and not (entry.field = 'tags' and (tags_on_their_own or not list_contains(changed_fields, 'tags')))
                and not (request = 'update' and entry.field in ('companyName', 'gender'))
        ) as sent
    from apportioned
)

select
    location_id,
    row_number() over (
        partition by location_id
        order by
            case action when 'create' then 1 when 'update' then 2 when 'hold' then 3 else 4 end,
            updated_at desc nulls last,
            identity
    ) as position,
    identity,
    source_keys,
    action,
    hold,
    if(action in ('create', 'update'), request, null) as request,
    case
        when action in ('create', 'update') and not tags_alone
            then '{' || array_to_string(
                if(request = 'upsert', ['"locationId":' || to_json(location_id)::varchar], [])
                || list_transform(sent, lambda entry: '"' || entry.field || '":' || entry.value),
                ','
            ) || '}'
    end as body,
    if(action in ('create', 'update') and tags_on_their_own, tags, null) as add_tags,
    contact_id,
    if(action = 'unchanged', [], changed_fields) as changed_fields,
    would_clear,
    coalesce(plan_warnings.warnings, []) as warnings,
    email_hash,
    phone_hash,
    if(
        action in ('create', 'update'),
        to_json(map_concat(
            known_hashes,
            map_from_entries(list_transform(fields, lambda entry: (entry.field, entry.hash)))
        ))::varchar,
        null
    ) as hashes,
    row_hash,
    unsettled_since,
    unsettled_identities
from bodies
left join plan_warnings using (location_id, identity)
