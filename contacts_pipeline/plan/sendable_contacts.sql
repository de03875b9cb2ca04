-- What each identity says of itself that is not settled, after policy and withholding: all that its
-- contact should hold, whether or not the CRM has it already.
-- The columns of unique_contacts that a body is made of:
-- email, phone (null if withheld), dnd, dnd_<channel>, inbound_dnd (null if not to be sent),
-- tags (sorted, null if none), custom_fields (struct(id, value)[] by id, those that are known,
-- value is JSON text)
select
    contacts.location_id,
    contacts.identity,
    contacts.first_name,
    contacts.last_name,
    contacts.name,
    if(withheld_email.code is null, contacts.email, null) as email,
    if(withheld_phone.code is null, contacts.phone, null) as phone,
    contacts.address1,
    contacts.city,
    contacts.state,
    contacts.postal_code,
    contacts.country,
    contacts.website,
    contacts.timezone,
    if(contacts.dnd or policy.dnd = 'follow', contacts.dnd, null) as dnd,
    if(contacts.dnd_call or policy.dnd = 'follow', contacts.dnd_call, null) as dnd_call,
    if(contacts.dnd_email or policy.dnd = 'follow', contacts.dnd_email, null) as dnd_email,
    if(contacts.dnd_sms or policy.dnd = 'follow', contacts.dnd_sms, null) as dnd_sms,
    if(contacts.dnd_whatsapp or policy.dnd = 'follow', contacts.dnd_whatsapp, null) as dnd_whatsapp,
    if(contacts.dnd_gmb or policy.dnd = 'follow', contacts.dnd_gmb, null) as dnd_gmb,
    if(contacts.dnd_fb or policy.dnd = 'follow', contacts.dnd_fb, null) as dnd_fb,
    if(contacts.inbound_dnd or policy.dnd = 'follow', contacts.inbound_dnd, null) as inbound_dnd,
    if(policy.tags = 'skip' or len(contacts.tags) = 0, null, list_sort(contacts.tags)) as tags,
    list_sort(list_concat(
        list_filter(
            list_transform(
                map_entries(contacts.custom_fields),
                lambda entry: {
                    'id': locations.custom_fields[entry.key],
                    'value': to_json(entry.value)::varchar
                }
            ),
            lambda item: item.id is not null and item.value is not null
        ),
        shaped.custom_fields
    )) as custom_fields,
    contacts.source,
    contacts.date_of_birth,
    contacts.company_name,
    contacts.assigned_to,
    contacts.gender
from unique_contacts as contacts
join locations on locations.location_id = contacts.location_id
cross join policy
left join withheld_values as withheld_email
    on withheld_email.location_id = contacts.location_id
    and withheld_email.identity = contacts.identity
    and withheld_email.field = 'email'
left join withheld_values as withheld_phone
    on withheld_phone.location_id = contacts.location_id
    and withheld_phone.identity = contacts.identity
    and withheld_phone.field = 'phone'
left join shaped_custom_fields as shaped
    on shaped.location_id = contacts.location_id
    and shaped.identity = contacts.identity
anti join settled_contacts as settled
    on settled.location_id = contacts.location_id
    and settled.identity = contacts.identity
