-- Parts of numbering plans that phones of this source fall in, counted in one row of $every.
-- plan_part varchar, phones bigint
select plan_part, count(*) as phones
from scoped_contacts
where hash(source_key) % $every = 0 and plan_part <> ''
group by plan_part
