-- Match values that would lead a request to somebody else's contact, and so are not sent.
-- location_id, identity, field ('email' | 'phone'),
-- code ('shared_phone' | 'value_taken' | 'additional_email': the own contact's, not its primary one),
-- holder (the owner's identity for shared_phone, else the contact's id)
with claimants as (
    select claims.location_id, claims.identity, email_hash, phone_hash, own.contact_id
    from claims
    left join own_contacts as own using (location_id, identity)
),

values_held_elsewhere as (
    select claimants.location_id, identity, holding.kind as field, holding.contact_id
    from claimants
    join contact_holdings as holding
        on holding.location_id = claimants.location_id
        and holding.value = claimants.email_hash
        and holding.kind = 'email'
    where holding.contact_id is distinct from claimants.contact_id
    union all
    select claimants.location_id, identity, holding.kind as field, holding.contact_id
    from claimants
    join contact_holdings as holding
        on holding.location_id = claimants.location_id
        and holding.value = claimants.phone_hash
        and holding.kind = 'phone'
    where holding.contact_id is distinct from claimants.contact_id
),

taken as (
    select location_id, identity, field, min(contact_id) as contact_id
    from values_held_elsewhere
    group by location_id, identity, field
),

additional as (
    select location_id, identity, 'email' as field, contact_id
    from claimants
    join additional_emails using (location_id, contact_id, email_hash)
),

shared as (
    select claims.location_id, claims.identity, 'phone' as field, owners.identity as owner
    from claims
    join phone_owners as owners using (location_id, phone_hash)
    where claims.identity <> owners.identity
)

select
    location_id,
    identity,
    field,
    case
        when shared.owner is not null then 'shared_phone'
        when taken.contact_id is not null then 'value_taken'
        else 'additional_email'
    end as code,
    coalesce(shared.owner, taken.contact_id, additional.contact_id) as holder
from taken
full join shared using (location_id, identity, field)
full join additional using (location_id, identity, field)
