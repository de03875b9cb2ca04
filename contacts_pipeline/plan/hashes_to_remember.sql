-- The hashes of each identity, for the next plan; of the locations in which many are new or gone.
-- location_id, identity, content, withheld (match fields, sorted), email_hash, phone_hash, row_hash
with withheld as (
    select location_id, identity, list_sort(list(field)) as fields
    from withheld_values
    group by location_id, identity
),

-- What is settled has taken its hashes from there.
new_hashes as (
    select claims.location_id, count(*) as identities
    from claims
    anti join settled_contacts using (location_id, identity)
    join row_hashes using (location_id, identity)
    left join withheld using (location_id, identity)
    left join remembered_hashes as remembered
        on remembered.location_id = claims.location_id
        and remembered.identity = claims.identity
        and remembered.content = claims.content
        and remembered.withheld = coalesce(withheld.fields, [])
        and remembered.row_hash = row_hashes.row_hash
    where remembered.identity is null
    group by claims.location_id
),

before as (
    select location_id, count(*) as identities
    from remembered_hashes
    group by location_id
),

now as (
    select location_id, count(*) as identities
    from claims
    group by location_id
),

-- To write all of them again takes longer than to make one in twenty anew each time.
changed as (
    select now.location_id
    from now
    left join before using (location_id)
    left join new_hashes using (location_id)
    where 20 * (
        coalesce(new_hashes.identities, 0)
        + abs(now.identities - coalesce(before.identities, 0))
    ) >= now.identities
),

concerned as (
    from claims
    semi join changed using (location_id)
)

select
    concerned.location_id,
    concerned.identity,
    concerned.content,
    coalesce(withheld.fields, []) as withheld,
    concerned.email_hash,
    concerned.phone_hash,
    row_hashes.row_hash
from concerned
join row_hashes using (location_id, identity)
left join withheld using (location_id, identity)
