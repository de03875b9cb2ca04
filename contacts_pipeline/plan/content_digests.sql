-- A digest of what each planned location's plan reads of its rows, in whatever order they stand.
-- location_id, digest
with contacts as (
    select location_id, count(*) as identities, sum(hash(contact)) as content
    from (
        select columns(lambda name: name <> 'reasons')
        from unique_contacts
        semi join planned_locations using (location_id)
    ) as contact
    group by location_id
),

source_rows as (
    select location_id, count(*) as extracted, sum(hash(source_key, rejection is null)) as content
    from valid_contacts
    semi join planned_locations using (location_id)
    group by location_id
)

select
    location_id,
    concat_ws(
        ' ',
        source_rows.extracted,
        source_rows.content,
        coalesce(contacts.identities, 0),
        coalesce(contacts.content, 0)
    ) as digest
from source_rows
left join contacts using (location_id)
