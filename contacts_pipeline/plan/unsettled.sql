-- Requests that may or may not have been applied.
-- location_id, identity, source_keys (varchar[]), predicted_contact_id, email_hash, phone_hash,
-- intended_at
select * replace (from_json(source_keys, '["VARCHAR"]') as source_keys)
from unsettled_requests
