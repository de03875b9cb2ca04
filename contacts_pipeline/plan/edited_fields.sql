-- Fields that people edited in the CRM since our last push: the list is newer, and shows another
-- value than the one that was acknowledged. Tags and do-not-disturb have policies of their own.
-- A field that is empty in the list is no edit: the CRM may never have stored what it was sent.
-- Custom fields are compared one by one, as the CRM told them after the push, and stand for one.
-- location_id, contact_id, hashes (map of API field to keyed hash: what the CRM now holds),
-- put_back (the part of them that is to be put back), holding (API fields of which the contact is
-- held once the warehouse has changed them, too)
with listed as (
    select
        location_id,
        contact_id,
        from_json(fields.hashes, '"MAP(VARCHAR, VARCHAR)"') as acknowledged,
        [
            {'field': 'firstName', 'value': to_json(first_name)::varchar},
            {'field': 'lastName', 'value': to_json(last_name)::varchar},
            {'field': 'email', 'value': to_json(email)::varchar},
            {'field': 'phone', 'value': to_json(phone)::varchar},
            {'field': 'address1', 'value': to_json(address1)::varchar},
            {'field': 'city', 'value': to_json(city)::varchar},
            {'field': 'state', 'value': to_json(state)::varchar},
            {'field': 'postalCode', 'value': to_json(postal_code)::varchar},
            {'field': 'country', 'value': to_json(country)::varchar},
            {'field': 'website', 'value': to_json(website)::varchar},
            {'field': 'timezone', 'value': to_json(timezone)::varchar},
            {'field': 'source', 'value': to_json(source)::varchar},
            {'field': 'dateOfBirth', 'value': to_json(left(date_of_birth, 10))::varchar},
            {'field': 'companyName', 'value': to_json(company_name)::varchar},
            {'field': 'assignedTo', 'value': to_json(assigned_to)::varchar}
        ] || list_transform(
            coalesce(map_entries(crm_contacts.custom_fields), []),
            lambda item: {'field': 'customFields.' || item.key, 'value': item.value}
        ) as fields
    from acknowledged_contacts as ledger
    join acknowledged_fields as fields using (location_id, contact_id)
    join locations using (location_id)
    join crm_contacts using (location_id, contact_id)
    where is_shown(locations.listed_at, locations.listed_changes, ledger.known_at, ledger.changes)
),

hashed as (
    select
        location_id,
        contact_id,
        acknowledged,
        list_transform(
            list_filter(
                fields,
                lambda entry: entry.value is not null and acknowledged[entry.field] is not null
            ),
            lambda entry: (entry.field, keyed_hash(entry.field, entry.value))
        ) as fields
    from listed
),

differing as (
    select
        location_id,
        contact_id,
        list_filter(fields, lambda entry: entry[2] <> acknowledged[entry[1]]) as fields
    from hashed
),

parted as (
    select
        location_id,
        contact_id,
        list_filter(fields, lambda entry: not starts_with(entry[1], 'customFields.')) as fields,
        list_filter(fields, lambda entry: starts_with(entry[1], 'customFields.')) as custom_fields
    from differing
),

edited as (
    select
        location_id,
        contact_id,
        fields || if(
            len(custom_fields) = 0, [], [('customFields', md5(custom_fields::varchar))]
        ) as fields
    from parted
)

select
    location_id,
    contact_id,
    map_from_entries(fields) as hashes,
    map_from_entries(list_filter(
        fields, lambda entry: policy.crm_edits[entry[1]] = 'overwrite'
    )) as put_back,
    list_filter(map_keys(hashes), lambda field: policy.crm_edits[field] = 'hold') as holding
from edited
cross join policy
where len(fields) > 0
