-- Phones that the numbering plans settle without Python.
-- The columns of scoped_contacts less number and plan_part, and: phone_settled boolean, e164 varchar
-- (null and settled: no usable number).
with measured as (
    select s.*, d.depth
    from scoped_contacts as s
    left join phone_depths as d on d.plan_part = s.plan_part
)

select
    m.* exclude (number, plan_part, depth),
    m.depth is not null and p.e164 is distinct from '?' as phone_settled,
    p.e164 || substr(m.number, m.depth + 1) as e164
from measured as m
left join phone_starts as p
    on p.start = coalesce(m.plan_part || substr(m.number, 3, m.depth - 2), '')
