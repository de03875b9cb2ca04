-- Each way a country is written in this source or in the registry, and what it means.
-- country_raw varchar (as written), country varchar (alpha-2), guessed boolean (one letter off)
with meanings as (
    select folded(name) as spelling, is_foreign, min(code) as country, count(distinct code) as countries
    from country_names
    group by all
),

-- What the standard means by a spelling comes before what some language may.
spellings as (
    select spelling, arg_min(country, is_foreign) as country
    from meanings
    where spelling <> ''
    group by spelling
    having arg_min(countries, is_foreign) = 1
),

written as (
    select distinct country as country_raw from warehouse_contacts where country <> ''
    union
    select distinct country from crm_locations where country <> ''
),

-- 'Congo, The Democratic Republic of the' is 'The Democratic Republic of the Congo'.
readings as (
    select
        country_raw,
        folded(country_raw) as spelling,
        folded(regexp_replace(country_raw, '^([^,]*),\s*(.*)$', '\2 \1')) as turned,
        folded(regexp_replace(country_raw, '\s*\([^)]*\)$|^the\s+|,\s*the$', '', 'gi')) as shortened
    from written
),

exact as (
    select r.country_raw, coalesce(a.country, b.country, c.country) as country
    from readings as r
    left join spellings as a on a.spelling = r.spelling
    left join spellings as b on b.spelling = r.turned
    left join spellings as c on c.spelling = r.shortened
),

-- One letter lost or too many, and at least three off every other country: 'Runion', 'Kazakstan',
-- 'Phillippines'. A letter changed is no evidence: 'Slovania' is as near to Slovakia as to Slovenia.
distances as (
    select
        r.country_raw,
        s.country,
        min(levenshtein(r.spelling, s.spelling)) as distance,
        bool_or(
            length(s.spelling) <> length(r.spelling)
            and levenshtein(r.spelling, s.spelling) = 1
        ) as is_one_off
    from readings as r
    inner join exact as e on e.country_raw = r.country_raw and e.country is null
    inner join spellings as s
        on length(r.spelling) between 6 and 40
        and length(s.spelling) between length(r.spelling) - 2 and length(r.spelling) + 2
    group by r.country_raw, s.country
    having distance <= 2
),

guesses as (
    select country_raw, min(country) as country
    from distances
    group by country_raw
    having count(*) = 1 and bool_and(is_one_off)
)

select
    e.country_raw,
    coalesce(e.country, g.country) as country,
    e.country is null and g.country is not null as guessed
from exact as e
left join guesses as g on g.country_raw = e.country_raw
