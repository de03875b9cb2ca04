-- The contacts of which a list may show that people have edited them since our last push.
-- location_id, contact_id
select location_id, contact_id
from acknowledged_contacts as ledger
join locations using (location_id)
semi join crm_contacts using (location_id, contact_id)
where locations.listed_at > ledger.known_at
