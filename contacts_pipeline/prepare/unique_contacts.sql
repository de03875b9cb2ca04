-- One row an identity and location.
-- location_id, identity varchar (its smallest source key), source_keys varchar[], updated_at
-- timestamp, the fields of a contact as survived, hold varchar ('ambiguous_match' or null),
-- reasons struct(source_key, code, field, detail varchar)[].
from single_contacts
union all by name
from merged_contacts
order by location_id, identity
