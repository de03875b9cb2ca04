-- Phones that the numbering plans settle without Python.
-- The columns of located_contacts and: phone_settled boolean, e164 varchar (null and settled:
-- no usable number).
with typed as (
    select
        *,
        starts_with(phone, '+') or starts_with(phone, '(+') as has_plus,
        -- Digits and the punctuation that libphonenumber skips: one number and nothing else.
        case
            when regexp_full_match(phone, '\(?\+?[0-9(][0-9 ().-]{3,40}')
                then translate(phone, '+ ().-', '')
        end as digits
    from located_contacts
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
        case when a.world_digits is null then a.digits else substr(a.world_digits, length(c.scope)) end
            as number,
        case when a.world_digits is null then a.home_scope else c.scope end as scope
    from aimed as a
    inner join calling_codes as c
        on c.start = case when length(a.world_digits) >= 3 then left(a.world_digits, 3) else '' end
),

keyed as (
    select
        *,
        case
            when length(number) between 5 and 15 then scope || chr((64 + length(number))::integer)
        end as plan_key
    from scoped
),

measured as (
    select k.*, d.depth
    from keyed as k
    inner join phone_depths as d on d.key = coalesce(k.plan_key || left(k.number, 2), '')
)

select
    m.* exclude (
        international_prefix, home_scope, has_plus, digits, world_digits, number, scope, plan_key, depth
    ),
    m.depth is not null and p.e164 is distinct from '?' as phone_settled,
    p.e164 || substr(m.number, m.depth + 1) as e164
from measured as m
left join phone_starts as p on p.key = m.plan_key || left(m.number, m.depth)
