-- Identities of several rows, with the reason for every merge and every choice.
-- The columns of unique_contacts.
select
    m.location_id,
    list_min(m.source_keys) as identity,
    list_sort(m.source_keys) as source_keys,
    m.updated_at,
    m.first_name,
    m.last_name,
    case when m.first_name is null and m.last_name is null then m.name end as name,
    m.email,
    m.phone,
    m.address1,
    m.city,
    m.state,
    m.postal_code,
    m.country,
    m.website,
    m.timezone,
    m.dnd,
    m.tags,
    m.source,
    m.date_of_birth,
    m.company_name,
    m.assigned_to,
    m.gender,
    m.dnd_call,
    m.dnd_email,
    m.dnd_sms,
    m.dnd_whatsapp,
    m.dnd_gmb,
    m.dnd_fb,
    m.inbound_dnd,
    f.custom_fields,
    m.hold,
    list_concat(
        case when length(m.source_keys) > 1 then m.joins else [] end,
        [
            reason for reason in [
                choice(name_chosen, source_keys[name_age], 'firstName'),
                choice(address_chosen, source_keys[address_age], 'address1'),
                choice(email_chosen, source_keys[email_age], 'email'),
                choice(phone_chosen, source_keys[phone_age], 'phone'),
                choice(website_chosen, source_keys[website_age], 'website'),
                choice(timezone_chosen, source_keys[timezone_age], 'timezone'),
                choice(source_chosen, source_keys[source_age], 'source'),
                choice(date_of_birth_chosen, source_keys[date_of_birth_age], 'dateOfBirth'),
                choice(company_name_chosen, source_keys[company_name_age], 'companyName'),
                choice(assigned_to_chosen, source_keys[assigned_to_age], 'assignedTo'),
                choice(gender_chosen, source_keys[gender_age], 'gender')
            ] if reason is not null
        ]
    ) as reasons
from merged_choices as m
left join merged_custom_fields as f
    on f.location_id = m.location_id and f.identity_key = m.identity_key
