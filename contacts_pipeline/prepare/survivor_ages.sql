-- The rows chosen by other rules than newest, a line an identity; null where newest decides.
-- identity varchar, <field>_from bigint (age of the row)
select
    identity,
    any_value(age) filter (where field = 'name') as name_from,
    any_value(age) filter (where field = 'address') as address_from,
    any_value(age) filter (where field = 'email') as email_from,
    any_value(age) filter (where field = 'phone') as phone_from,
    any_value(age) filter (where field = 'website') as website_from,
    any_value(age) filter (where field = 'timezone') as timezone_from,
    any_value(age) filter (where field = 'source') as source_from,
    any_value(age) filter (where field = 'dateOfBirth') as date_of_birth_from,
    any_value(age) filter (where field = 'companyName') as company_name_from,
    any_value(age) filter (where field = 'assignedTo') as assigned_to_from,
    any_value(age) filter (where field = 'gender') as gender_from
from survivors
group by identity
