-- Every field read as it will be sent; the text it came as keeps its name.
-- The columns of described_contacts and: judged_phone, judged_email struct(value varchar,
-- codes varchar[]), url, postcode, own_first_name, own_last_name, own_name varchar,
-- postcode_padded boolean, blocked and blocked_<channel> boolean, own_fields map(varchar, varchar).
with read as (
    select
        *,
        case when phone is not null and not phone_settled then judge_phone(phone, region) end
            as judged_phone,
        case when email is not null and not email_settled then judge_email(email) end
            as judged_email,
        case
            when regexp_full_match(
                website,
                '(?i)(https?://)?([\pL\pN]([\pL\pN-]*[\pL\pN])?\.)+\pL[\pL\pN-]*[\pL\pN]\.?(:[0-9]{1,5})?([/?#]\S*)?'
            ) then website
        end as site,
        upper(regexp_replace(postal_code, '^([0-9]+)\.0+$', '\1')) as postcode_text,
        yes_or_no(dnd) as blocked,
        yes_or_no(dnd_call) as blocked_call,
        yes_or_no(dnd_email) as blocked_email,
        yes_or_no(dnd_sms) as blocked_sms,
        yes_or_no(dnd_whatsapp) as blocked_whatsapp,
        yes_or_no(dnd_gmb) as blocked_gmb,
        yes_or_no(dnd_fb) as blocked_fb,
        yes_or_no(inbound_dnd) as blocked_inbound,
        in_capitals(first_name) and length(first_name) > 2 as shouted_first_name
    from described_contacts
),

-- Spreadsheets eat leading zeros; these countries write postcodes in five digits, always. Some begin
-- with one zero, some with two.
padded as (
    select
        *,
        (
            country_code in ('DE', 'ES', 'FR', 'IT', 'MX', 'US')
            and regexp_full_match(postcode_text, '[0-9]{4}')
        )
        or (
            country_code in ('IT', 'PR', 'US', 'VI')
            and regexp_full_match(postcode_text, '[0-9]{3}')
        ) as postcode_padded
    from read
)

select
    * exclude (postcode_text, site, shouted_first_name),
    case when postcode_padded then lpad(postcode_text, 5, '0') else postcode_text end as postcode,
    case
        when site <> lower(site)
            then
                lower(regexp_extract(site, '(?i)^((?:https?://)?[^/?#]+)(.*)$', 1))
                || regexp_extract(site, '(?i)^((?:https?://)?[^/?#]+)(.*)$', 2)
        else site
    end as url,
    case when shouted_first_name then recase(first_name) else first_name end as own_first_name,
    case
        when in_capitals(last_name) and (length(last_name) > 2 or shouted_first_name)
            then recase(last_name)
        else last_name
    end as own_last_name,
    case
        when first_name is not null or last_name is not null then null
        when in_capitals(name) and length(name) > 2 then recase(name)
        else name
    end as own_name,
    case
        when are_tidy_fields(custom_fields) then custom_fields
        when cardinality(custom_fields) > 0
            then
                map_from_entries(list_sort([
                    {'key': tidy(entry.key), 'value': tidy(entry.value)}
                    for entry in map_entries(custom_fields)
                    if tidy(entry.key) is not null and tidy(entry.value) is not null
                ]))
    end as own_fields
from padded
