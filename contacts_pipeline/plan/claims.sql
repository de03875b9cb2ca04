-- One row an identity: the match values that it claims, hashed as the ledger hashes them.
-- location_id, identity, source_keys, updated_at, hold,
-- email_hash, phone_hash (null where the location's duplicate rule does not look at the field),
-- content (of all that its body is made of, under the rules of the place: the same content of the
-- same identity has the same hashes, and those that an earlier plan has made are taken)
with contacts as (
    select
        unique_contacts.location_id,
        unique_contacts.identity,
        source_keys,
        updated_at,
        hold,
        if(locations.matches_email, email, null) as email,
        if(locations.matches_phone, phone, null) as phone,
        hash(
            locations.rules, shaped.custom_fields, unique_contacts.custom_fields, tags,
            first_name, last_name, name, unique_contacts.email, unique_contacts.phone, address1,
            city, state, postal_code, country, website, timezone, source, date_of_birth,
            company_name, assigned_to, gender, dnd, dnd_call, dnd_email, dnd_sms, dnd_whatsapp,
            dnd_gmb, dnd_fb, inbound_dnd
        ) as content
    from unique_contacts
    join locations using (location_id)
    left join shaped_custom_fields as shaped using (location_id, identity)
)

select
    contacts.location_id,
    contacts.identity,
    source_keys,
    updated_at,
    hold,
    coalesce(remembered.email_hash, keyed_hash('email', email)) as email_hash,
    coalesce(remembered.phone_hash, keyed_hash('phone', phone)) as phone_hash,
    content
from contacts
left join remembered_hashes as remembered using (location_id, identity, content)
