-- Emails that their syntax settles without Python: one plain ASCII address, or none at all.
-- The columns of dialled_contacts and: email_settled boolean, address varchar, email_code varchar
-- (the one warning that a settled email has, null for none).
with written as (
    select *, plain_address(email) as plain_as_written
    from dialled_contacts
),

-- A case, since DuckDB would unwrap every email for a coalesce, and few need it.
bare as (
    select
        * exclude (plain_as_written),
        case
            when plain_as_written is not null then plain_as_written
            when email is not null then plain_address(unwrapped_address(email))
        end as plain
    from written
),

-- Most are none of these, which one pattern tells.
sorted as (
    select
        *,
        case
            when not regexp_matches(plain, getvariable('odd_address')) then 'usual'
            when regexp_matches(plain, getvariable('special_address')) then 'special'
            when regexp_matches(plain, getvariable('placeholder_address')) then 'placeholder'
            when regexp_matches(plain, getvariable('role_address')) then 'role'
            when plain is not null then 'usual'
        end as kind
    from bare
)

select
    * exclude (plain, kind),
    coalesce(kind <> 'special', false) or not contains(email, '@') as email_settled,
    case when kind <> 'special' then plain end as address,
    case
        when not contains(email, '@') then 'email_invalid'
        when kind = 'placeholder' then 'email_placeholder'
        when kind = 'role' then 'email_role'
    end as email_code
from sorted
