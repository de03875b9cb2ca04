-- The contact that an identity's request is about: the one recorded for its source keys, else the
-- one with its email, else, without an email to match on, the one with its phone.
-- A contact is the own contact of one identity at most; those that know none are not listed.
-- location_id, identity, contact_id, found_by ('key' | 'email' | 'phone'),
-- conflict (null | 'two_contacts' | 'several_contacts')
with by_key as (
    select distinct claims.location_id, claims.identity, key_contacts.contact_id
    from (select location_id, identity, unnest(source_keys) as source_key from claims) as claims
    join key_contacts using (location_id, source_key)
    where not key_contacts.is_deleted
),

split_contacts as (
    select location_id, contact_id
    from by_key
    group by location_id, contact_id
    having count(*) > 1
),

heirs as (
    select by_key.location_id, by_key.identity, by_key.contact_id
    from by_key
    semi join split_contacts using (location_id, contact_id)
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

won_by_key as (
    select location_id, identity, contact_id
    from by_key
    anti join split_contacts using (location_id, contact_id)
    union all
    select location_id, identity, contact_id
    from heirs
),

unknown_keys as (
    select *
    from claims
    anti join won_by_key using (location_id, identity)
),

won_by_email as (
    select unknown_keys.location_id, unknown_keys.identity, holding.contact_id
    from unknown_keys
    join contact_holdings as holding
        on holding.location_id = unknown_keys.location_id
        and holding.kind = 'email'
        and holding.value = unknown_keys.email_hash
    anti join won_by_key as taken
        on taken.location_id = holding.location_id
        and taken.contact_id = holding.contact_id
    qualify row_number() over (
        partition by holding.location_id, holding.contact_id
        order by
            holding.is_additional,
            (unknown_keys.hold is null) desc,
            unknown_keys.updated_at desc nulls last,
            unknown_keys.identity
    ) = 1
),

won_by_phone as (
    select unknown_keys.location_id, unknown_keys.identity, holding.contact_id
    from unknown_keys
    join contact_holdings as holding
        on holding.location_id = unknown_keys.location_id
        and holding.kind = 'phone'
        and holding.value = unknown_keys.phone_hash
    anti join (from won_by_key union all from won_by_email) as taken
        on taken.location_id = holding.location_id
        and taken.contact_id = holding.contact_id
    where unknown_keys.email_hash is null
    qualify row_number() over (
        partition by holding.location_id, holding.contact_id
        order by
            (unknown_keys.hold is null) desc,
            unknown_keys.updated_at desc nulls last,
            unknown_keys.identity
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
