-- Which fields a location matches contacts on.
-- location_id varchar, match_email, match_phone boolean
select
    location_id,
    contains(match, 'email') as match_email,
    contains(match, 'phone') as match_phone
from crm_locations
