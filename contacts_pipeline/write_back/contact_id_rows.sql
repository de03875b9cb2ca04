-- Which contact of the CRM a source row is, by all that the CRM has acknowledged.
-- The columns of contact_ids, without those of its place.
select
    unnest(source_keys::json::varchar[]) as source_key,
    contact_id,
    known_at at time zone 'UTC' as known_at
from known_contacts
order by source_key, contact_id
