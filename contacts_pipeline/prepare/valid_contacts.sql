-- One row per row of the warehouse, always: normalised, with why it can't be sent, if so.
-- source_key, location_id varchar, updated_at timestamp, origin varchar (which of several sources
-- the row comes from), the fields of a contact (varchar; dnd, dnd_<channel>, inbound_dnd boolean;
-- tags varchar[]; custom_fields map(varchar, varchar)), rejection struct(code, field, raw
-- varchar), warnings struct(code, field, raw varchar)[].
with weighed as (
    select
        *,
        case
            when phone_settled and e164 is null then ['phone_invalid']
            when phone_settled and has_extension then ['extension_dropped']
            when phone is not null and not phone_settled then judged_phone.codes
        end as phone_codes,
        case
            when email_settled and email_code is not null then [email_code]
            when email is not null and not email_settled then judged_email.codes
        end as email_codes,
        case when phone_settled then e164 else judged_phone.value end as own_phone,
        case
            when email_code = 'email_placeholder' then null
            when email_settled then address
            when not list_contains(judged_email.codes, 'email_placeholder') then judged_email.value
        end as own_email,
        updated_at is null and trim(updated_at_raw) <> '' as updated_at_unread,
        country is not null and (country_code is null or country_guessed) as country_warns,
        date_of_birth is not null and birthday is null as birthday_warns,
        timezone is not null and iana_zone is null as timezone_warns,
        website is not null and url is null as website_warns,
        (
            (dnd is not null and blocked is null)
            or (dnd_call is not null and blocked_call is null)
            or (dnd_email is not null and blocked_email is null)
            or (dnd_sms is not null and blocked_sms is null)
            or (dnd_whatsapp is not null and blocked_whatsapp is null)
            or (dnd_gmb is not null and blocked_gmb is null)
            or (dnd_fb is not null and blocked_fb is null)
            or (inbound_dnd is not null and blocked_inbound is null)
        ) as dnd_warns
    from judged_contacts
)

select
    w.source_key,
    w.location_id,
    w.updated_at,
    w.origin,
    w.own_first_name as first_name,
    w.own_last_name as last_name,
    w.own_name as name,
    w.own_email as email,
    w.own_phone as phone,
    w.address1,
    w.city,
    w.state,
    w.postcode as postal_code,
    w.country_code as country,
    w.url as website,
    w.iana_zone as timezone,
    w.blocked as dnd,
    w.labels as tags,
    w.source,
    w.birthday as date_of_birth,
    w.company_name,
    w.assigned_to,
    lower(w.gender) as gender,
    w.blocked_call as dnd_call,
    w.blocked_email as dnd_email,
    w.blocked_sms as dnd_sms,
    w.blocked_whatsapp as dnd_whatsapp,
    w.blocked_gmb as dnd_gmb,
    w.blocked_fb as dnd_fb,
    w.blocked_inbound as inbound_dnd,
    case when cardinality(w.own_fields) > 0 then w.own_fields end as custom_fields,
    case
        when not w.location_known
            then {'code': 'location_unknown', 'field': 'locationId', 'raw': w.location_id}
        when not w.location_enabled
            then {'code': 'location_disabled', 'field': 'locationId', 'raw': w.location_id}
        when coalesce(trim(w.source_key), '') = ''
            then {'code': 'key_missing', 'field': 'key', 'raw': w.source_key}
        when w.key_repeated
            then {'code': 'key_duplicate', 'field': 'key', 'raw': w.source_key}
        when r.placeholders_reject and list_contains(w.email_codes, 'email_placeholder')
            then {'code': 'email_placeholder', 'field': 'email', 'raw': w.email}
        when r.roles_reject and list_contains(w.email_codes, 'email_role')
            then {'code': 'email_role', 'field': 'email', 'raw': w.email}
        when
            coalesce(case when w.match_email then w.own_email end, case when w.match_phone then w.own_phone end)
            is null
            then
                {
                    'code': 'no_match_field',
                    'field': w.match,
                    'raw': coalesce(
                        case when w.match_email then w.email end, case when w.match_phone then w.phone end
                    )
                }
    end as rejection,
    case
        when
            coalesce(w.phone_codes, []) = []
            and coalesce(w.email_codes, []) = []
            and not coalesce(
                w.updated_at_unread or w.country_warns or w.birthday_warns or w.timezone_warns
                or w.website_warns or w.dnd_warns or w.postcode_padded,
                false
            )
            then []
        else
            list_concat(
                [{'code': code, 'field': 'phone', 'raw': w.phone} for code in coalesce(w.phone_codes, [])],
                [
                    {'code': code, 'field': 'email', 'raw': w.email} for code in coalesce(w.email_codes, [])
                    if code <> 'email_role' or r.roles_warn
                ],
                [
                    warning for warning in [
                        warning_if(w.updated_at_unread, 'updated_at_invalid', 'updatedAt', w.updated_at_raw),
                        warning_if(
                            w.country_warns,
                            case when w.country_guessed then 'country_guessed' else 'country_unknown' end,
                            'country',
                            w.country
                        ),
                        warning_if(w.birthday_warns, w.birthday_codes[1], 'dateOfBirth', w.date_of_birth),
                        warning_if(w.timezone_warns, 'timezone_unknown', 'timezone', w.timezone),
                        warning_if(w.website_warns, 'website_invalid', 'website', w.website),
                        warning_if(w.postcode_padded, 'postal_code_padded', 'postalCode', w.postal_code),
                        warning_if(w.dnd is not null and w.blocked is null, 'dnd_unreadable', 'dnd', w.dnd),
                        warning_if(
                            w.dnd_call is not null and w.blocked_call is null,
                            'dnd_unreadable', 'dndSettings.Call', w.dnd_call
                        ),
                        warning_if(
                            w.dnd_email is not null and w.blocked_email is null,
                            'dnd_unreadable', 'dndSettings.Email', w.dnd_email
                        ),
                        warning_if(
                            w.dnd_sms is not null and w.blocked_sms is null,
                            'dnd_unreadable', 'dndSettings.SMS', w.dnd_sms
                        ),
                        warning_if(
                            w.dnd_whatsapp is not null and w.blocked_whatsapp is null,
                            'dnd_unreadable', 'dndSettings.WhatsApp', w.dnd_whatsapp
                        ),
                        warning_if(
                            w.dnd_gmb is not null and w.blocked_gmb is null,
                            'dnd_unreadable', 'dndSettings.GMB', w.dnd_gmb
                        ),
                        warning_if(
                            w.dnd_fb is not null and w.blocked_fb is null,
                            'dnd_unreadable', 'dndSettings.FB', w.dnd_fb
                        ),
                        warning_if(
                            w.inbound_dnd is not null and w.blocked_inbound is null,
                            'dnd_unreadable', 'inboundDndSettings', w.inbound_dnd
                        )
                    ] if warning is not null
                ]
            )
    end as warnings
from weighed as w
cross join rules as r
