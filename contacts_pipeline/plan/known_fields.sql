-- What the contacts hold that a request may go to, field by field: as the CRM has acknowledged it,
-- else as it lists it. What people edit in the CRM stays until the warehouse changes it.
-- location_id, contact_id, hashes (map of API field to keyed hash)
with wanted as (
    select distinct location_id, contact_id
    from decisions
    where contact_id is not null and not is_acknowledged
),

listed as (
    select
        location_id,
        contact_id,
        list_filter([
            {'field': 'firstName', 'value': to_json(first_name)::varchar},
            {'field': 'lastName', 'value': to_json(last_name)::varchar},
            {'field': 'email', 'value': to_json(lower(trim(email)))::varchar},
            {'field': 'phone', 'value': to_json(phone)::varchar},
            {'field': 'address1', 'value': to_json(address1)::varchar},
            {'field': 'city', 'value': to_json(city)::varchar},
            {'field': 'state', 'value': to_json(state)::varchar},
            {'field': 'postalCode', 'value': to_json(postal_code)::varchar},
            {'field': 'country', 'value': to_json(country)::varchar},
            {'field': 'website', 'value': to_json(website)::varchar},
            {'field': 'timezone', 'value': to_json(timezone)::varchar},
            {'field': 'dnd', 'value': to_json(dnd)::varchar},
            {'field': 'tags', 'value': to_json(list_sort(tags))::varchar},
            {'field': 'source', 'value': to_json(source)::varchar},
            {'field': 'dateOfBirth', 'value': to_json(left(date_of_birth, 10))::varchar},
            {'field': 'companyName', 'value': to_json(company_name)::varchar},
            {'field': 'assignedTo', 'value': to_json(assigned_to)::varchar},
            {'field': 'gender', 'value': to_json(gender)::varchar}
        ], lambda entry: entry.value is not null) as fields
    from crm_contacts
    semi join wanted using (location_id, contact_id)
    anti join acknowledged_contacts using (location_id, contact_id)
)

select location_id, contact_id, from_json(hashes, '"MAP(VARCHAR, VARCHAR)"') as hashes
from acknowledged_contacts
semi join wanted using (location_id, contact_id)
union all
select
    location_id,
    contact_id,
    map_from_entries(list_transform(
        fields, lambda entry: (entry.field, keyed_hash(entry.field, entry.value))
    )) as hashes
from listed
