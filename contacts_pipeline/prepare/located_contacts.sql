-- Tidied rows beside what the registry and the country say: where a phone would be dialled.
-- The columns of named_contacts and: location_known, location_enabled, match_email, match_phone
-- boolean, match, country_code, region, international_prefix, home_scope varchar, country_guessed
-- boolean.
--
-- Every lookup has every value of the source, nothing included, so that the joins are inner: a
-- left join splits each chunk of rows in two, and ten of them leave chunks too small to be fast.
select
    t.*,
    l.location_known,
    l.enabled as location_enabled,
    l.match_email,
    l.match_phone,
    l.match,
    c.country as country_code,
    c.guessed as country_guessed,
    coalesce(c.country, l.region, '') as region,
    case when c.country is null then l.international_prefix else c.international_prefix end
        as international_prefix,
    case when c.country is null then l.home_scope else c.home_scope end as home_scope
from named_contacts as t
inner join written_locations as l on l.location_raw = coalesce(t.location_id, '')
inner join written_countries as c on c.country_raw = coalesce(t.country, '')
