-- Rows that share their identity with others, newest first.
-- The columns of keyed_contacts and: age bigint (1 is the newest; ties to the smallest key),
-- name_age, address_age bigint (null where the row has no name, no address)
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
        as address_age
from aged
