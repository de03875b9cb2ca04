-- Pairs of email and phone that one row carries, where a location matches on both.
-- location_id, email, phone varchar
select distinct v.location_id, v.email, v.phone
from valid_contacts as v
inner join matching_locations as l
    on l.location_id = v.location_id and l.match_email and l.match_phone
where v.rejection is null and v.email is not null and v.phone is not null
