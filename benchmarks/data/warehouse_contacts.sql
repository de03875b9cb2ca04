-- One row per number: a person of a location, written down by somebody in a hurry.
with dealt as (
    select
        i,
        hash(i, 1) as h,
        hash(i, 2) as g,
        -- Every fifth row repeats the person of one of the four before it.
        case when i % 5 = 4 then i - 1 - hash(i, 3) % 4 else i end as person
    from numbers
),

people as (
    select
        *,
        hash(person, 4) as p,
        hash(person, 5) as q,
        -- Chains: of every hundred people, twenty share their phone with the one before.
        case when person % 100 < 20 then person - person % 4 else person end as phone_owner
    from dealt
),

placed as (
    select
        d.*,
        'loc' || lpad(((d.person // 100) % 200)::varchar, 3, '0') as location_id,
        r.*,
        lpad((hash(d.phone_owner, 6) % 1000000)::varchar, 6, '0') as subscriber,
        r.examples[1 + (hash(d.phone_owner, 7) % len(r.examples))::int] as example
    from people as d
    inner join regions as r on r.position = (d.person // 100) % 30
),

named as (
    select
        *,
        ['Anna', 'José', 'Mary', 'Lukas', 'Chloé', 'Ines', 'Wei', 'Priya', 'Olga', 'Sean', 'Jean-Luc', 'Sofia', 'Mehmet', 'Björn', 'Kwame', 'Yuki'][1 + (p % 16)::int] as first_name,
        ['Smith', 'Müller', 'García', 'van der Berg', 'O''Brien', 'Silva', 'Rossi', 'Nowak', 'Novák', 'Kim', 'Singh', 'Hansen', 'Dubois', 'Yılmaz', 'Tanaka', 'McDonald'][1 + (q % 16)::int] as last_name,
        left(example, length(example) - 6) || subscriber as national
    from placed
),

written as (
    select
        *,
        lower(regexp_replace(strip_accents(first_name || '.' || last_name), '[^A-Za-z.]', '', 'g'))
        || person || '@' || ['gmail.com', 'yahoo.com', 'outlook.com', 'web.de', 'orange.fr', 'uol.com.br', 'company-' || (q % 5000) || '.com', 'firma' || (p % 3000) || '.de'][1 + (q // 64 % 8)::int] as address,
        h % 1000 as email_mess,
        g % 1000 as phone_mess,
        hash(i, 8) % 1000 as other_mess
    from named
)

select
    case when i % 100003 = 7 then null when i % 50021 = 9 then '17' else i::varchar end as source_key,
    case when i % 20011 = 3 then 'nowhere' when i % 20011 = 4 then null else location_id end as location_id,
    case when other_mess < 990 then timestamp '2024-01-01' + to_seconds((hash(i, 9) % 60000000)::bigint) end as updated_at,
    case when other_mess < 990 then 'ok' when other_mess < 993 then 'yesterday' end as updated_at_raw,
    null::varchar as origin,
    case when h % 50 = 0 then upper(first_name) when h % 50 = 1 then ' ' || first_name || '  ' else first_name end as first_name,
    case when h % 50 = 0 then upper(last_name) else last_name end as last_name,
    null::varchar as name,
    case
        when email_mess < 30 then null
        when email_mess < 130 then upper(address)
        when email_mess < 160 then ' ' || address || ' '
        when email_mess < 170 then 'mailto:' || address
        when email_mess < 178 then '"' || first_name || '" <' || address || '>'
        when email_mess < 188 then replace(address, '@', ' at ')
        when email_mess < 192 then address || '; second.' || address
        when email_mess < 196 then replace(address, '@', '@müller-')
        when email_mess < 199 then 'none@none.com'
        when email_mess < 209 then 'info@' || split_part(address, '@', 2)
        when email_mess < 213 then address || '.'
        else address
    end as email,
    case
        when phone_mess < 120 then null
        when phone_mess < 350 then '+' || calling_code || national
        when phone_mess < 500 then '+' || calling_code || ' ' || left(national, 3) || ' ' || substr(national, 4)
        when phone_mess < 700 then trunk || left(national, 3) || '-' || substr(national, 4)
        when phone_mess < 800 then '(' || trunk || left(national, 3) || ') ' || substr(national, 4, 3) || ' ' || substr(national, 7)
        when phone_mess < 870 then trunk || national
        when phone_mess < 900 then '00' || calling_code || national
        when phone_mess < 925 then '+' || calling_code || ' (0) ' || national
        when phone_mess < 950 then calling_code || national
        when phone_mess < 960 then trunk || national || ' ext. ' || (h % 900)
        when phone_mess < 968 then trunk || national || ' / +' || calling_code || ' ' || national
        when phone_mess < 972 then '1-800-FLOWERS'
        when phone_mess < 985 then left(national, 5)
        when phone_mess < 990 then 'call me'
        else replace('+' || calling_code || ' ' || national, ' ', chr(160))
    end as phone,
    (p % 900) || ' Main Street' as address1,
    ['London', 'Paris', 'München', 'São Paulo', 'NEW YORK', 'Kraków', 'Tokyo', 'Cape Town'][1 + (p // 16 % 8)::int] as city,
    case when p % 3 = 0 then 'CA' end as state,
    (10000 + q % 89999)::varchar as postal_code,
    case
        when other_mess < 50 then null
        when other_mess < 550 then region
        when other_mess < 800 then english
        when other_mess < 900 then alpha_3
        when other_mess < 960 then native
        when other_mess < 985 then lower(region)
        else 'Neverland'
    end as country,
    case when p % 4 = 0 then 'https://www.example-' || (p % 100000) || '.com/' end as website,
    case when q % 3 = 0 then 'Europe/Berlin' when q % 30 = 1 then 'W. Europe Standard Time' end as timezone,
    case when h % 40 = 0 then 'true' when h % 40 = 1 then 'no' end as dnd,
    case h % 4 when 0 then 'newsletter, VIP' when 1 then '["customer","newsletter"]' when 2 then 'lead ' || (q % 50) end as tags,
    'warehouse' as source,
    case
        when g % 10 < 4 then null
        when g % 10 < 8 then strftime(date '1940-01-01' + (q % 24000)::int, '%Y-%m-%d')
        when g % 10 = 8 then strftime(date '1940-01-01' + (q % 24000)::int, '%d.%m.%Y')
        else strftime(date '1940-01-01' + (q % 24000)::int, '%m/%d/%Y')
    end as date_of_birth,
    case when p % 5 = 0 then 'Company ' || (p % 20000) end as company_name,
    null::varchar as assigned_to,
    case when q % 5 = 0 then 'female' when q % 5 = 1 then 'M' end as gender,
    null::varchar as dnd_call,
    null::varchar as dnd_email,
    case when h % 100 = 5 then '1' end as dnd_sms,
    null::varchar as dnd_whatsapp,
    null::varchar as dnd_gmb,
    null::varchar as dnd_fb,
    null::varchar as inbound_dnd,
    case when p % 3 = 0 then map {'loyalty_tier': 'gold', 'visits': (h % 100)::varchar} end as custom_fields
from written
