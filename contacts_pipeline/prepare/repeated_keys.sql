-- Source keys that more than one row has, over the whole source.
-- source_key varchar
with candidates as (
    -- Counting hashes is cheaper than counting texts; what it finds is then counted as text.
    select hash(source_key) as key_hash
    from warehouse_contacts
    group by key_hash
    having count(*) > 1
)

select source_key
from warehouse_contacts
where hash(source_key) in (select key_hash from candidates)
group by source_key
having count(*) > 1
