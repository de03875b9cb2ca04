-- The contact that an identity's request is about: the one recorded for its source keys, else the
-- one with its email, else, without an email to match on, the one with its phone.
-- A contact is the own contact of one identity at most; those that know none are not listed.
-- location_id, identity, contact_id, found_by ('key' | 'email' | 'phone'),
-- conflict (null | 'two_contacts' | 'several_contacts')
with by_key as (
    select distinct
        claims.location_id,
        claims.identity,
        holding.contact_id
    from (select location_id, identity, unnest(source_keys) as source_key from claims) as claims
    join contact_holdings as holding
        on holding.location_id = claims.location_id
        and holding.kind = 'key'
        and holding.value = claims.source_key
),

won_by_key as (
    select by_key.location_id, by_key.identity, by_key.contact_id
    from by_key
    join claims using (location_id, identity)
    left join contact_holdings as email
        on email.location_id = by_key.location_id
        and email.contact_id = by_key.contact_id
        and email.kind = 'email'
        and email.value = claims.email_hash
    left join contact_holdings as phone
        on phone.location_id = by_key.location_id
        and phone.contact_id = by_key.contact_id
        and phone.kind = 'phone'
        and phone.value = claims.phone_hash
    qualify row_number() over (
        partition by by_key.location_id, by_key.contact_id
        order by (email.value is not null) desc, (phone.value is not null) desc, by_key.identity
    ) = 1
),

won_by_email as (
    select claims.location_id, claims.identity, holding.contact_id
    from claims
    join contact_holdings as holding
        on holding.location_id = claims.location_id
        and holding.kind = 'email'
        and holding.value = claims.email_hash
    anti join won_by_key as settled
        on settled.location_id = claims.location_id
        and settled.identity = claims.identity
    anti join won_by_key as taken
        on taken.location_id = holding.location_id
        and taken.contact_id = holding.contact_id
    where claims.matches_email
),

won_by_phone as (
    select claims.location_id, claims.identity, holding.contact_id
    from claims
    join contact_holdings as holding
        on holding.location_id = claims.location_id
        and holding.kind = 'phone'
        and holding.value = claims.phone_hash
    anti join won_by_key as settled
        on settled.location_id = claims.location_id
        and settled.identity = claims.identity
    anti join (from won_by_key union all from won_by_email) as taken
        on taken.location_id = holding.location_id
        and taken.contact_id = holding.contact_id
    where claims.matches_phone and not (claims.matches_email and claims.email_hash is not null)
    qualify row_number() over (
        partition by claims.location_id, holding.contact_id
        order by
            (claims.hold is null) desc,
            claims.updated_at desc nulls last,
            claims.identity
    ) = 1
)

select
    location_id,
    identity,
    min(contact_id) as contact_id,
    any_value(found_by) as found_by,
    case
        when count(*) = 1 then null
        when any_value(found_by) = 'key' then 'two_contacts'
        else 'several_contacts'
    end as conflict
from (
    select *, 'key' as found_by from won_by_key
    union all
    select *, 'email' as found_by from won_by_email
    union all
    select *, 'phone' as found_by from won_by_phone
)
group by location_id, identity
