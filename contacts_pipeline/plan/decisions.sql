-- What to do about each identity, and why.
-- location_id, identity, source_keys, updated_at, contact_id (its own one, null if none is known),
-- hold (a code or null), hold_of_changes (a code or null: no request would surely reach the contact,
-- which matters only where there is something to send), creates_another (nor would it, and the
-- policy sends what has changed to a new contact), request ('upsert' | 'update'),
-- proven_absent (no such contact exists, by a fresh list), is_acknowledged (all that it
-- should hold is all that it was ever sent, and the CRM has acknowledged it), row_hash (of all that
-- it says), email_hash, phone_hash (of the match values sent),
-- unsettled_since (when a request of unknown fate was sent to the contact), unsettled_identities
-- (as whose, and as whose those that came to nothing were sent)
with requests_to_contacts as (
    select own.location_id, own.identity, unsettled.intended_at, unsettled.identity as sent_as
    from own_contacts as own
    join unsettled using (location_id, contact_id)
),

-- Requests that came to nothing, as a list shows: nobody need wait for them, and who sends the same
-- source keys settles them.
requests_to_nobody as (
    select claims.location_id, claims.identity, lost.identity as sent_as
    from (select location_id, identity, unnest(source_keys) as source_key from claims) as claims
    join (
        select location_id, identity, unnest(source_keys) as source_key
        from unsettled
        where is_shown and starts_with(contact_id, '?')
    ) as lost using (location_id, source_key)
),

earlier_requests as (
    select
        location_id,
        identity,
        max(intended_at) as unsettled_since,
        list_sort(list(distinct sent_as)) as unsettled_identities
    from (from requests_to_contacts union all by name from requests_to_nobody)
    group by location_id, identity
),

withheld as (
    select
        location_id,
        identity,
        min(code) as code,
        bool_or(field = 'email') as withholds_email,
        bool_or(field = 'phone') as withholds_phone
    from withheld_values
    group by location_id, identity
),

compared as (
    select
        claims.location_id,
        claims.identity,
        claims.source_keys,
        claims.updated_at,
        claims.hold,
        own.contact_id,
        own.conflict,
        if(withheld.withholds_email, null, claims.email_hash) as email_hash,
        if(withheld.withholds_phone, null, claims.phone_hash) as phone_hash,
        withheld.code as withheld_code,
        row_hashes.row_hash,
        earlier.unsettled_since,
        coalesce(earlier.unsettled_identities, []) as unsettled_identities,
        coalesce(row_hashes.row_hash = known.row_hash, false)
            and earlier.unsettled_since is null
            and coalesce(cardinality(edited.put_back) = 0, true) as is_acknowledged
    from claims
    left join withheld using (location_id, identity)
    left join row_hashes using (location_id, identity)
    left join own_contacts as own using (location_id, identity)
    left join known_contacts as known
        on known.location_id = claims.location_id
        and known.contact_id = own.contact_id
    left join edited_fields as edited
        on edited.location_id = claims.location_id
        and edited.contact_id = own.contact_id
    left join earlier_requests as earlier
        on earlier.location_id = claims.location_id
        and earlier.identity = claims.identity
),

-- Whether the CRM, asked for a value that is sent, will find the contact (true), may (false).
found as (
    select compared.location_id, compared.identity, bool_or(holding.is_certain) as is_certain
    from compared
    join contact_holdings as holding
        on holding.location_id = compared.location_id
        and holding.contact_id = compared.contact_id
        and holding.value in (compared.email_hash, compared.phone_hash)
    where not is_acknowledged
    group by compared.location_id, compared.identity
),

shared_and_held as (
    select distinct claims.location_id, claims.identity
    from claims
    join phone_owners using (location_id, phone_hash)
    cross join policy
    where policy.shared = 'hold'
),

deleted as (
    select distinct compared.location_id, compared.identity
    from (
        select location_id, identity, unnest(source_keys) as source_key
        from compared
        where contact_id is null
    ) as compared
    join key_contacts using (location_id, source_key)
    where key_contacts.is_deleted
),

judged as (
    select
        compared.*,
        coalesce(starts_with(contact_id, '?'), false) as is_unborn,
        contact_id is not null
            and not is_acknowledged
            and not coalesce(found.is_certain, false) as may_not_be_found,
        case
            when compared.hold is not null then compared.hold
            when conflict is not null then conflict
            when shared_and_held.identity is not null then 'shared_phone'
            when deleted.identity is not null and policy.deleted_in_crm = 'hold'
                then 'deleted_in_crm'
            when email_hash is null and phone_hash is null
                then coalesce(withheld_code, 'no_match_value')
        end as hold_of_all,
        case
            when not may_not_be_found then null
            when is_unborn then 'unsettled'
            when policy.changed_email = 'update_by_id' then null
            when withheld_code = 'additional_email' then withheld_code
            when found.identity is not null then 'unsettled'
            when policy.changed_email = 'create' then null
            when email_hash is null then 'changed_phone'
            else 'changed_email'
        end as hold_of_changes
    from compared
    cross join policy
    left join found using (location_id, identity)
    left join shared_and_held using (location_id, identity)
    left join deleted using (location_id, identity)
)

select
    location_id,
    identity,
    source_keys,
    updated_at,
    if(is_unborn, null, contact_id) as contact_id,
    hold_of_all as hold,
    hold_of_changes,
    may_not_be_found
        and policy.changed_email = 'create'
        and hold_of_changes is null as creates_another,
    if(may_not_be_found and not is_unborn and policy.changed_email = 'update_by_id',
        'update', 'upsert') as request,
    not is_unborn and contact_id is null and locations.is_fresh as proven_absent,
    is_acknowledged,
    row_hash,
    email_hash,
    phone_hash,
    unsettled_since,
    unsettled_identities
from judged
join locations using (location_id)
cross join policy
