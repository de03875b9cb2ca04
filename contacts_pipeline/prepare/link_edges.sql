-- The links as pairs of numbers.
-- email_node, phone_node bigint
select e.node as email_node, p.node as phone_node
from contact_links as c
inner join link_nodes as e on e.location_id = c.location_id and e.email = c.email
inner join link_nodes as p on p.location_id = c.location_id and p.phone = c.phone
