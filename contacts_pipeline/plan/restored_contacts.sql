-- What a lost ledger said of the contacts that identities lead to: what the CRM lists of the fields
-- that we send. What it lists otherwise is as good as acknowledged, and shows as a difference.
-- location_id, contact_id, source_keys, email_hash, phone_hash, hashes (JSON: API field to hash),
-- row_hash (null where a field differs)
select
    decisions.location_id,
    decisions.contact_id,
    to_json(decisions.source_keys)::varchar as source_keys,
    listed.email_hash,
    listed.phone_hash,
    to_json(map_from_entries(list_transform(
        list_filter(fields.fields, lambda entry: known.hashes[entry.field] is not null),
        lambda entry: (entry.field, known.hashes[entry.field])
    )))::varchar as hashes,
    if(
        len(list_filter(
            fields.fields, lambda entry: known.hashes[entry.field] is distinct from entry.hash
        )) = 0,
        decisions.row_hash,
        null
    ) as row_hash
from decisions
join contact_fields as fields using (location_id, identity)
join known_fields as known
    on known.location_id = decisions.location_id
    and known.contact_id = decisions.contact_id
join listed_contacts as listed
    on listed.location_id = decisions.location_id
    and listed.contact_id = decisions.contact_id
where coalesce(decisions.hold, decisions.hold_of_changes) is null
    and not decisions.creates_another
