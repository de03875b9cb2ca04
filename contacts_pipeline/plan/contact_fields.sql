-- The fields of the contacts that may have changed, as they stand in a body and in the ledger.
-- location_id, identity, tags (varchar[], null if none),
-- fields (struct(field, value, hash)[] in the order of the body; value is JSON text)
with named as (
    select
        contacts.location_id,
        contacts.identity,
        contacts.tags,
        contacts.clear,
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
            {'field': 'dnd', 'value': to_json(dnd)::varchar},
            {'field': 'dndSettings', 'value': '{' || nullif(array_to_string(
                list_transform(
                    list_filter([
                        {'name': 'Call', 'blocked': dnd_call},
                        {'name': 'Email', 'blocked': dnd_email},
                        {'name': 'FB', 'blocked': dnd_fb},
                        {'name': 'GMB', 'blocked': dnd_gmb},
                        {'name': 'SMS', 'blocked': dnd_sms},
                        {'name': 'WhatsApp', 'blocked': dnd_whatsapp}
                    ], lambda channel: channel.blocked is not null),
                    lambda channel: '"' || channel.name || '":{"status":"'
                        || if(channel.blocked, 'active', 'inactive') || '"}'
                ),
                ','
            ), '') || '}'},
            {'field': 'inboundDndSettings', 'value': case
                when inbound_dnd then '{"all":{"status":"active"}}'
                when not inbound_dnd then '{"all":{"status":"inactive"}}'
            end},
            {'field': 'tags', 'value': to_json(tags)::varchar},
            {'field': 'customFields', 'value': '[' || nullif(array_to_string(
                list_transform(
                    custom_fields,
                    lambda item: '{"id":' || to_json(item.id)::varchar
                        || ',"field_value":' || item.value || '}'
                ),
                ','
            ), '') || ']'},
            {'field': 'source', 'value': to_json(source)::varchar},
            {'field': 'dateOfBirth', 'value': to_json(date_of_birth)::varchar},
            {'field': 'companyName', 'value': to_json(company_name)::varchar},
            {'field': 'assignedTo', 'value': to_json(assigned_to)::varchar},
            {'field': 'gender', 'value': to_json(gender)::varchar}
        ], lambda entry: entry.value is not null) as filled
    from sendable_contacts as contacts
    semi join decisions
        on decisions.location_id = contacts.location_id
        and decisions.identity = contacts.identity
        and not decisions.is_acknowledged
),

-- A name is either its two parts or the whole: null for one of them would wipe the other.
cleared as (
    select
        * exclude (filled, clear),
        filled || list_transform(
            list_filter(
                clear,
                lambda field: not list_contains(
                    list_transform(filled, lambda entry: entry.field), field
                )
                and field <> 'name'
                and not (
                    field in ('firstName', 'lastName')
                    and list_contains(list_transform(filled, lambda entry: entry.field), 'name')
                )
            ),
            lambda field: {'field': field, 'value': 'null'}
        ) as filled
    from named
)

select
    location_id,
    identity,
    tags,
    list_transform(
        filled,
        lambda entry: {
            'field': entry.field,
            'value': entry.value,
            'hash': keyed_hash(entry.field, entry.value)
        }
    ) as fields
from cleared
