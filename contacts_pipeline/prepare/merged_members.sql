-- Rows that share their identity with others, newest first.
-- The columns of keyed_contacts and: age bigint (1 is the newest; ties to the smallest key),
-- name_age, address_age bigint, name_text, address_text varchar (null where the row has none)
with aged as (
    select
        *,
        row_number() over (
            partition by location_id, identity_key
            order by updated_at desc nulls last, source_key
        ) as age
    from keyed_contacts
    where hash(location_id, identity_key) in (select key_hash from repeated_identities)
)

select
    *,
    case when coalesce(first_name, last_name, name) is not null then age end as name_age,
    case when coalesce(address1, city, state, postal_code, country) is not null then age end
        as address_age,
    -- One text for what survives together: whether rows differ is asked of it.
    case
        when coalesce(first_name, last_name, name) is not null
            then concat_ws(chr(31), coalesce(first_name, ''), coalesce(last_name, ''), coalesce(name, ''))
    end as name_text,
    case
        when coalesce(address1, city, state, postal_code, country) is not null
            then
                concat_ws(
                    chr(31), coalesce(address1, ''), coalesce(city, ''), coalesce(state, ''),
                    coalesce(postal_code, ''), coalesce(country, '')
                )
    end as address_text
from aged
