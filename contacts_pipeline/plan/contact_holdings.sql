-- Who holds what in the CRM, as far as we know: every match value of a contact.
-- While a request is unsettled its contact may be as it was or as the request would leave it. It
-- holds the values of every state, so that nobody else is sent there; but only what it holds in
-- all of them is certain, and only by that does the CRM surely find it.
-- location_id, contact_id, kind ('email' | 'phone'), value (keyed hash), is_certain,
-- is_additional (an email beside the primary one)
with pending as (
    select location_id, contact_id, email_hash, phone_hash
    from unsettled
    where not is_shown
),

states as (
    select location_id, contact_id, email_hash, phone_hash
    from known_contacts
    semi join pending using (location_id, contact_id)
    union all
    select
        location_id,
        contact_id,
        coalesce(pending.email_hash, known.email_hash) as email_hash,
        coalesce(pending.phone_hash, known.phone_hash) as phone_hash
    from pending
    left join known_contacts as known using (location_id, contact_id)
),

counted as (
    select *, count(*) over (partition by location_id, contact_id) as states
    from states
),

possible as (
    select location_id, contact_id, states, 'email' as kind, email_hash as value
    from counted
    union all
    select location_id, contact_id, states, 'phone' as kind, phone_hash as value
    from counted
),

settled as (
    select location_id, contact_id, email_hash, phone_hash
    from known_contacts
    anti join pending using (location_id, contact_id)
)

select
    location_id,
    contact_id,
    'email' as kind,
    email_hash as value,
    true as is_certain,
    false as is_additional
from settled
where email_hash is not null
union all
select
    location_id,
    contact_id,
    'phone' as kind,
    phone_hash as value,
    true as is_certain,
    false as is_additional
from settled
where phone_hash is not null
union all
select
    location_id,
    contact_id,
    kind,
    value,
    count(*) = any_value(states) as is_certain,
    false as is_additional
from possible
where value is not null
group by location_id, contact_id, kind, value
union all
select
    location_id,
    contact_id,
    'email' as kind,
    email_hash as value,
    false as is_certain,
    true as is_additional
from additional_emails
