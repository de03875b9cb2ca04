-- The fields of each identity as JSON text: a column an API field, in the order of the body, null
-- where it says nothing. A view, read only where it is needed.
-- location_id, identity, tag_list (varchar[], null if none), "firstName" to "gender" (JSON text)
with nulls as (
    select
        if(list_contains(clear, 'firstName'), 'null', null) as first_name,
        if(list_contains(clear, 'lastName'), 'null', null) as last_name,
        if(list_contains(clear, 'address1'), 'null', null) as address1,
        if(list_contains(clear, 'city'), 'null', null) as city,
        if(list_contains(clear, 'state'), 'null', null) as state,
        if(list_contains(clear, 'website'), 'null', null) as website,
        if(list_contains(clear, 'timezone'), 'null', null) as timezone,
        if(list_contains(clear, 'dateOfBirth'), 'null', null) as date_of_birth,
        if(list_contains(clear, 'companyName'), 'null', null) as company_name,
        if(list_contains(clear, 'assignedTo'), 'null', null) as assigned_to,
        if(list_contains(clear, 'gender'), 'null', null) as gender
    from policy
),

statuses as (
    select
        *,
        case when dnd_call then 'active' when not dnd_call then 'inactive' end as call_status,
        case when dnd_email then 'active' when not dnd_email then 'inactive' end as email_status,
        case when dnd_fb then 'active' when not dnd_fb then 'inactive' end as fb_status,
        case when dnd_gmb then 'active' when not dnd_gmb then 'inactive' end as gmb_status,
        case when dnd_sms then 'active' when not dnd_sms then 'inactive' end as sms_status,
        case when dnd_whatsapp then 'active' when not dnd_whatsapp then 'inactive' end
            as whatsapp_status,
        case when inbound_dnd then 'active' when not inbound_dnd then 'inactive' end
            as inbound_status
    from sendable_contacts
)

-- A name is either its two parts or the whole: null for one of them would wipe the other.
select
    location_id,
    identity,
    tags as tag_list,
    coalesce(
        to_json(said.first_name)::varchar, if(name is null, nulls.first_name, null)
    ) as "firstName",
    coalesce(
        to_json(said.last_name)::varchar, if(name is null, nulls.last_name, null)
    ) as "lastName",
    to_json(name)::varchar as "name",
    to_json(email)::varchar as "email",
    to_json(phone)::varchar as "phone",
    coalesce(to_json(said.address1)::varchar, nulls.address1) as "address1",
    coalesce(to_json(said.city)::varchar, nulls.city) as "city",
    coalesce(to_json(said.state)::varchar, nulls.state) as "state",
    to_json(postal_code)::varchar as "postalCode",
    to_json(country)::varchar as "country",
    coalesce(to_json(said.website)::varchar, nulls.website) as "website",
    coalesce(to_json(said.timezone)::varchar, nulls.timezone) as "timezone",
    to_json(dnd)::varchar as "dnd",
    '{' || nullif(concat_ws(
        ',',
        '"Call":{"status":"' || call_status || '"}',
        '"Email":{"status":"' || email_status || '"}',
        '"FB":{"status":"' || fb_status || '"}',
        '"GMB":{"status":"' || gmb_status || '"}',
        '"SMS":{"status":"' || sms_status || '"}',
        '"WhatsApp":{"status":"' || whatsapp_status || '"}'
    ), '') || '}' as "dndSettings",
    '{"all":{"status":"' || inbound_status || '"}}' as "inboundDndSettings",
    to_json(tags)::varchar as "tags",
    '[' || nullif(array_to_string(
        list_transform(
            custom_fields,
            lambda item: '{"id":' || to_json(item.id)::varchar || ',"field_value":' || item.value || '}'
        ),
        ','
    ), '') || ']' as "customFields",
    to_json(source)::varchar as "source",
    coalesce(to_json(said.date_of_birth)::varchar, nulls.date_of_birth) as "dateOfBirth",
    coalesce(to_json(said.company_name)::varchar, nulls.company_name) as "companyName",
    coalesce(to_json(said.assigned_to)::varchar, nulls.assigned_to) as "assignedTo",
    coalesce(to_json(said.gender)::varchar, nulls.gender) as "gender"
from statuses as said
cross join nulls
