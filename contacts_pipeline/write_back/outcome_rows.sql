-- A row a source row whose contact was not simply unchanged.
-- The columns of outcomes, without those of its place.
select
    unnest(source_keys) as source_key,
    identity,
    state as outcome,
    code,
    contact_id,
    array_to_string(changed_fields, ', ') as changed_fields,
    predicted,
    predicted_contact_id,
    inferred,
    tries
from upsert_outcomes
where state <> 'unchanged'
order by source_key
