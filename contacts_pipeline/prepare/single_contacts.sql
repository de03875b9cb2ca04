-- Identities of one row: nothing to choose, nothing to explain.
-- The columns of unique_contacts.
select
    location_id,
    source_key as identity,
    [source_key] as source_keys,
    updated_at,
    columns(* exclude (location_id, source_key, updated_at, origin, identity_key, joined_by, hold)),
    hold,
    []::struct(source_key varchar, code varchar, field varchar, detail varchar)[] as reasons
from keyed_contacts
anti join identity_members as m on m.source_key = keyed_contacts.source_key
