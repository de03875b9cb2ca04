-- Rows that share their identity with others.
-- The columns of keyed_contacts less identity_key, those of identity_members and: origin_rank bigint
-- (1 is believed first), name_text, address_text varchar (what survives together as one text, null
-- where the row has none), blocks varchar (what may not be sent to), part bigint (of all parts that
-- are merged one after the other; an identity is in one).
select
    k.* exclude (identity_key),
    m.identity,
    m.age,
    coalesce(list_position(r.sources, lower(k.origin)), length(r.sources) + 1) as origin_rank,
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
    ) as blocks,
    (hash(m.identity) % g.parts)::bigint as part
from keyed_contacts as k
inner join identity_members as m on m.source_key = k.source_key
cross join (select sources from survivorship) as r
cross join merging as g
