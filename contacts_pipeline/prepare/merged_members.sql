-- Rows that share their identity with others, newest first.
-- The columns of keyed_contacts and: age bigint (1 is the newest; ties to the smallest key),
-- origin_rank bigint (1 is believed first), name_text, address_text varchar (what survives
-- together as one text, null where the row has none), blocks varchar (what may not be sent to).
with aged as (
    select
        *,
        row_number() over (
            partition by location_id, identity_key
            order by updated_at desc nulls last, source_key
        ) as age
    from keyed_contacts
    where hash(location_id, identity_key) in (select key_hash from repeated_identities)
)

select
    a.*,
    coalesce(list_position(r.sources, lower(a.origin)), length(r.sources) + 1) as origin_rank,
    case
        when coalesce(first_name, last_name, name) is not null
            then concat_ws(chr(31), coalesce(first_name, ''), coalesce(last_name, ''), coalesce(name, ''))
    end as name_text,
    case
        when coalesce(address1, city, state, postal_code, country) is not null
            then
                concat_ws(
                    chr(31), coalesce(address1, ''), coalesce(city, ''), coalesce(state, ''),
                    coalesce(postal_code, ''), coalesce(country, '')
                )
    end as address_text,
    nullif(
        concat_ws(
            ', ',
            case when dnd then 'all' end,
            case when dnd_call then 'Call' end,
            case when dnd_email then 'Email' end,
            case when dnd_sms then 'SMS' end,
            case when dnd_whatsapp then 'WhatsApp' end,
            case when dnd_gmb then 'GMB' end,
            case when dnd_fb then 'FB' end,
            case when inbound_dnd then 'inbound' end
        ),
        ''
    ) as blocks
from aged as a
cross join (select sources from survivorship) as r
