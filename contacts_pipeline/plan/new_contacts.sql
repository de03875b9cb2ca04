-- What a request for each identity would send that leads to no contact we know of: all that it
-- says.
-- location_id, identity, changed_fields (all API fields that it says), body (JSON text),
-- add_tags (varchar[]: tags that the body leaves out, since the contact may exist and have others;
-- null if none), hashes (JSON: of the tags that the body leaves out)
with said as (
    select
        said_rows.*,
        policy.tags = 'add' and not proven_absent and said_rows.tags is not null as adds_tags
    from said_rows
    join decisions using (location_id, identity)
    cross join policy
    where decisions.contact_id is null or decisions.creates_another
),

-- Many contacts say the same fields and have the same tags: each is taken apart, or hashed, once.
field_lists as (
    select field_names, string_split(field_names, ',') as fields
    from (select distinct field_names from said)
),

tag_hashes as (
    select tags, keyed_hash('tags', tags) as hash
    from (select distinct tags from said where adds_tags)
)

select
    location_id,
    identity,
    coalesce(field_lists.fields, []) as changed_fields,
    '{' || concat_ws(
        ',',
        '"locationId":' || to_json(location_id)::varchar,
        before_tags,
        if(adds_tags, null, '"tags":' || tags),
        after_tags
    ) || '}' as body,
    if(adds_tags, tag_list, null) as add_tags,
    if(adds_tags, '{"tags":"' || tag_hashes.hash || '"}', '{}') as hashes
from said
left join field_lists using (field_names)
left join tag_hashes using (tags)
