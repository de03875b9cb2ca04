-- What to do about each identity, and why.
-- location_id, identity, contact_id (the predicted one, null for a create), hold (a code or null),
-- request ('upsert' | 'update'), proven_absent (no such contact exists, by a fresh snapshot),
-- unsettled_since (when an earlier request of unknown fate was sent, by which identities)
with earlier_requests as (
    select
        claims.location_id,
        claims.identity,
        max(unsettled.intended_at) as unsettled_since,
        list(distinct unsettled.identity) as unsettled_identities
    from (select location_id, identity, unnest(source_keys) as source_key from claims) as claims
    join (
        select location_id, identity, intended_at, unnest(source_keys) as source_key
        from unsettled
    ) as unsettled using (location_id, source_key)
    group by claims.location_id, claims.identity
),

found as (
    select
        claims.*,
        own.contact_id,
        own.conflict,
        fields.email is null and fields.phone is null as nothing_to_match,
        own.contact_id is not null and not exists (
            from contact_holdings as holding
            where holding.location_id = claims.location_id
                and holding.contact_id = own.contact_id
                and (
                    (holding.kind = 'email' and claims.matches_email
                        and fields.email is not null and holding.value = claims.email_hash)
                    or (holding.kind = 'phone' and claims.matches_phone
                        and fields.phone is not null and holding.value = claims.phone_hash)
                )
        ) as not_found_by_crm,
        (fields.email is null or not claims.matches_email)
            and (fields.phone is null or not claims.matches_phone) as no_match_value
    from claims
    join contact_fields as fields using (location_id, identity)
    left join own_contacts as own using (location_id, identity)
),

shared_and_held as (
    select distinct claims.location_id, claims.identity
    from claims
    join phone_owners as owners using (location_id, phone_hash)
    cross join policy
    where policy.shared = 'hold' and claims.matches_phone
)

select
    found.location_id,
    found.identity,
    case
        when found.hold is not null then found.hold
        when found.conflict is not null then found.conflict
        when shared_and_held.identity is not null then 'shared_phone'
        when found.no_match_value then coalesce(withheld.code, 'no_match_value')
        when found.not_found_by_crm and starts_with(found.contact_id, '?') then 'unsettled'
        when found.not_found_by_crm and policy.changed_email = 'hold' then 'changed_email'
    end as hold,
    case
        when starts_with(found.contact_id, '?') then null
        when found.not_found_by_crm and policy.changed_email = 'create' then null
        else found.contact_id
    end as contact_id,
    if(
        found.not_found_by_crm and policy.changed_email = 'update_by_id', 'update', 'upsert'
    ) as request,
    found.contact_id is null and locations.read_in_this_run as proven_absent,
    earlier.unsettled_since,
    coalesce(earlier.unsettled_identities, []) as unsettled_identities
from found
join locations using (location_id)
cross join policy
left join shared_and_held using (location_id, identity)
left join earlier_requests as earlier using (location_id, identity)
left join (
    select location_id, identity, min(code) as code
    from withheld_values
    group by location_id, identity
) as withheld using (location_id, identity)
