-- What each identity says of itself, field by field, as JSON text, after policy and withholding:
-- all that its contact should hold, whether or not the CRM has it already.
-- location_id, identity, email, phone (as sent, else null),
-- fields (struct(field, value, hash)[], in the order of the body), tags (varchar[], null if none)
with sendable as (
    select
        contacts.* replace (
            if(withheld_email.code is null, contacts.email, null) as email,
            if(withheld_phone.code is null, contacts.phone, null) as phone,
            if(policy.tags = 'skip' or len(contacts.tags) = 0, null, contacts.tags) as tags
        ),
        policy.dnd = 'follow' as dnd_may_be_cleared,
        policy.clear as clear
    from unique_contacts as contacts
    cross join policy
    left join withheld_values as withheld_email
        on withheld_email.location_id = contacts.location_id
        and withheld_email.identity = contacts.identity
        and withheld_email.field = 'email'
    left join withheld_values as withheld_phone
        on withheld_phone.location_id = contacts.location_id
        and withheld_phone.identity = contacts.identity
        and withheld_phone.field = 'phone'
),

channels as (
    select
        location_id,
        identity,
        string_agg(
            format('"{}":{{"status":"{}"}}', channel, if(blocked, 'active', 'inactive')),
            ',' order by channel
        ) as settings
    from (
        select location_id, identity, dnd_may_be_cleared, unnest([
            {'channel': 'Call', 'blocked': dnd_call},
            {'channel': 'Email', 'blocked': dnd_email},
            {'channel': 'SMS', 'blocked': dnd_sms},
            {'channel': 'WhatsApp', 'blocked': dnd_whatsapp},
            {'channel': 'GMB', 'blocked': dnd_gmb},
            {'channel': 'FB', 'blocked': dnd_fb}
        ], recursive := true)
        from sendable
        where coalesce(dnd_call, dnd_email, dnd_sms, dnd_whatsapp, dnd_gmb, dnd_fb) is not null
    )
    where blocked or (not blocked and dnd_may_be_cleared)
    group by location_id, identity
),

custom_values as (
    select
        values.location_id,
        values.identity,
        string_agg(
            format('{{"id":{},"field_value":{}}}', to_json(definition.id), to_json(values.value)),
            ',' order by definition.id
        ) as items
    from (
        select location_id, identity, unnest(map_entries(custom_fields), recursive := true)
        from sendable
        where cardinality(custom_fields) > 0
    ) as values
    join custom_field_definitions as definition
        on definition.location_id = values.location_id
        and definition.key = values.key
    where values.value is not null
    group by all
),

listed as (
    select
        location_id,
        identity,
        email,
        phone,
        tags,
        list_filter([
            {'field': 'firstName', 'value': to_json(first_name)::varchar},
            {'field': 'lastName', 'value': to_json(last_name)::varchar},
            {'field': 'name', 'value': to_json(name)::varchar},
            {'field': 'email', 'value': to_json(email)::varchar},
            {'field': 'phone', 'value': to_json(phone)::varchar},
            {'field': 'address1', 'value': to_json(address1)::varchar},
            {'field': 'city', 'value': to_json(city)::varchar},
            {'field': 'state', 'value': to_json(state)::varchar},
            {'field': 'postalCode', 'value': to_json(postal_code)::varchar},
            {'field': 'country', 'value': to_json(country)::varchar},
            {'field': 'website', 'value': to_json(website)::varchar},
            {'field': 'timezone', 'value': to_json(timezone)::varchar},
            {'field': 'dnd', 'value': case
                when dnd then 'true'
                when not dnd and dnd_may_be_cleared then 'false'
            end},
            {'field': 'dndSettings', 'value': '{' || channels.settings || '}'},
            {'field': 'inboundDndSettings', 'value': case
                when inbound_dnd then '{"all":{"status":"active"}}'
                when not inbound_dnd and dnd_may_be_cleared then '{"all":{"status":"inactive"}}'
            end},
            {'field': 'tags', 'value': to_json(tags)::varchar},
            {'field': 'customFields', 'value': '[' || custom_values.items || ']'},
            {'field': 'source', 'value': to_json(source)::varchar},
            {'field': 'dateOfBirth', 'value': to_json(date_of_birth)::varchar},
            {'field': 'companyName', 'value': to_json(company_name)::varchar},
            {'field': 'assignedTo', 'value': to_json(assigned_to)::varchar},
            {'field': 'gender', 'value': to_json(gender)::varchar}
        ], lambda entry: entry.value is not null) as filled,
        clear
    from sendable
    left join channels using (location_id, identity)
    left join custom_values using (location_id, identity)
),

listed_with_cleared as (
    select
        * exclude (filled, clear),
        filled || list_transform(
            list_filter(clear, lambda field: not list_contains(list_transform(filled, lambda entry: entry.field), field)),
            lambda field: {'field': field, 'value': 'null'}
        ) as filled
    from listed
)

select
    location_id,
    identity,
    email,
    phone,
    tags,
    list_transform(
        filled,
        lambda entry: {
            'field': entry.field,
            'value': entry.value,
            'hash': keyed_hash(entry.field, entry.value)
        }
    ) as fields
from listed_with_cleared
