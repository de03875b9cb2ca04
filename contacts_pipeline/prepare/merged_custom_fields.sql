-- Custom fields of the merged identities: of each key the newest value.
-- location_id, identity_key varchar, custom_fields map(varchar, varchar)
with entries as (
    select location_id, identity_key, age, unnest(map_entries(custom_fields)) as entry
    from merged_members
    where custom_fields is not null
),

newest as (
    select location_id, identity_key, entry.key as key, arg_min(entry.value, age) as value
    from entries
    group by location_id, identity_key, entry.key
)

select
    location_id,
    identity_key,
    map_from_entries(list({'key': key, 'value': value} order by key)) as custom_fields
from newest
group by location_id, identity_key
