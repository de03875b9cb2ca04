-- One row an identity of the locations' plans, by its final state in the push of each.
-- location_id, identity, source_keys, state, code, contact_id, predicted, predicted_contact_id,
-- inferred, tries, changed_fields, warnings (JSON), run_id
with outcomes as (
    select outcomes_of_plans.*
    from outcomes_of_plans
    semi join pushes using (location_id, run_id)
),

acknowledged as (
    select distinct location_id, identity
    from outcomes_of_plans
    where outcome in ('created', 'updated') and code is null
)

select
    plan.location_id,
    plan.identity,
    plan.source_keys,
    case
        when outcomes.outcome is not null then outcomes.outcome
        when plan.action = 'hold' then 'held'
        when plan.action = 'unchanged' then 'unchanged'
        when acknowledged.identity is not null then 'unchanged'
        when pushes.status = 'held' then 'held'
        else 'deferred'
    end as state,
    case
        when outcomes.outcome is not null then outcomes.code
        when plan.action = 'hold' then plan.hold
        when plan.action <> 'unchanged' and acknowledged.identity is null
            then coalesce(pushes.reason, pushes.deferred_because)
    end as code,
    coalesce(outcomes.contact_id, plan.contact_id) as contact_id,
    outcomes.predicted,
    outcomes.predicted_contact_id,
    coalesce(outcomes.inferred, false) as inferred,
    coalesce(outcomes.tries, 0) as tries,
    plan.changed_fields,
    coalesce(outcomes.warnings, to_json(plan.warnings)::varchar) as warnings,
    pushes.run_id
from plan
join pushes using (location_id)
left join outcomes
    on outcomes.location_id = plan.location_id
    and outcomes.identity = plan.identity
left join acknowledged
    on acknowledged.location_id = plan.location_id
    and acknowledged.identity = plan.identity
where plan.action <> 'gone'
