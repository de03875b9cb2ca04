-- How many source rows each location has, and how many of them can't be sent.
-- location_id, extracted, rejected
select location_id, count(*) as extracted, count(rejection) as rejected
from valid_contacts
group by location_id
