-- Custom fields of the merged identities, each key by its own rule.
-- identity varchar, custom_fields map(varchar, varchar), choices struct(key
-- varchar, age bigint)[] (the row that a value survives from, where rows differ)
with entries as (
    select identity, age, unnest(map_entries(custom_fields)) as entry
    from merged_members
    where custom_fields is not null
),

ranked_entries as (
    select
        e.identity,
        e.age,
        e.entry.key as key,
        e.entry.value as value,
        case when e.age = s.age then 0 else e.age end as rank
    from entries as e
    left join survivors as s
        on s.identity = e.identity
        and s.field = 'customFields.' || e.entry.key
),

survived as (
    select
        identity,
        key,
        arg_min(value, rank) as value,
        arg_min(age, rank) as age,
        min(value) <> max(value) as was_chosen
    from ranked_entries
    group by identity, key
)

select
    identity,
    map_from_entries(list({'key': key, 'value': value} order by key)) as custom_fields,
    list({'key': key, 'age': age} order by key) filter (where was_chosen) as choices
from survived
group by identity
