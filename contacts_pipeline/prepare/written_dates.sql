-- Each way a row writes a day of birth, '' for none.
-- date_raw varchar
select distinct coalesce(date_of_birth, '') as date_raw
from tidied_contacts
