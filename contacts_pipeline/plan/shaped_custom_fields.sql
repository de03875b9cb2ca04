-- Custom fields that are no plain text, as their types want them, and what was left out.
-- location_id, identity, custom_fields (struct(id, value)[], value is JSON text),
-- warnings (struct(code, field, detail)[])
with entries as (
    select location_id, identity, unnest(map_entries(custom_fields)) as entry
    from unique_contacts
    where location_id in (select location_id from custom_values)
)

select
    entries.location_id,
    entries.identity,
    list({'id': shaped.id, 'value': shaped.value}) filter (where shaped.value is not null)
        as custom_fields,
    flatten(list(shaped.warnings)) as warnings
from entries
join custom_values as shaped
    on shaped.location_id = entries.location_id
    and shaped.key = entries.entry.key
    and shaped.text = entries.entry.value
group by entries.location_id, entries.identity
