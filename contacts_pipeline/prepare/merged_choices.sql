-- Merged identities: what survives of their rows, and from which row where there was a choice.
-- location_id, identity_key varchar, source_keys varchar[] (newest row first), updated_at, the
-- fields of a contact but custom_fields, hold varchar, joins, blocked, tagged struct(source_key,
-- code, field, detail varchar)[], and for each field or group <field>_age bigint (of the row that
-- it survives from), <field>_chosen boolean (whether rows differ).
select
    location_id,
    identity_key,
    list_transform(
        list_sort(list({'age': age, 'source_key': source_key})), lambda member: member.source_key
    ) as source_keys,
    max(updated_at) as updated_at,
    nullif(arg_min(coalesce(first_name, ''), name_rank), '') as first_name,
    nullif(arg_min(coalesce(last_name, ''), name_rank), '') as last_name,
    nullif(arg_min(coalesce(name, ''), name_rank), '') as name,
    arg_min(email, email_rank) as email,
    arg_min(phone, phone_rank) as phone,
    nullif(arg_min(coalesce(address1, ''), address_rank), '') as address1,
    nullif(arg_min(coalesce(city, ''), address_rank), '') as city,
    nullif(arg_min(coalesce(state, ''), address_rank), '') as state,
    nullif(arg_min(coalesce(postal_code, ''), address_rank), '') as postal_code,
    nullif(arg_min(coalesce(country, ''), address_rank), '') as country,
    arg_min(website, website_rank) as website,
    arg_min(timezone, timezone_rank) as timezone,
    bool_or(dnd) as dnd,
    list_sort(list_distinct(flatten(list(tags) filter (where tags is not null)))) as tags,
    arg_min(source, source_rank) as source,
    arg_min(date_of_birth, date_of_birth_rank) as date_of_birth,
    arg_min(company_name, company_name_rank) as company_name,
    arg_min(assigned_to, assigned_to_rank) as assigned_to,
    arg_min(gender, gender_rank) as gender,
    bool_or(dnd_call) as dnd_call,
    bool_or(dnd_email) as dnd_email,
    bool_or(dnd_sms) as dnd_sms,
    bool_or(dnd_whatsapp) as dnd_whatsapp,
    bool_or(dnd_gmb) as dnd_gmb,
    bool_or(dnd_fb) as dnd_fb,
    bool_or(inbound_dnd) as inbound_dnd,
    arg_min(age, name_rank) as name_age,
    min(name_text) <> max(name_text) as name_chosen,
    arg_min(age, address_rank) as address_age,
    min(address_text) <> max(address_text) as address_chosen,
    arg_min(age, email_rank) filter (where email is not null) as email_age,
    min(email) <> max(email) as email_chosen,
    arg_min(age, phone_rank) filter (where phone is not null) as phone_age,
    min(phone) <> max(phone) as phone_chosen,
    arg_min(age, website_rank) filter (where website is not null) as website_age,
    min(website) <> max(website) as website_chosen,
    arg_min(age, timezone_rank) filter (where timezone is not null) as timezone_age,
    min(timezone) <> max(timezone) as timezone_chosen,
    arg_min(age, source_rank) filter (where source is not null) as source_age,
    min(source) <> max(source) as source_chosen,
    arg_min(age, date_of_birth_rank) filter (where date_of_birth is not null) as date_of_birth_age,
    min(date_of_birth) <> max(date_of_birth) as date_of_birth_chosen,
    arg_min(age, company_name_rank) filter (where company_name is not null) as company_name_age,
    min(company_name) <> max(company_name) as company_name_chosen,
    arg_min(age, assigned_to_rank) filter (where assigned_to is not null) as assigned_to_age,
    min(assigned_to) <> max(assigned_to) as assigned_to_chosen,
    arg_min(age, gender_rank) filter (where gender is not null) as gender_age,
    min(gender) <> max(gender) as gender_chosen,
    max(hold) as hold,
    list_sort(list(
        {
            'source_key': source_key,
            'code': joined_by,
            'field': case when joined_by = 'same_email' then 'email' else 'phone' end,
            'detail': case when joined_by = 'same_email' then email else phone end
        }
    )) as joins,
    case
        when count(*) > count(blocks) or min(blocks) <> max(blocks)
            then
                list_sort(list(
                    {'source_key': source_key, 'code': 'any_true', 'field': 'dnd', 'detail': blocks}
                ) filter (where blocks is not null))
    end as blocked,
    case
        when min(tags) <> max(tags)
            then
                list_sort(list(
                    {'source_key': source_key, 'code': 'union', 'field': 'tags', 'detail': null}
                ) filter (where tags is not null))
    end as tagged
from ranked_members
group by location_id, identity_key
