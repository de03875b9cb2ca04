-- The hashes of each identity, for the next plan; of the locations in which one is new or gone.
-- location_id, identity, content, withheld (match fields, sorted), email_hash, phone_hash, row_hash
with withheld as (
    select location_id, identity, list_sort(list(field)) as fields
    from withheld_values
    group by location_id, identity
),

-- What is settled has taken its hashes from there.
new_hashes as (
    select claims.location_id
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
),

changed as (
    select location_id
    from new_hashes
    union
    select location_id
    from (select location_id, count(*) as identities from remembered_hashes group by location_id)
        as before
    left join (select location_id, count(*) as identities from claims group by location_id) as now
        using (location_id)
    where before.identities is distinct from now.identities
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
