-- Where another rule than newest decides: the row of a merged identity whose value survives.
-- location_id, identity_key, field varchar (a field or group by its API name, or
-- customFields.<key>), age bigint (of the row)
with written as (
    select
        identity,
        age,
        origin_rank,
        unnest(list_concat(
            [
                {'field': 'name', 'value': name_text},
                {'field': 'address', 'value': address_text},
                {'field': 'email', 'value': email},
                {'field': 'phone', 'value': phone},
                {'field': 'website', 'value': website},
                {'field': 'timezone', 'value': timezone},
                {'field': 'source', 'value': source},
                {'field': 'dateOfBirth', 'value': date_of_birth},
                {'field': 'companyName', 'value': company_name},
                {'field': 'assignedTo', 'value': assigned_to},
                {'field': 'gender', 'value': gender}
            ],
            [
                {'field': 'customFields.' || entry.key, 'value': entry.value}
                for entry in coalesce(map_entries(custom_fields), [])
            ]
        )) as entry
    from merged_members
    where (select count(*) from other_rules) > 0
),

-- Of rows with the same value the best one stands for all.
values_of_fields as (
    select
        w.identity,
        o.field,
        o.rule,
        count(*) as frequency,
        min(case
            when o.rule = 'longest' then ranked(-length(w.entry.value), w.age)
            when o.rule = 'source_priority' then ranked(w.origin_rank, w.age)
            else w.age
        end) as standing,
        w.entry.value as value
    from written as w
    inner join other_rules as o on o.field = w.entry.field
    where w.entry.value is not null
    group by w.identity, o.field, o.rule, value
),

best as (
    select
        identity,
        field,
        min(case when rule = 'most_frequent' then ranked(-frequency, standing) else standing end)
            as standing
    from values_of_fields
    group by identity, field
)

select identity, field, (standing % 1000000000 + 1000000000) % 1000000000 as age
from best
