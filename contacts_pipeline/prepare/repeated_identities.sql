-- Hashes of the identity keys that more than one row has, and by chance of a few others.
-- key_hash ubigint
select hash(location_id, identity_key) as key_hash
from keyed_contacts
group by key_hash
having count(*) > 1
