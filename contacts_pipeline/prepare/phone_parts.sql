-- Parts of numbering plans that phones of this source fall in, counted in the rows whose key has
-- a hash up to $highest: a comparison can't fail, so that it is asked before anything else is read.
-- plan_part varchar, phones bigint
select plan_part, count(*) as phones
from scoped_contacts
where hash(source_key) <= $highest::ubigint and plan_part <> ''
group by plan_part
