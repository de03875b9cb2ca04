-- What the listed contacts hold, field by field, as a request of their identity would say it.
-- The CRM holds more than an identity speaks of: tags that people added, other channels, other
-- custom fields. Where all of what the identity says is there, its own words stand for it.
-- location_id, contact_id, fields (struct(field, value)[]; value is JSON text)
with own as (
    select
        decisions.location_id,
        decisions.contact_id,
        contacts.* exclude (location_id, identity, tags),
        contact_fields.tags,
        map_from_entries(list_transform(
            contact_fields.fields, lambda entry: (entry.field, entry.value)
        )) as said
    from decisions
    join sendable_contacts as contacts using (location_id, identity)
    join contact_fields using (location_id, identity)
    where decisions.contact_id is not null
),

compared as (
    select
        listed.*,
        own.said,
        policy.tags = 'add' and coalesce(list_has_all(listed.tags, own.tags), false)
            as holds_tags,
        coalesce(own.dnd_call = (coalesce(listed.dnd_call, 'inactive') <> 'inactive'), true)
            and coalesce(own.dnd_email = (coalesce(listed.dnd_email, 'inactive') <> 'inactive'), true)
            and coalesce(own.dnd_sms = (coalesce(listed.dnd_sms, 'inactive') <> 'inactive'), true)
            and coalesce(
                own.dnd_whatsapp = (coalesce(listed.dnd_whatsapp, 'inactive') <> 'inactive'), true
            )
            and coalesce(own.dnd_gmb = (coalesce(listed.dnd_gmb, 'inactive') <> 'inactive'), true)
            and coalesce(own.dnd_fb = (coalesce(listed.dnd_fb, 'inactive') <> 'inactive'), true)
            as holds_channels,
        coalesce(
            own.inbound_dnd = (coalesce(listed.inbound_dnd, 'inactive') <> 'inactive'), true
        ) as holds_inbound,
        len(list_filter(
            own.custom_fields,
            lambda item: trim(listed.custom_fields[item.id], '"')
                is distinct from trim(item.value, '"')
        )) = 0 as holds_custom_fields
    from crm_contacts as listed
    join own using (location_id, contact_id)
    cross join policy
)

select
    location_id,
    contact_id,
    list_filter([
        {'field': 'firstName', 'value': to_json(first_name)::varchar},
        {'field': 'lastName', 'value': to_json(last_name)::varchar},
        {'field': 'name', 'value': if(
            said['name'] is null,
            null,
            to_json(coalesce(name, concat_ws(' ', first_name, last_name)))::varchar
        )},
        {'field': 'email', 'value': to_json(email)::varchar},
        {'field': 'phone', 'value': to_json(phone)::varchar},
        {'field': 'address1', 'value': to_json(address1)::varchar},
        {'field': 'city', 'value': to_json(city)::varchar},
        {'field': 'state', 'value': to_json(state)::varchar},
        {'field': 'postalCode', 'value': to_json(postal_code)::varchar},
        {'field': 'country', 'value': to_json(country)::varchar},
        {'field': 'website', 'value': to_json(website)::varchar},
        {'field': 'timezone', 'value': to_json(timezone)::varchar},
        {'field': 'dnd', 'value': to_json(dnd)::varchar},
        {'field': 'dndSettings', 'value': if(
            holds_channels or said['dndSettings'] is null, said['dndSettings'], '"other"'
        )},
        {'field': 'inboundDndSettings', 'value': if(
            holds_inbound or said['inboundDndSettings'] is null,
            said['inboundDndSettings'],
            '"other"'
        )},
        {'field': 'tags', 'value': if(
            holds_tags and said['tags'] is not null,
            said['tags'],
            to_json(list_sort(tags))::varchar
        )},
        {'field': 'customFields', 'value': if(
            holds_custom_fields or said['customFields'] is null, said['customFields'], '"other"'
        )},
        {'field': 'source', 'value': to_json(source)::varchar},
        {'field': 'dateOfBirth', 'value': to_json(left(date_of_birth, 10))::varchar},
        {'field': 'companyName', 'value': to_json(company_name)::varchar},
        {'field': 'assignedTo', 'value': to_json(assigned_to)::varchar},
        {'field': 'gender', 'value': to_json(gender)::varchar}
    ], lambda entry: entry.value is not null) as fields
from compared
