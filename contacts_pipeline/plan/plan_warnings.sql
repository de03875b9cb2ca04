-- What a reader of the plan should know of an identity beyond what is sent.
-- location_id, identity, warnings (struct(code, field, detail)[])
with withheld as (
    select location_id, identity, code, field, holder as detail
    from withheld_values
),

custom_keys as (
    select location_id, identity, unnest(map_keys(custom_fields)) as key
    from unique_contacts
    where cardinality(custom_fields) > 0
),

unknown_custom_fields as (
    select
        custom_keys.location_id,
        identity,
        'custom_field_unknown' as code,
        'customFields' as field,
        key as detail
    from custom_keys
    join locations using (location_id)
    where locations.custom_fields[key] is null
        and (custom_keys.location_id, key) not in (select (location_id, key) from typed_custom_fields)
),

misfits as (
    select location_id, identity, unnest(warnings, recursive := true)
    from shaped_custom_fields
),

crm_edits as (
    select location_id, identity, 'crm_edited' as code, unnest(map_keys(edited.hashes)) as field,
        contact_id as detail
    from own_contacts
    join edited_fields as edited using (location_id, contact_id)
)

select
    location_id,
    identity,
    list({'code': code, 'field': field, 'detail': detail} order by code, field, detail) as warnings
from (
    from withheld
    union all by name from unknown_custom_fields
    union all by name from misfits
    union all by name from crm_edits
)
group by location_id, identity
