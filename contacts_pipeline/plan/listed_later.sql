-- The contacts of which a list may show that people have edited them since our last push.
-- location_id, contact_id
select ledger.location_id, ledger.contact_id
from acknowledged_contacts as ledger
join locations using (location_id)
semi join crm_contacts using (location_id, contact_id)
where is_shown(locations.listed_at, locations.listed_changes, ledger.known_at, ledger.changes)
