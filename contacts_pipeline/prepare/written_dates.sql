-- Each way a row writes a day of birth, '' for none.
-- date_raw varchar
with written as (
    select distinct date_of_birth
    from warehouse_contacts
)

select distinct coalesce(present(date_of_birth), '') as date_raw
from written
