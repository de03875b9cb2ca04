-- Regions that phones of this source are read in, and how many rows have one.
-- region varchar (alpha-2), phones bigint
select coalesce(c.country, l.region) as region, count(*) as phones
from warehouse_contacts as w
left join resolved_countries as c on c.country_raw = w.country
left join resolved_locations as l on l.location_id = w.location_id
where w.phone is not null and coalesce(c.country, l.region) is not null
group by all
