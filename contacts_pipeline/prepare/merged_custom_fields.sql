-- Custom fields of the merged identities, each key by its own rule.
-- location_id, identity_key varchar, custom_fields map(varchar, varchar), choices struct(key
-- varchar, age bigint)[] (the row that a value survives from, where rows differ)
with entries as (
    select location_id, identity_key, age, unnest(map_entries(custom_fields)) as entry
    from merged_members
    where custom_fields is not null
),

ranked_entries as (
    select
        e.location_id,
        e.identity_key,
        e.age,
        e.entry.key as key,
        e.entry.value as value,
        case when e.age = s.age then 0 else e.age end as rank
    from entries as e
    left join survivors as s
        on s.location_id = e.location_id
        and s.identity_key = e.identity_key
        and s.field = 'customFields.' || e.entry.key
),

survived as (
    select
        location_id,
        identity_key,
        key,
        arg_min(value, rank) as value,
        arg_min(age, rank) as age,
        min(value) <> max(value) as was_chosen
    from ranked_entries
    group by location_id, identity_key, key
)

select
    location_id,
    identity_key,
    map_from_entries(list({'key': key, 'value': value} order by key)) as custom_fields,
    list({'key': key, 'age': age} order by key) filter (where was_chosen) as choices
from survived
group by location_id, identity_key
