-- Match values that would lead a request to somebody else's contact, and so are not sent.
-- location_id, identity, field ('email' | 'phone'), code ('shared_phone' | 'value_taken'),
-- holder (the owner's identity for shared_phone, the contact's id for value_taken)
with values_claimed as (
    select location_id, identity, 'email' as field, email_hash as value
    from claims
    where matches_email and email_hash is not null
    union all
    select location_id, identity, 'phone' as field, phone_hash as value
    from claims
    where matches_phone and phone_hash is not null
),

taken as (
    select
        claimed.location_id,
        claimed.identity,
        claimed.field,
        min(holding.contact_id) as contact_id
    from values_claimed as claimed
    join contact_holdings as holding
        on holding.location_id = claimed.location_id
        and holding.kind = claimed.field
        and holding.value = claimed.value
    left join own_contacts as own
        on own.location_id = claimed.location_id
        and own.identity = claimed.identity
    where own.contact_id is distinct from holding.contact_id
    group by all
),

shared as (
    select
        claims.location_id,
        claims.identity,
        'phone' as field,
        owners.identity as owner
    from claims
    join phone_owners as owners
        on owners.location_id = claims.location_id
        and owners.phone_hash = claims.phone_hash
    where claims.matches_phone and claims.identity <> owners.identity
)

select
    location_id,
    identity,
    field,
    if(shared.owner is not null, 'shared_phone', 'value_taken') as code,
    coalesce(shared.owner, taken.contact_id) as holder
from taken
full join shared using (location_id, identity, field)
