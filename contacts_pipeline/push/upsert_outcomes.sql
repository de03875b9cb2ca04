-- One row an identity of the location's plan, by its final state in the run.
-- location_id, identity, source_keys, state, code, contact_id, predicted, predicted_contact_id,
-- inferred, tries, changed_fields, warnings (JSON), run_id
select
    plan.location_id,
    plan.identity,
    plan.source_keys,
    case
        when outcomes.outcome is not null then outcomes.outcome
        when plan.action = 'hold' then 'held'
        when plan.action = 'unchanged' then 'unchanged'
        when acknowledged.identity is not null then 'unchanged'
        when push.status = 'held' then 'held'
        else 'deferred'
    end as state,
    case
        when outcomes.outcome is not null then outcomes.code
        when plan.action = 'hold' then plan.hold
        when plan.action <> 'unchanged' and acknowledged.identity is null
            then coalesce(push.reason, push.deferred_because)
    end as code,
    coalesce(outcomes.contact_id, plan.contact_id) as contact_id,
    outcomes.predicted,
    outcomes.predicted_contact_id,
    coalesce(outcomes.inferred, false) as inferred,
    coalesce(outcomes.tries, 0) as tries,
    plan.changed_fields,
    coalesce(outcomes.warnings, to_json(plan.warnings)::varchar) as warnings,
    push.run_id
from plan
cross join push
left join outcomes using (identity)
left join acknowledged on acknowledged.identity = plan.identity and outcomes.identity is null
where plan.action <> 'gone'
