-- A row a source row that is held, or has a value that was withheld or stored otherwise.
-- The columns of conflicts, without those of its place; holder is the identity or the contact that
-- has the value.
with told as (
    select source_keys, identity, state, contact_id, unnest(warnings::json[]) as warning
    from upsert_outcomes
),

warned as (
    select
        source_keys,
        identity,
        state,
        warning ->> 'code' as code,
        warning ->> 'field' as field,
        contact_id,
        case
            when warning ->> 'code' in ('shared_phone', 'value_taken', 'additional_email')
                then warning ->> 'detail'
        end as holder
    from told
),

held as (
    select
        source_keys,
        identity,
        state,
        code,
        null as field,
        contact_id,
        null as holder
    from upsert_outcomes
    where state = 'held'
)

select
    unnest(source_keys) as source_key,
    identity,
    state as outcome,
    code,
    field,
    contact_id,
    holder
from (
    from held
    union all by name
    from warned
)
order by source_key, code, field
