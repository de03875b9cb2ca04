-- Rows that share their identity with others: found by their keys alone, as most rows share none.
-- source_key varchar, identity varchar (the smallest source key of its rows), age bigint (1 is the
-- newest; ties to the smallest key)
with keyed as (
    select
        source_key,
        location_id,
        identity_key,
        updated_at,
        hash(location_id, identity_key) as key_hash
    from keyed_contacts
)

select
    source_key,
    min(source_key) over same_identity as identity,
    row_number() over (same_identity order by updated_at desc nulls last, source_key) as age
from keyed
where key_hash in (select key_hash from repeated_identities)
window same_identity as (partition by key_hash, location_id, identity_key)
qualify count(*) over same_identity > 1
