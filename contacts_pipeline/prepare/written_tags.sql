-- Each way a row writes its tags, '' for none, and the tags that it means.
-- tags_raw varchar, labels varchar[] (lower-cased, sorted, each once; null for none)
with written as (
    select distinct coalesce(tags, '') as tags_raw
    from warehouse_contacts
),

split as (
    select
        tags_raw,
        case
            when starts_with(ltrim(tags_raw), '[') and json_valid(tags_raw)
                then from_json(tags_raw, '["varchar"]')
            else string_split(tags_raw, ',')
        end as texts
    from written
),

tidied as (
    select tags_raw, [lower(tidy(text)) for text in texts if tidy(text) is not null] as tags
    from split
)

select tags_raw, case when tags <> [] then list_sort(list_distinct(tags)) end as labels
from tidied
