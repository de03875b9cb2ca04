-- The contacts of each location's list, emails and phones in the form in which prepare writes them.
-- The columns of listed_rows; a phone that is no number keeps its digits
select
    listed.* replace (
        lower(trim(email)) as email,
        coalesce(
            numbers.phone, nullif(regexp_replace(listed.phone, '[^+0-9]', '', 'g'), '')
        ) as phone
    )
from listed_rows as listed
left join listed_phones as numbers
    on numbers.location_id = listed.location_id
    and numbers.text = listed.phone
