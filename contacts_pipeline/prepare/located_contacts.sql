-- Tidied rows beside what the lookups know of them: location, country, dates, repeated keys.
-- The columns of tidied_contacts and: location_known, location_enabled, key_repeated,
-- match_email, match_phone boolean, match varchar, country_code, region, birthday, iana_zone
-- varchar, country_guessed boolean, birthday_codes varchar[].
select
    t.*,
    l.location_id is not null as location_known,
    coalesce(l.enabled, false) as location_enabled,
    coalesce(l.match_email, true) as match_email,
    coalesce(l.match_phone, true) as match_phone,
    coalesce(l.match, 'email,phone') as match,
    k.source_key is not null as key_repeated,
    c.country as country_code,
    c.guessed as country_guessed,
    coalesce(c.country, l.region, '') as region,
    d.birthday,
    d.codes as birthday_codes,
    z.zone as iana_zone
from tidied_contacts as t
left join resolved_locations as l on l.location_id = t.location_id
left join repeated_keys as k on k.source_key = t.source_key
left join resolved_countries as c on c.country_raw = t.country
left join resolved_dates as d on d.date_raw = t.date_of_birth
left join timezone_names as z on z.name = lower(t.timezone)
