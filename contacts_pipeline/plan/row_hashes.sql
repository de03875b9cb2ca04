-- A hash of all that each identity says, by which the CRM's answer to it is known again.
-- location_id, identity, row_hash
select location_id, identity, row_hash
from settled_contacts
union all
select location_id, identity, row_hash
from said_rows
