-- Rows that can be sent, keyed by what a chain of shared emails and phones connects.
-- The columns of keyed_by_value.
with sendable as (
    select v.*, l.match_email, l.match_phone, coalesce(e.label, p.label) as label
    from valid_contacts as v
    inner join matching_locations as l on l.location_id = v.location_id
    left join link_labels as e on e.location_id = v.location_id and e.email = v.email
    left join link_labels as p on p.location_id = v.location_id and p.phone = v.phone
    where v.rejection is null
)

select
    * exclude (match_email, match_phone, label, rejection, warnings),
    case
        when match_email and match_phone and label is not null then 'linked ' || label
        when match_email and email is not null then 'email ' || email
        else 'phone ' || phone
    end as identity_key,
    case
        when match_email and match_phone and label is not null then 'linked'
        when match_email and email is not null then 'same_email'
        else 'same_phone'
    end as joined_by,
    null::varchar as hold
from sendable
