-- Identities of several rows, with the reason for every merge and every choice.
-- The columns of unique_contacts.
select
    m.location_id,
    m.identity,
    m.source_keys,
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
        when length(m.members) > 1
            then
                list_concat(
                    list_sort([
                        {
                            'source_key': member.source_key,
                            'code': member.joined_by,
                            'field':
                                case when member.joined_by = 'same_email' then 'email' else 'phone' end,
                            'detail': member.joined_on
                        }
                        for member in m.members
                    ]),
                    [
                        reason for reason in [
                            choice(m.name_chosen, m.members[m.name_age].source_key, r.name, 'firstName'),
                            choice(m.address_chosen, m.members[m.address_age].source_key, r.address, 'address1'),
                            choice(m.email_chosen, m.members[m.email_age].source_key, r.email, 'email'),
                            choice(m.phone_chosen, m.members[m.phone_age].source_key, r.phone, 'phone'),
                            choice(m.website_chosen, m.members[m.website_age].source_key, r.website, 'website'),
                            choice(m.timezone_chosen, m.members[m.timezone_age].source_key, r.timezone, 'timezone'),
                            choice(m.source_chosen, m.members[m.source_age].source_key, r.source, 'source'),
                            choice(m.date_of_birth_chosen, m.members[m.date_of_birth_age].source_key, r.date_of_birth, 'dateOfBirth'),
                            choice(m.company_name_chosen, m.members[m.company_name_age].source_key, r.company_name, 'companyName'),
                            choice(m.assigned_to_chosen, m.members[m.assigned_to_age].source_key, r.assigned_to, 'assignedTo'),
                            choice(m.gender_chosen, m.members[m.gender_age].source_key, r.gender, 'gender')
                        ] if reason is not null
                    ],
                    [
                        choice(
                            true, m.members[one.age].source_key,
                            coalesce(r.custom_rules[one.key], 'newest'), 'customFields.' || one.key
                        )
                        for one in coalesce(f.choices, [])
                    ],
                    case
                        when m.dnd_chosen
                            then
                                list_sort([
                                    {
                                        'source_key': member.source_key,
                                        'code': 'any_true',
                                        'field': 'dnd',
                                        'detail': member.blocks
                                    }
                                    for member in m.members if member.blocks is not null
                                ])
                        else []
                    end,
                    case
                        when m.tags_chosen
                            then
                                list_sort([
                                    {
                                        'source_key': member.source_key,
                                        'code': 'union',
                                        'field': 'tags',
                                        'detail': null
                                    }
                                    for member in m.members if member.has_tags
                                ])
                        else []
                    end
                )
        else []
    end as reasons
from (
    select *, list_sort([member.source_key for member in members]) as source_keys
    from merged_choices
) as m
left join merged_custom_fields as f
    on f.identity = m.identity
cross join survivorship as r
