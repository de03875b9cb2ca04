-- A hash of all that each identity says whose contact may hold it already.
-- location_id, identity, row_hash
select location_id, identity, row_hash
from said_rows
semi join own_contacts using (location_id, identity)
