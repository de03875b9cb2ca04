-- Phones that the numbering plans settle without Python.
-- The columns of located_contacts and: phone_settled boolean, e164 varchar (null and settled:
-- no usable number).
with typed as (
    select
        l.*,
        r.international_prefix,
        starts_with(l.phone, '+') or starts_with(l.phone, '(+') as has_plus,
        -- Digits and the punctuation that libphonenumber skips: one number and nothing else.
        case
            when regexp_full_match(l.phone, '\(?\+?[0-9(][0-9 ().-]{3,40}')
                then translate(l.phone, '+ ().-', '')
        end as digits
    from located_contacts as l
    left join phone_regions as r on r.region = l.region
),

aimed as (
    select
        *,
        case
            when has_plus then digits
            when
                starts_with(digits, international_prefix)
                and substr(digits, length(international_prefix) + 1, 1) <> '0'
                then substr(digits, length(international_prefix) + 1)
        end as world_digits
    from typed
),

scoped as (
    select
        a.*,
        case when a.world_digits is null then a.digits else substr(a.world_digits, length(c.scope)) end as number,
        case when a.world_digits is null then a.region else c.scope end
        || chr((64 + length(number))::integer) as plan_key
    from aimed as a
    left join calling_codes as c on c.start = left(a.world_digits, 3)
),

measured as (
    select s.*, d.depth
    from scoped as s
    left join phone_depths as d on d.key = s.plan_key || left(s.number, 2)
)

select
    m.* exclude (international_prefix, has_plus, digits, world_digits, number, plan_key, depth),
    m.depth is not null and p.e164 is distinct from '?' as phone_settled,
    p.e164 || substr(m.number, m.depth + 1) as e164
from measured as m
left join phone_starts as p on p.key = m.plan_key || left(m.number, m.depth)
