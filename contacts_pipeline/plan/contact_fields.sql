-- The fields of the contacts that may have changed, as they stand in a body and in the ledger.
-- location_id, identity, tags (varchar[], null if none),
-- fields (struct(field, value, hash)[] in the order of the body; value is JSON text)
with said as (
    select said_fields.*
    from said_fields
    semi join decisions
        on decisions.location_id = said_fields.location_id
        and decisions.identity = said_fields.identity
        and decisions.contact_id is not null
        and not decisions.is_acknowledged
),

filled as (
    select
        location_id,
        identity,
        tag_list as tags,
        list_filter([
            {'field': 'firstName', 'value': "firstName"},
            {'field': 'lastName', 'value': "lastName"},
            {'field': 'name', 'value': "name"},
            {'field': 'email', 'value': "email"},
            {'field': 'phone', 'value': "phone"},
            {'field': 'address1', 'value': "address1"},
            {'field': 'city', 'value': "city"},
            {'field': 'state', 'value': "state"},
            {'field': 'postalCode', 'value': "postalCode"},
            {'field': 'country', 'value': "country"},
            {'field': 'website', 'value': "website"},
            {'field': 'timezone', 'value': "timezone"},
            {'field': 'dnd', 'value': "dnd"},
            {'field': 'dndSettings', 'value': "dndSettings"},
            {'field': 'inboundDndSettings', 'value': "inboundDndSettings"},
            {'field': 'tags', 'value': "tags"},
            {'field': 'customFields', 'value': "customFields"},
            {'field': 'source', 'value': "source"},
            {'field': 'dateOfBirth', 'value': "dateOfBirth"},
            {'field': 'companyName', 'value': "companyName"},
            {'field': 'assignedTo', 'value': "assignedTo"},
            {'field': 'gender', 'value': "gender"}
        ], lambda entry: entry.value is not null) as fields
    from said
)

select
    location_id,
    identity,
    tags,
    list_transform(
        fields,
        lambda entry: {
            'field': entry.field,
            'value': entry.value,
            'hash': keyed_hash(entry.field, entry.value)
        }
    ) as fields
from filled
