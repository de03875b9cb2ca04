-- Tidied rows, full names split where the settings say so and first and last name are empty.
-- The columns of tidied_contacts.
with split as (
    select
        t.*,
        case
            when r.names_split and first_name is null and last_name is null and name is not null
                then split_name(name)
        end as parts
    from tidied_contacts as t
    cross join rules as r
)

select
    * exclude (parts)
    replace (
        coalesce(first_name, parts.first) as first_name,
        coalesce(last_name, parts.last) as last_name,
        case when parts.first is null then name end as name
    )
from split
