-- Phones that are one number and nothing else, as digits in the scope that they are dialled in.
-- The columns of located_contacts less international_prefix and home_scope, and: number varchar,
-- plan_part varchar (scope, a letter for the length, two digits; '' where the library must judge),
-- has_extension boolean.
with typed as (
    select
        *,
        starts_with(phone, '+') or starts_with(phone, '(+') as has_plus,
        contains(phone, 'ext') as has_extension,
        -- Digits and the punctuation that libphonenumber skips, and perhaps an extension; but not
        -- a quantity, such as 7112842222.00.
        case
            when regexp_full_match(phone, '\(?\+?[0-9(][0-9 ().-]{3,40}( ?ext\.? ?[0-9]{1,6})?')
                and not regexp_full_match(phone, '\+?[1-9][0-9]*\.0+')
                then
                    translate(
                        case when contains(phone, 'ext') then split_part(phone, 'ext', 1) else phone end,
                        '+ ().-', ''
                    )
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
)

select
    * exclude (international_prefix, home_scope, has_plus, digits, world_digits, scope),
    case
        when length(number) between 5 and 15 and scope is not null
            then scope || chr((64 + length(number))::integer) || left(number, 2)
        else ''
    end as plan_part
from scoped
