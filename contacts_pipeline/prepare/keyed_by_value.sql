-- Rows that can be sent, with the key that all rows of one identity share.
-- The columns of valid_contacts and: identity_key varchar, joined_by varchar (why a row is one
-- with the others of its key), joined_field varchar, hold varchar.
with sendable as (
    select
        v.*,
        l.match_email,
        p.first_email,
        p.first_email is distinct from p.last_email as several_emails
    from valid_contacts as v
    inner join matching_locations as l on l.location_id = v.location_id
    left join phone_emails as p on p.location_id = v.location_id and p.phone = v.phone
    where v.rejection is null
)

select
    * exclude (match_email, first_email, several_emails, rejection, warnings),
    case
        when match_email and email is not null then 'email ' || email
        when match_email and first_email is not null and not several_emails then 'email ' || first_email
        when not match_email and several_emails then 'phone ' || phone || ' email ' || coalesce(email, '')
        else 'phone ' || phone
    end as identity_key,
    case
        when match_email and email is not null then 'same_email'
        when match_email and first_email is not null and not several_emails then 'joined_by_phone'
        else 'same_phone'
    end as joined_by,
    case when match_email and email is null and several_emails then 'ambiguous_match' end as hold
from sendable
