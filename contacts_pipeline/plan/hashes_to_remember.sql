-- The hashes of each identity, for the next plan; of the locations in which one is new or gone.
-- location_id, identity, content, withheld (match fields, sorted), email_hash, phone_hash, row_hash
with withheld as (
    select location_id, identity, list_sort(list(field)) as fields
    from withheld_values
    group by location_id, identity
),

made as (
    select
        claims.location_id,
        claims.identity,
        claims.content,
        coalesce(withheld.fields, []) as withheld,
        claims.email_hash,
        claims.phone_hash,
        row_hashes.row_hash
    from claims
    join row_hashes using (location_id, identity)
    left join withheld using (location_id, identity)
),

-- What is settled has taken its hashes from here.
changed as (
    select location_id
    from made
    anti join settled_contacts using (location_id, identity)
    anti join remembered_hashes using (location_id, identity, content, withheld, row_hash)
    union
    select location_id
    from (select location_id, count(*) as identities from remembered_hashes group by location_id)
        as before
    left join (select location_id, count(*) as identities from claims group by location_id) as now
        using (location_id)
    where before.identities is distinct from now.identities
)

from made
semi join changed using (location_id)
