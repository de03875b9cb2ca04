-- Regions that phones of this source may be read in.
-- region varchar (alpha-2)
select country as region from resolved_countries where country is not null
union
select region from resolved_locations where region is not null
