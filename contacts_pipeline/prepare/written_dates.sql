-- Each way a day of birth is written in this source.
-- date_raw varchar
select distinct date_of_birth as date_raw
from tidied_contacts
where date_of_birth is not null
