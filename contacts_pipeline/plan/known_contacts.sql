-- Every contact of the CRM that we know of: what it has acknowledged, and what it lists of itself.
-- Of a contact in both, the list says who has its email and phone now, the ledger the rest:
-- what people edit in the CRM stays until the warehouse changes it.
-- location_id, contact_id, source_keys (varchar[]), email_hash, phone_hash,
-- hashes (JSON: API field to keyed hash), row_hash, known_at
with listed as (
    select
        location_id,
        contact_id,
        keyed_hash('email', lower(email)) as email_hash,
        keyed_hash('phone', phone) as phone_hash,
        to_json(map_from_entries(list_transform(
            list_filter([
                {'field': 'firstName', 'value': to_json(first_name)::varchar},
                {'field': 'lastName', 'value': to_json(last_name)::varchar},
                {'field': 'email', 'value': to_json(lower(email))::varchar},
                {'field': 'phone', 'value': to_json(phone)::varchar},
                {'field': 'address1', 'value': to_json(address1)::varchar},
                {'field': 'city', 'value': to_json(city)::varchar},
                {'field': 'state', 'value': to_json(state)::varchar},
                {'field': 'postalCode', 'value': to_json(postal_code)::varchar},
                {'field': 'country', 'value': to_json(country)::varchar},
                {'field': 'website', 'value': to_json(website)::varchar},
                {'field': 'timezone', 'value': to_json(timezone)::varchar},
                {'field': 'dnd', 'value': to_json(dnd)::varchar},
                {'field': 'tags', 'value': to_json(tags)::varchar},
                {'field': 'source', 'value': to_json(source)::varchar},
                {'field': 'dateOfBirth', 'value': to_json(left(date_of_birth, 10))::varchar},
                {'field': 'companyName', 'value': to_json(company_name)::varchar},
                {'field': 'assignedTo', 'value': to_json(assigned_to)::varchar},
                {'field': 'gender', 'value': to_json(gender)::varchar}
            ], lambda entry: entry.value is not null),
            lambda entry: (entry.field, keyed_hash(entry.field, entry.value))
        )))::varchar as hashes
    from crm_contacts
)

select
    coalesce(ledger.location_id, listed.location_id) as location_id,
    coalesce(ledger.contact_id, listed.contact_id) as contact_id,
    coalesce(from_json(ledger.source_keys, '["VARCHAR"]'), []) as source_keys,
    if(listed.contact_id is null, ledger.email_hash, listed.email_hash) as email_hash,
    if(listed.contact_id is null, ledger.phone_hash, listed.phone_hash) as phone_hash,
    coalesce(ledger.hashes, listed.hashes) as hashes,
    ledger.row_hash,
    coalesce(ledger.known_at, timestamp '1970-01-01') as known_at
from acknowledged_contacts as ledger
full join listed using (location_id, contact_id)
