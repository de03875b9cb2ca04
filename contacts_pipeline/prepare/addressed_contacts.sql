-- Emails that their syntax settles without Python: plain addresses of nobody in particular.
-- The columns of dialled_contacts and: plain_email varchar (null where Python must judge).
with lowered as (
    select
        *,
        case
            when
                length(email) <= 64  -- no part can be too long then
                and regexp_full_match(
                    email,
                    '(?i)[a-z0-9_+&=-]+(\.[a-z0-9_+&=-]+)*@([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}'
                )
                and not contains(email, '--')  -- Punycode, and what may not look like it
                then lower(email)
        end as address
    from dialled_contacts
)

select
    * exclude (address),
    case
        when
            split_part(address, '@', 1) not in (select word from odd_mailboxes)
            and split_part(split_part(address, '@', 2), '.', 1) not in (select word from odd_hosts)
            and split_part(address, '.', -1) not in (select word from special_domains)
            then address
    end as plain_email
from lowered
