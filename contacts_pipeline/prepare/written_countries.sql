-- Each way a row writes its country, '' for none, and what it means.
-- country_raw, country varchar, guessed boolean, international_prefix, home_scope varchar
with written as (
    select country_raw, country, guessed from resolved_countries
    union all
    select '', null, false
)

select w.*, r.international_prefix, r.region as home_scope
from written as w
left join phone_regions as r on r.region = w.country
