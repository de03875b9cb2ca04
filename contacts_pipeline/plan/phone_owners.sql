-- The one identity that may send a phone which several claim: the one whose contact holds it
-- already, else the newest. Only phones that the location's duplicate rule looks at.
-- location_id, phone_hash, identity
with shared_phones as (
    select location_id, phone_hash
    from claims
    where phone_hash is not null
    group by location_id, phone_hash
    having count(*) > 1
),

claimants as (
    select
        claims.location_id,
        claims.phone_hash,
        claims.identity,
        claims.updated_at,
        own.conflict is null as sendable,
        holding.contact_id is not null as holds_it
    from claims
    semi join shared_phones using (location_id, phone_hash)
    left join own_contacts as own using (location_id, identity)
    left join contact_holdings as holding
        on holding.location_id = claims.location_id
        and holding.contact_id = own.contact_id
        and holding.kind = 'phone'
        and holding.value = claims.phone_hash
    where claims.hold is null or holding.contact_id is not null
)

select location_id, phone_hash, identity
from claimants
qualify count(*) over (partition by location_id, phone_hash) > 1
    and row_number() over (
        partition by location_id, phone_hash
        order by holds_it desc, sendable desc, updated_at desc nulls last, identity
    ) = 1
