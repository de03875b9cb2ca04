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
    case
        when length(m.source_keys) > 1
            then
                list_concat(
                    m.joins,
                    [
                        reason for reason in [
                            choice(m.name_chosen, m.source_keys[m.name_age], r.name, 'firstName'),
                            choice(m.address_chosen, m.source_keys[m.address_age], r.address, 'address1'),
                            choice(m.email_chosen, m.source_keys[m.email_age], r.email, 'email'),
                            choice(m.phone_chosen, m.source_keys[m.phone_age], r.phone, 'phone'),
                            choice(m.website_chosen, m.source_keys[m.website_age], r.website, 'website'),
                            choice(m.timezone_chosen, m.source_keys[m.timezone_age], r.timezone, 'timezone'),
                            choice(m.source_chosen, m.source_keys[m.source_age], r.source, 'source'),
                            choice(m.date_of_birth_chosen, m.source_keys[m.date_of_birth_age], r.date_of_birth, 'dateOfBirth'),
                            choice(m.company_name_chosen, m.source_keys[m.company_name_age], r.company_name, 'companyName'),
                            choice(m.assigned_to_chosen, m.source_keys[m.assigned_to_age], r.assigned_to, 'assignedTo'),
                            choice(m.gender_chosen, m.source_keys[m.gender_age], r.gender, 'gender')
                        ] if reason is not null
                    ],
                    [
                        choice(true, m.source_keys[one.age], one.rule, 'customFields.' || one.key)
                        for one in coalesce(f.choices, [])
                    ],
                    coalesce(m.blocked, []),
                    coalesce(m.tagged, [])
                )
        else []
    end as reasons
from merged_choices as m
left join merged_custom_fields as f
    on f.location_id = m.location_id and f.identity_key = m.identity_key
cross join survivorship as r
