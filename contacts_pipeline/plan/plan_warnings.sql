-- What a reader of the plan should know of an identity beyond what is sent.
-- location_id, identity, warnings (struct(code, field, detail)[])
with withheld as (
    select
        location_id,
        identity,
        list({'code': code, 'field': field, 'detail': holder}) as warnings
    from withheld_values
    group by location_id, identity
),

known_keys as (
    select
        locations.location_id,
        map_keys(any_value(locations.custom_fields)) || list(typed.key) as keys
    from locations
    left join typed_custom_fields as typed using (location_id)
    group by locations.location_id
),

unknown_custom_fields as (
    select
        location_id,
        identity,
        list_transform(
            list_filter(map_keys(custom_fields), lambda key: not list_contains(keys, key)),
            lambda key: {'code': 'custom_field_unknown', 'field': 'customFields', 'detail': key}
        ) as warnings
    from unique_contacts
    join known_keys using (location_id)
    where cardinality(custom_fields) > 0
),

misfits as (
    select location_id, identity, warnings
    from shaped_custom_fields
),

crm_edits as (
    select
        location_id,
        identity,
        list_transform(
            map_keys(edited.hashes),
            lambda field: {'code': 'crm_edited', 'field': field, 'detail': contact_id}
        ) as warnings
    from own_contacts
    join edited_fields as edited using (location_id, contact_id)
)

select location_id, identity, list_sort(flatten(list(warnings))) as warnings
from (
    from withheld
    union all by name from unknown_custom_fields
    union all by name from misfits
    union all by name from crm_edits
)
where len(warnings) > 0
group by location_id, identity
