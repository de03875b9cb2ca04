-- Phones that decide an identity, and the emails that rows with them carry.
-- location_id, phone, first_email, last_email varchar (null: no email; different: several)
with sendable as (
    select v.location_id, v.phone, v.email, l.match_email
    from valid_contacts as v
    inner join matching_locations as l on l.location_id = v.location_id and l.match_phone
    where v.rejection is null and v.phone is not null
),

-- A row leans on its phone if it has no email, or if its location doesn't look at emails.
leaning as (
    select distinct location_id, phone
    from sendable
    where email is null or not match_email
)

select
    s.location_id,
    s.phone,
    min(s.email) as first_email,
    max(s.email) as last_email
from sendable as s
semi join leaning as n on n.location_id = s.location_id and n.phone = s.phone
group by s.location_id, s.phone
