-- Rows of the warehouse with every text tidied; nothing is judged yet.
-- The columns of warehouse_contacts; what was only a stand-in for 'nothing' is null.
with tidied as (
    select
        * replace (
            tidy(origin) as origin,
            tidy(first_name) as first_name,
            tidy(last_name) as last_name,
            tidy(name) as name,
            tidy(email) as email,
            tidy_lines(phone) as phone,
            tidy(address1) as address1,
            tidy(city) as city,
            tidy(state) as state,
            tidy(postal_code) as postal_code,
            tidy(website) as website,
            tidy(timezone) as timezone,
            tidy(dnd) as dnd,
            tidy(source) as source,
            tidy(company_name) as company_name,
            tidy(assigned_to) as assigned_to,
            tidy(gender) as gender,
            tidy(dnd_call) as dnd_call,
            tidy(dnd_email) as dnd_email,
            tidy(dnd_sms) as dnd_sms,
            tidy(dnd_whatsapp) as dnd_whatsapp,
            tidy(dnd_gmb) as dnd_gmb,
            tidy(dnd_fb) as dnd_fb,
            tidy(inbound_dnd) as inbound_dnd
        )
    from warehouse_contacts
)

select
    source_key,
    location_id,
    updated_at,
    updated_at_raw,
    origin,
    named(first_name) as first_name,
    named(last_name) as last_name,
    named(name) as name,
    present(email) as email,
    present(phone) as phone,
    present(address1) as address1,
    present(city) as city,
    present(state) as state,
    present(postal_code) as postal_code,
    present(country) as country,
    present(website) as website,
    present(timezone) as timezone,
    present(dnd) as dnd,
    tags,
    present(source) as source,
    present(date_of_birth) as date_of_birth,
    present(company_name) as company_name,
    present(assigned_to) as assigned_to,
    present(gender) as gender,
    present(dnd_call) as dnd_call,
    present(dnd_email) as dnd_email,
    present(dnd_sms) as dnd_sms,
    present(dnd_whatsapp) as dnd_whatsapp,
    present(dnd_gmb) as dnd_gmb,
    present(dnd_fb) as dnd_fb,
    present(inbound_dnd) as inbound_dnd,
    custom_fields
from tidied
