-- Each way a row writes its tags, '' for none, and the tags that it means: a JSON list, or text
-- between commas or line ends, quoted where a comma is part of it, as other lists are written.
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
            else
                [
                    regexp_replace(text, '^(?:"(.*)"|''(.*)'')$', '\1\2', 's')
                    for text in regexp_extract_all(
                        regexp_replace(trim(tags_raw), '^(?:\[(.*)\]|\{(.*)\})$', '\1\2', 's'),
                        '\s*("[^"]*"|''[^'']*''|[^,\n]*?)\s*(?:[,\n]|$)',
                        1
                    )
                ]
        end as texts
    from written
),

tidied as (
    select
        tags_raw,
        [lower(present(tidy(text))) for text in texts if present(tidy(text)) is not null] as tags
    from split
)

select tags_raw, case when tags <> [] then list_sort(list_distinct(tags)) end as labels
from tidied
